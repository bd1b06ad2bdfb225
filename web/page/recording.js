/**
 * The sound of a take, held in memory so that a word can be heard again. Times are seconds since the source began,
 * as those of the transcript.
 */

/**
 * @typedef {import("../scribepass/types.d.ts").AudioSource} AudioSource
 * @typedef {{ rate: number, channels: number }} Format
 */

/** Of live sound the last minutes; of a file, which is there to be gone through, hours. In seconds. */
const LIVE_SECONDS = 10 * 60;
const FILE_SECONDS = 4 * 3600;

export class Recording {
  /** @type {ArrayBuffer[]} */
  #chunks = [];
  #dropped = 0;
  #held = 0;
  /** @type {Format} */
  #format = { rate: 16_000, channels: 1 };
  #most = LIVE_SECONDS;

  get bytes() {
    return this.#dropped + this.#held;
  }

  get seconds() {
    return this.bytes / this.#bytesPerSecond;
  }

  get #bytesPerSecond() {
    return 2 * this.#format.channels * this.#format.rate;
  }

  /** @param {Format} format @param {boolean} live */
  begin(format, live) {
    this.#format = format;
    this.#most = live ? LIVE_SECONDS : FILE_SECONDS;
  }

  /** @param {ArrayBuffer} pcm */
  add(pcm) {
    this.#chunks.push(pcm);
    this.#held += pcm.byteLength;
    while (this.#held > this.#most * this.#bytesPerSecond) {
      const bytes = this.#chunks.shift()?.byteLength ?? 0;
      this.#held -= bytes;
      this.#dropped += bytes;
    }
  }

  /** Whether the sound at this time is still held. @param {number} time */
  holds(time) {
    return time * this.#bytesPerSecond >= this.#dropped && time < this.seconds;
  }

  /** The samples of each channel, -1 to 1, of what is held of that time. @param {number} from @param {number} to */
  samples(from, to) {
    const { channels, rate } = this.#format;
    const frame = 2 * channels;
    const [first, last] = [from, to].map((time) => Math.round(time * rate) * frame);
    const parts = this.#between(first ?? 0, last ?? 0);
    const frames = Math.floor(parts.reduce((sum, part) => sum + part.byteLength, 0) / frame);
    const out = Array.from({ length: channels }, () => new Float32Array(frames));
    let at = 0;
    for (const part of parts) {
      for (let byte = 0; byte + 2 <= part.byteLength; byte += 2, at++) {
        const channel = out[at % channels];
        if (channel) channel[Math.floor(at / channels)] = part.getInt16(byte, true) / 0x8000;
      }
    }
    return { rate, channels: out };
  }

  /** @param {number} first @param {number} last bytes since the beginning */
  #between(first, last) {
    const parts = [];
    let begin = this.#dropped;
    for (const chunk of this.#chunks) {
      const [from, to] = [Math.max(first - begin, 0), Math.min(last - begin, chunk.byteLength)];
      if (from < to) parts.push(new DataView(chunk, from, to - from));
      begin += chunk.byteLength;
      if (begin >= last) break;
    }
    return parts;
  }
}

/**
 * The source, heard by the recording too.
 *
 * @param {AudioSource} source
 * @param {Recording} recording
 * @returns {AudioSource}
 */
export function recorded(source, recording) {
  return {
    async open(sink) {
      const capture = await source.open({
        onChunk(pcm, level) {
          recording.add(pcm);
          sink.onChunk(pcm, level);
        },
        onEnd: (error) => sink.onEnd(error),
        onState: (state) => sink.onState?.(state),
        get backlog() {
          return sink.backlog;
        },
      });
      recording.begin({ rate: capture.sampleRate, channels: capture.channels ?? 1 }, capture.live ?? true);
      return capture;
    },
  };
}
