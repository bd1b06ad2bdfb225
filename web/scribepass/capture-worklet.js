/**
 * The audio thread's part: blocks of samples in, tenths of a second of PCM at 16 kHz out.
 *
 * process() allocates for each chunk, ten a second: a chunk is transferred, not copied, so its buffer is gone once it
 * is posted. Nothing is allocated for a block.
 */
import { CHUNK_FRAMES, WIRE_RATE, encode } from "./pcm.js";
import { Resampler } from "./resampler.js";

/** What a block has where there is no input to ask (the Web Audio API's render quantum). */
const BLOCK_FRAMES = 128;

export class CaptureProcessor extends AudioWorkletProcessor {
  /** The chunk that has begun, a channel each. @type {Float32Array[]} */
  #chunk;
  #frames = 0;
  /** One for each channel; none where the browser has converted the rate. @type {Resampler[]} */
  #resamplers;
  #mixed = new Float32Array(BLOCK_FRAMES);
  /** What a block becomes, a channel each. @type {Float32Array[]} */
  #resampled = [];
  #running = true;

  /** @param {AudioWorkletNodeOptions} options `processorOptions`: `channels` (1 or 2) and the context's `rate` (Hz) */
  constructor(options) {
    super();
    const { channels, rate } = options.processorOptions;
    const each = Array.from({ length: channels });
    this.#chunk = each.map(() => new Float32Array(CHUNK_FRAMES));
    this.#resamplers = rate === WIRE_RATE ? [] : each.map(() => new Resampler(rate, WIRE_RATE));
    this.#reserve(BLOCK_FRAMES);
    this.port.onmessage = ({ data }) => {
      if (data === "flush") this.#flush();
    };
  }

  /**
   * An absent input (nothing connected, a track that ended) is silence: the clock of the stream must not stop, and
   * Transcribe ends a stream that sends no audio for 15 seconds.
   *
   * @param {Float32Array[][]} inputs
   */
  process(inputs) {
    if (!this.#running) return false;
    const input = inputs[0] ?? [];
    const frames = input[0]?.length ?? BLOCK_FRAMES;
    if (frames > this.#mixed.length) this.#reserve(frames);
    let count = frames;
    for (let channel = 0; channel < this.#chunk.length; channel++) {
      const out = /** @type {Float32Array} */ (this.#resampled[channel]);
      const resampler = this.#resamplers[channel];
      const mixed = resampler ? this.#mixed : out;
      for (let frame = 0; frame < frames; frame++) mixed[frame] = pick(input, frame, channel, this.#chunk.length);
      if (resampler) count = resampler.process(mixed, out, frames);
    }
    this.#write(count);
    return true;
  }

  /** @param {number} frames the largest block there is by now */
  #reserve(frames) {
    this.#mixed = new Float32Array(frames);
    this.#resampled = this.#chunk.map(() => new Float32Array(this.#resamplers[0]?.most(frames) ?? frames));
  }

  /** @param {number} count how many frames of `#resampled` */
  #write(count) {
    for (let frame = 0; frame < count; frame++) {
      for (let channel = 0; channel < this.#chunk.length; channel++) {
        /** @type {Float32Array} */ (this.#chunk[channel])[this.#frames] = this.#resampled[channel]?.[frame] ?? 0;
      }
      this.#frames += 1;
      if (this.#frames === CHUNK_FRAMES) this.#post();
    }
  }

  /** The chunk that has only begun, then the word that nothing follows. */
  #flush() {
    if (this.#frames) this.#post();
    this.#running = false;
    this.port.postMessage("flushed");
  }

  #post() {
    const chunk = encode(this.#chunk.map((plane) => plane.subarray(0, this.#frames)));
    this.port.postMessage(chunk, [chunk.pcm]);
    this.#frames = 0;
  }
}

/**
 * One sample of one channel of what goes out: to one all are mixed; of two, a missing second is the first.
 *
 * @param {readonly Float32Array[]} input none is silence
 * @param {number} frame
 * @param {number} channel
 * @param {number} channels how many go out
 */
function pick(input, frame, channel, channels) {
  if (channels > 1) return (input[channel] ?? input[0])?.[frame] ?? 0;
  let sum = 0;
  for (let each = 0; each < input.length; each++) sum += input[each]?.[frame] ?? 0;
  return input.length > 1 ? sum / input.length : sum;
}

registerProcessor("scribepass-capture", CaptureProcessor);
