/**
 * One timeline out of several streams: audio is kept until what was said in it is final, sent again on the next stream,
 * and that stream's results are joined to what was told before. Pure: bytes, results and time (s) are arguments.
 *
 *     0 ──── acknowledged ──── cursor ──── heard
 *                   ├── taken ───┼─ backlog ─┤
 *
 * The timeline counts the frames of the source (a frame: a sample of each channel) since its start, dropped ones too.
 */
import { newsOf } from "./news.js";

/**
 * @typedef {import("./types.d.ts").Result} Result
 */

/** s after which a channel's recogniser would have begun to tell what it hears. */
const LAG = 5;
/** s; if speed allows less than this, it waits: catching up does not come in crumbs. */
const CRUMB = 0.05;

export class Resume {
  #rate;
  #channels;
  #frameBytes;
  #limit;
  #speed;
  /** The last #limit frames. */
  #ring;
  // Frames on the timeline: now, what is taken next, up to where any stream was given audio, …
  #heard = 0;
  #cursor = 0;
  #reach = 0;
  #base = 0;
  #acknowledged = 0;
  /** The first that is held, if it is not acknowledged. */
  #oldest = 0;
  /** How many frames the stream of now was given, and when it began; NaN: there is none. */
  #taken = 0;
  #began = NaN;
  /** From which frame of the stream on it is how many behind the timeline; the newest first. */
  #joins = [{ at: 0, offset: 0 }];
  /** By channel, the end of the last final result. @type {Map<string | undefined, number>} */
  #finals = new Map();
  /** The same, as it was when the stream of now began. */
  #said = new Map(this.#finals);
  /** Partial results of the stream of now. @type {Map<string, Result>} */
  #open = new Map();
  /** Those of earlier streams, until they are withdrawn. @type {Result[]} */
  #stale = [];
  /** The latest end of any result of this stream. */
  #latest = 0;

  /** @param {{ sampleRate: number, channels?: number, bufferSeconds?: number, speed?: number }} options 16-bit PCM */
  constructor({ sampleRate, channels = 1, bufferSeconds = 60, speed = 2 }) {
    this.#rate = sampleRate;
    this.#channels = channels;
    this.#frameBytes = 2 * channels;
    this.#limit = Math.round(bufferSeconds * sampleRate);
    this.#speed = speed;
    this.#ring = new Uint8Array(this.#limit * this.#frameBytes);
  }

  /** Now on the timeline, s. */
  get heard() {
    return this.#heard / this.#rate;
  }

