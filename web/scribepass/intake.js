/** What a source gives, on its way to a stream: kept until it was heard, measured, and its gaps noticed. */
import { Resume } from "./resume.js";
import { until, within } from "./waits.js";
import { AudioClock } from "./watch.js";

/**
 * @typedef {import("./types.d.ts").AudioSource} AudioSource
 * @typedef {import("./types.d.ts").Capture} Capture
 * @typedef {import("./types.d.ts").Gap} Gap
 * @typedef {import("./types.d.ts").Level} Level
 * @typedef {import("./types.d.ts").SourceState} SourceState
 */

/** A source that has not stopped by then is left to itself. */
const STOP_MS = 2_000;
/** Seconds of audio that are kept. */
const BUFFER = 60;
/** From here on the user is told that audio waits. */
const BEHIND = 5;
/** Without any audio for so long, a live source has been taken away; Transcribe waits for 15 s. */
const STARVED = 10;
/** Peak in dBFS of a device that is muted: one step of 16 bits is -90. */
const MUTED = -84;

export class Intake {
  /** What is kept; there once the source is open. @type {Resume | undefined} */
  resume;
  /** Seconds of digital silence until now. */
  quiet = 0;
  #to;
  #clock = new AudioClock();
  /** @type {Capture | undefined} */
  #capture;
  /** Audio from before the source had said what it is. @type {[ArrayBuffer, Level][]} */
  #early = [];
  #part = new Uint8Array(0);
  #behind = 0;
  #dropped = 0;
  #interrupted = false;
  /** When the newest chunk came, in seconds. */
  #chunkAt = 0;

  /**
   * @param {{
   *   tell: (type: "level" | "source" | "backlog", detail: object) => void,
   *   onAudio: (now: number, seconds: number, level: Level) => void,
   *   onGap: (gap: Gap) => void,
   *   onEnd: (error: Error | null) => void,
   *   now: () => number,
   * }} to
   */
  constructor(to) {
    this.#to = to;
  }

  /** @returns {{ sampleRate: number, channels: number, live: boolean }} */
  get form() {
    return this.#capture ?? { sampleRate: 0, channels: 1, live: false };
  }

  /**
   * The source is opened in the same turn.
   *
   * @param {AudioSource} source
   * @param {AbortSignal} signal
   * @param {number} speed how much faster than it was spoken audio may be sent again
   */
  async open(source, signal, speed) {
    const intake = this;
    const opening = source.open(
      {
        onChunk: (pcm, level) => this.#take(pcm, level),
        onEnd: this.#to.onEnd,
        onState: (state) => this.#follow(state),
        get backlog() {
          return intake.resume?.backlog ?? 0;
        },
      },
      { signal },
    );
    // A permission that is given after the user gave up must not leave the microphone open.
    opening.then((capture) => (signal.aborted ? capture.stop() : undefined)).catch(() => {});
    const capture = await until(opening, signal);
    const { sampleRate, channels } = capture;
    this.#capture = capture;
    this.#chunkAt = this.#to.now();
    this.resume = new Resume({ sampleRate, channels, bufferSeconds: BUFFER, speed });
    for (const [pcm, level] of this.#early.splice(0)) this.#take(pcm, level);
  }

  /** Resolves when the source has handed over its last chunk, or does not. */
  async stop() {
    const stopped = (async () => this.#capture?.stop())();
    await within(STOP_MS, stopped).catch(() => {});
  }

  /** Whether what is being said now has stopped coming. @param {number} now */
  isStarved(now) {
    return this.form.live && now - this.#chunkAt >= STARVED;
  }

  /** A category on the timeline. @param {import("./types.d.ts").Category} category @returns the same */
  placed({ matchedCategories, matchedDetails }) {
    const details = Object.entries(matchedDetails).map(([phrase, ranges]) => [
      phrase,
      ranges.map((range) => this.resume?.place(range) ?? range),
    ]);
    return { matchedCategories, matchedDetails: Object.fromEntries(details) };
  }

  /** Milliseconds since this moment of the timeline was heard; null for what is not being said now. @param {number} at */
  latency(at) {
    if (!this.resume || !this.form.live) return null;
    return Math.max(0, 1000 * (this.#to.now() - this.#chunkAt + this.resume.heard - at));
  }

  /** @param {ArrayBuffer} pcm @param {Level} level */
  #take(pcm, level) {
    const { resume, form } = this;
    if (!resume) return void this.#early.push([pcm, level]);
    const before = resume.heard;
    const dropped = resume.hear(this.#whole(pcm));
    const seconds = resume.heard - before;
    this.#chunkAt = this.#to.now();
    this.quiet = level.peak > MUTED ? 0 : this.quiet + seconds;
    if (dropped) this.#lose(dropped, resume);
    const missing = form.live ? this.#clock.hear(Date.now() / 1000, resume.heard) : 0;
    if (missing) {
      const reason = this.#interrupted ? "interrupted" : "sleep";
      this.#interrupted = false;
      this.#to.onGap({ at: resume.heard, seconds: missing, reason });
    }
    this.#to.tell("level", { level });
    this.#to.onAudio(this.#chunkAt, seconds, level);
    if (form.live) this.#report(resume.backlog);
  }

  /** Whole samples of all channels; a part of one waits for the rest. @param {ArrayBuffer} pcm */
  #whole(pcm) {
    const bytes = new Uint8Array(this.#part.length + pcm.byteLength);
    bytes.set(this.#part);
    bytes.set(new Uint8Array(pcm), this.#part.length);
    const end = bytes.length - (bytes.length % (2 * this.form.channels));
    this.#part = bytes.slice(end);
    return bytes.subarray(0, end);
  }

  /** @param {number} dropped seconds @param {Resume} resume */
  #lose(dropped, { heard, backlog }) {
    this.#dropped += dropped;
    const at = Math.round(1000 * (heard - backlog - dropped)) / 1000;
    this.#to.onGap({ at, seconds: dropped, reason: "dropped" });
  }

  /** Each second that audio waits longer, before any is dropped, and when none waits any more. @param {number} seconds */
  #report(seconds) {
    const behind = seconds < BEHIND ? 0 : Math.floor(seconds) + this.#dropped;
    if (behind === this.#behind) return;
    this.#behind = behind;
    this.#to.tell("backlog", { seconds, limit: BUFFER, dropped: this.#dropped });
  }

  /** @param {SourceState} source */
  #follow(source) {
    this.#interrupted ||= source === "interrupted";
    this.#to.tell("source", { source });
  }
}
