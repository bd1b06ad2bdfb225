/**
 * The audio thread's part: blocks of samples in, tenths of a second of PCM out.
 *
 * process() allocates one buffer for each chunk, ten a second: a chunk is transferred, not copied, so its buffer
 * is gone once it is posted. Nothing else is allocated for a block.
 */
import { writeSample } from "./pcm.js";

/** What a block has where there is no input to ask (the Web Audio API's render quantum). */
const BLOCK_FRAMES = 128;

export class CaptureProcessor extends AudioWorkletProcessor {
  #chunkFrames;
  #chunk;
  #frames = 0;
  #squares = 0;
  #peak = 0;
  #running = true;

  /** @param {AudioWorkletNodeOptions} options `processorOptions.chunkFrames`: how many samples make a chunk */
  constructor(options) {
    super();
    this.#chunkFrames = options.processorOptions.chunkFrames;
    this.#chunk = this.#newChunk();
    this.port.onmessage = ({ data }) => {
      if (data === "flush") this.#flush();
    };
  }

  /**
   * All channels mixed to one. An absent input (nothing connected, a track that ended) is silence: the clock of
   * the stream must not stop, and Transcribe ends a stream that sends no audio for 15 seconds.
   *
   * @param {Float32Array[][]} inputs
   */
  process(inputs) {
    if (!this.#running) return false;
    const channels = inputs[0] ?? [];
    const count = channels.length;
    const frames = channels[0]?.length ?? BLOCK_FRAMES;
    for (let frame = 0; frame < frames; frame++) {
      let sum = 0;
      for (let channel = 0; channel < count; channel++) sum += channels[channel]?.[frame] ?? 0;
      this.#write(count > 1 ? sum / count : sum);
    }
    return true;
  }

  /** @param {number} sample */
  #write(sample) {
    writeSample(this.#chunk, 2 * this.#frames, sample);
    this.#frames += 1;
    this.#squares += sample * sample;
    this.#peak = Math.max(this.#peak, Math.abs(sample));
    if (this.#frames === this.#chunkFrames) this.#post(this.#chunk.buffer);
  }

  /** The chunk that has only begun, then the word that nothing follows. */
  #flush() {
    if (this.#frames) this.#post(this.#chunk.buffer.slice(0, 2 * this.#frames));
    this.#running = false;
    this.port.postMessage("flushed");
  }

  /** @param {ArrayBuffer} pcm */
  #post(pcm) {
    const rms = Math.sqrt(this.#squares / this.#frames);
    this.port.postMessage({ pcm, rms, peak: this.#peak }, [pcm]);
    this.#chunk = this.#newChunk();
    this.#frames = this.#squares = this.#peak = 0;
  }

  #newChunk() {
    return new DataView(new ArrayBuffer(2 * this.#chunkFrames));
  }
}

registerProcessor("scribepass-capture", CaptureProcessor);