  /** s that wait for the stream of now; without one, for the next. */
  get backlog() {
    return (this.#heard - this.#cursor) / this.#rate;
  }

  /** Where on the timeline the stream of now began, s. */
  get base() {
    return this.#base / this.#rate;
  }

  /**
   * @param {ArrayBuffer | Uint8Array} pcm whole frames
   * @returns {number} s of audio that had to be dropped without having been sent, the oldest; 0 as a rule
   */
  hear(pcm) {
    const bytes = new Uint8Array(pcm);
    for (let at = 0, to; at < bytes.length; at += this.#ring.length - to) {
      to = (this.#heard * this.#frameBytes + at) % this.#ring.length;
      this.#ring.set(bytes.subarray(at, at + this.#ring.length - to), to);
    }
    this.#heard += bytes.length / this.#frameBytes;
    return this.#drop(this.#heard - this.#limit) / this.#rate;
  }

  /**
   * A new stream, from the end of the last final result, or from the oldest audio that is held.
   *
   * @param {number} now
   * @returns {number} its base
   */
  begin(now) {
    this.end();
    const lost = this.#cursor > this.#acknowledged;
    this.#base = this.#acknowledged = this.#cursor;
    // What began before is not heard again from its beginning: what is known of it is the best there will be.
    this.#stale = [...this.#stale, ...this.#open.values()].map((result) =>
      lost && result.startTime < this.base ? this.#note({ ...result, isPartial: false }) : result,
    );
    this.#open.clear();
    this.#said = new Map(this.#finals);
    this.#joins = [{ at: 0, offset: this.#base }];
    this.#taken = this.#latest = 0;
    this.#began = now;
    return this.base;
  }

  /** The stream of now is over: what it did not acknowledge waits for the next. `begin` and `forget` do the same. */
  end() {
    this.#began = NaN;
    this.#cursor = Math.max(this.#acknowledged, this.#oldest);
  }

  /**
   * The next chunk to send. A stream is given 1 s at once and then `speed` s in a second, no more.
   *
   * @param {number} now
   * @param {{ most?: number }} [options] s
   * @returns {Uint8Array | null} null: nothing for now
   */
  take(now, { most = 0.1 } = {}) {
    const wanted = Math.min(this.#heard - this.#cursor, Math.round(most * this.#rate));
    const allowed = Math.floor(this.#rate * (1 + this.#speed * (now - this.#began))) - this.#taken;
    const count = Math.min(wanted, allowed);
    // NaN, when there is no stream, is not above 0 either.
    if (!(count > 0 && count >= Math.min(wanted, CRUMB * this.#rate))) return null;
    const chunk = new Uint8Array(count * this.#frameBytes);
    for (let at = 0; at < chunk.length; ) {
      const from = (this.#cursor * this.#frameBytes + at) % this.#ring.length;
      const piece = this.#ring.subarray(from, from + chunk.length - at);
      chunk.set(piece, at);
      at += piece.length;
    }
    this.#taken += count;
    this.#cursor += count;
    this.#reach = Math.max(this.#reach, this.#cursor);
    return chunk;
  }

  /**
   * Results of the stream of now, as results on the timeline: none that were told before, and first what becomes of the
   * partial results of earlier streams: withdrawn ones have no alternatives.
   *
   * @param {readonly Result[]} results
   * @returns {Result[]}
   */
  read(results) {
    const told = results.flatMap((each) => {
      const result = this.#placed(each);
      this.#latest = Math.max(this.#latest, result.endTime);
      const news = newsOf(result, this.#said.get(channelOf(result)));
      if (news) return this.#note(news);
      return this.#open.has(result.resultId) ? this.#note({ ...result, alternatives: [] }) : [];
    });
    this.#acknowledge();
    if (told.length) {
      told.unshift(...this.#stale.map((old) => (old.isPartial ? { ...old, alternatives: [] } : old)));
      this.#stale = [];
    }
    return told;
  }

  /**
   * For a pause: ends the stream and keeps only the last audio. The rest counts as done; what was shown of it stays.
   *
   * @param {number} keep s
   */
  forget(keep) {
    this.end();
    this.#drop(this.#heard - Math.round(keep * this.#rate));
  }

  /**
   * Something with times of the stream of now, with times of the timeline.
   *
   * @template {{ startTime: number, endTime: number }} Span
   * @param {Span} span
   * @returns {Span}
   */
  place(span) {
    const { startTime, endTime } = span;
    // What begins where audio was dropped is of what follows, what ends there of what came before.
    return { ...span, startTime: this.#time(startTime, endTime > startTime), endTime: this.#time(endTime) };
  }

  /** @param {number} time @param {boolean} [opens] */
  #time(time, opens) {
    const inside = (time + (opens ? 0.0005 : -0.0005)) * this.#rate;
    const join = this.#joins.find(({ at }) => at < inside) ?? this.#joins.at(-1);
    return Math.round((time + /** @type {{ offset: number }} */ (join).offset / this.#rate) * 1000) / 1000;
  }

  /** @param {Result} result @returns {Result} */
  #placed(result) {
    const alternatives = result.alternatives.map(({ entities, ...alternative }) => ({
      ...alternative,
      items: alternative.items.map((item) => this.place(item)),
      ...(entities && { entities: entities.map((entity) => this.place(entity)) }),
    }));
    return { ...this.place(result), alternatives };
  }

  /** Remembers what is told. @param {Result} result @returns the same */
  #note(result) {
    const channel = channelOf(result);
    const final = this.#finals.get(channel) ?? -1;
    // Whatever a server says, what was never sent was not heard.
    const end = Math.min(result.endTime, this.#reach / this.#rate);
    this.#finals.set(channel, result.isPartial ? final : Math.max(final, end));
    if (result.isPartial) this.#open.set(result.resultId, result);
    else this.#open.delete(result.resultId);
    return result;
  }

  /** What was said before the last final result, of the channel that is furthest behind, need not be kept. */
  #acknowledge() {
    // One channel says nothing until its result is final. Of two, one may be silent for ever.
    const silent = this.#latest - (this.#channels > 1 ? LAG : Infinity);
    const ends = [...this.#finals].map(([channel, end]) => {
      const open = [...this.#open.values()].filter((result) => channelOf(result) === channel);
      return Math.max(end, Math.min(silent, ...open.map((result) => result.startTime)));
    });
    while (ends.length < this.#channels) ends.push(silent);
    const frame = Math.min(Math.round(Math.min(...ends) * this.#rate), this.#reach);
    this.#acknowledged = Math.max(this.#acknowledged, frame);
    this.#drop(this.#acknowledged);
    const told = this.#joins.findIndex(({ at, offset }) => at + offset <= this.#acknowledged);
    this.#joins.splice(told + 1 || Infinity);
  }

  /** Holds nothing before a frame. @param {number} frame @returns {number} frames of it that waited to be sent */
  #drop(frame) {
    this.#oldest = Math.max(this.#oldest, frame);
    const lost = Math.max(0, this.#oldest - this.#cursor);
    if (lost) {
      this.#cursor = this.#oldest;
      if (this.#joins[0]?.at === this.#taken) this.#joins.shift();
      this.#joins.unshift({ at: this.#taken, offset: this.#cursor - this.#taken });
    }
    return lost;
  }
}

/** @param {Result} result */
function channelOf({ channelId, participantRole }) {
  return channelId ?? participantRole;
}
