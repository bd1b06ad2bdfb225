/**
 * One run: a source of audio and the streams that carry it, one after the other, as one timeline.
 *
 * A stream ends when the audio is over, when there is only silence, when it has lived long enough, or because
 * something broke. In all cases but the first another one takes over, and nothing that was said is lost or said
 * twice: what to send again and how results join is resume.js's, whether and when to try again trials.js's.
 */
import { StreamError } from "./errors.js";
import { explainSlowness } from "./explain.js";
import { Intake } from "./intake.js";
import { PRE_ROLL, Rest } from "./rest.js";
import { Session } from "./session.js";
import { Ticketing } from "./ticketing.js";
import { EMPTY, owesWords, reduce, reduceGap } from "./transcript.js";
import { ASLEEP, BUFFERED, FROZEN, TICK_MS, TIMING, WELL } from "./timing.js";
import { Trials } from "./trials.js";
import { pauseFor, settleable, until } from "./waits.js";
import { isAudible, Liveness } from "./watch.js";

/**
 * @typedef {import("./types.d.ts").AudioSource} AudioSource
 * @typedef {import("./types.d.ts").Level} Level
 * @typedef {import("./types.d.ts").TranscriberEvents} Events
 * @typedef {import("./types.d.ts").TranscriberOptions} Options
 * @typedef {import("./types.d.ts").TranscriberState} State
 */

const seconds = () => performance.now() / 1000;

export class Run {
  transcript = EMPTY;
  /** @type {import("./types.d.ts").SessionDetails | null} */
  details = null;
  #options;
  #tell;
  #enter;
  #timing;
  #intake;
  #ticketing;
  #trials;
  #liveness;
  #controller = new AbortController();
  #signal = this.#controller.signal;
  /** @type {Session | undefined} */
  #session;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;
  /** Since when there is no more audio. @type {number | undefined} */
  #endedAt;
  #rest = new Rest();
  #started = false;
  #isAborted = false;
  #doubted = false;
  #begun = settleable();
  /** Whether the last stream said anything after the end of its audio. */
  #answered = false;
  #beganAt = 0;
  #finalAt = 0;
  #tickedAt = 0;
  /** Where on the timeline there was sound for the last time. */
  #soundAt = 0;

  /**
   * @param {Options} options
   * @param {(type: keyof Events, detail: object) => void} tell
   * @param {(state: State) => void} enter
   */
  constructor(options, tell, enter) {
    this.#options = options;
    // What a run that is over still says concerns nobody.
    this.#tell = (/** @type {keyof Events} */ type, /** @type {object} */ detail) =>
      void (this.#signal.aborted || tell(type, detail));
    this.#enter = (/** @type {State} */ state) => void (this.#signal.aborted || enter(state));
    this.#timing = { ...TIMING, ...options.timing };
    this.#ticketing = new Ticketing(options);
    this.#trials = new Trials(this.#timing.patience);
    this.#liveness = new Liveness(this.#timing.stall);
    this.#intake = new Intake({
      tell: this.#tell,
      onAudio: (now, length, level) => this.#hear(now, length, level),
      onGap: (gap) => this.#miss(gap),
      onEnd: (error) => this.#lose(error),
      now: seconds,
    });
  }

  /**
   * Resolves when words can arrive; rejects with what keeps them from it. The source is opened in the same turn.
   *
   * @param {AudioSource} source
   * @param {(error?: unknown) => void} onOver called at the end, with what went wrong after the start
   */
  async start(source, onOver) {
    try {
      this.#enter("opening");
      await this.#intake.open(source, this.#signal, this.#timing.speed);
      // Only now: a ticket lives for a minute, and the question for permission may stand for longer.
      this.#enter("connecting");
      this.#ticking = setInterval(() => this.#tick(seconds()), TICK_MS);
      const over = this.#converse();
      await Promise.race([this.#begun.promise, over]);
      over.finally(() => this.#close()).then(() => onOver(), (error) => onOver(this.#isAborted ? undefined : error));
    } catch (error) {
      this.#close();
      onOver();
      throw error;
    }
  }

  /** No more audio. */
  async stop() {
    await this.#intake.stop();
    this.#finish();
  }

  /** Ends at once. @param {unknown} [reason] */
  abort(reason) {
    this.#isAborted = true;
    this.#controller.abort(reason);
  }

  /** Streams, one after the other, until all the audio was heard. */
  async #converse() {
    for (;;) {
      try {
        await this.#stream();
        if (this.#isDoubtful()) continue;
        if (this.#endedAt && (this.#rest.reason || !this.#intake.resume?.backlog)) return;
      } catch (error) {
        this.#signal.throwIfAborted();
        if (this.#isHeard(error)) return;
        this.#intake.resume?.end();
        await this.#recover(error);
        if (owesWords(this.transcript, this.#soundAt) && !this.#rest.keeps) continue;
      }
      if (this.#rest.reason && (await this.#pause())) return;
    }
  }

  /** One stream, from its ticket to its end. */
  async #stream() {
    const { WebSocket, operation, configuration } = this.#options;
    const ticket = await until(this.#ticketing.next(this.#intake.form, this.#signal), this.#signal);
    // Until the next one begins there is none to take audio for.
    this.#intake.resume?.end();
    const session = new Session(ticket, { ...this.#timing, WebSocket, onEvent: (event) => this.#read(event) });
    this.#session = session;
    try {
      await until(session.opened, this.#signal);
      if (operation === "call-analytics") session.configure(configuration);
      this.#begin(ticket);
      await until(session.closed, this.#signal);
    } finally {
      this.#answered = session.answered;
      session.abort();
      this.#session = undefined;
    }
  }

  /** The stream is open. @param {import("./tickets.js").Ticket} ticket */
  #begin(ticket) {
    const now = seconds();
    const { resume } = this.#intake;
    // All that is no secret: what is one, the ticket keeps private.
    this.details = Object.freeze({ ...ticket, startedAt: new Date() });
    this.#beganAt = now;
    resume?.begin(now);
    this.#liveness.begin(now);
    this.#enter(this.#endedAt ? "draining" : "streaming");
    if (this.#started) this.#tell("resumed", { resent: resume?.backlog ?? 0 });
    this.#started = true;
    this.#begun.resolve();
    this.#pump(now);
  }

  /** @param {import("./types.d.ts").StreamEvent} event */
  #read(event) {
    const now = seconds();
    const results = event.type === "transcript" ? event.results : [];
    this.#liveness.heard(now, results.length > 0);
    if (event.type === "category") this.#tell("category", { category: this.#intake.placed(event.category) });
    if (results.some(({ isPartial }) => !isPartial)) {
      this.#finalAt = now;
      this.#trials.well(now);
    }
    const joined = this.#intake.resume?.read(results) ?? [];
    const newest = joined.at(-1);
    if (!newest) return;
    this.transcript = reduce(this.transcript, joined);
    this.#tell("transcript", { transcript: this.transcript, latency: this.#intake.latency(newest.endTime) });
  }

  /** After each chunk. @param {number} now @param {number} length in seconds @param {Level} level */
  #hear(now, length, { peak }) {
    const { resume, quiet, form } = this.#intake;
    if (this.#rest.reason === "interrupted" || !quiet) this.#rest.end();
    else if (this.#rest.isWaited) resume?.forget(PRE_ROLL);
    else if (form.live && quiet >= this.#timing.idle) this.#rest.begin("silence");
    if (isAudible(peak)) {
      this.#soundAt = resume?.heard ?? 0;
      if (this.#session?.state === "streaming") this.#liveness.said(length);
    }
    this.#tick(now);
  }

  /** @param {import("./types.d.ts").Gap} gap */
  #miss(gap) {
    this.transcript = reduceGap(this.transcript, gap);
    this.#tell("gap", { gap });
    if (gap.reason !== "dropped" && gap.seconds > ASLEEP) this.#break();
  }

  /** The connection is as good as lost. */
  #break() {
    this.#session?.fail(explainSlowness("streaming", this.details?.host ?? ""));
  }

  /** The source has ended: what it gave is still worth its last words. @param {Error | null} error */
  #lose(error) {
    if (!error) return this.#finish();
    if (!this.#started) return this.abort(error);
    this.#tell("error", { error });
    this.#finish();
  }

  #finish() {
    this.#endedAt ??= seconds();
    if (this.#started) this.#enter("draining");
    this.#rest.release();
    this.#pump(seconds());
  }

  /** @param {number} now */
  #tick(now) {
    // Timers stand still while the computer sleeps, and what failed before that is no reason to give up now.
    if (now - this.#tickedAt > FROZEN) this.#trials.well(now);
    this.#tickedAt = now;
    this.#pump(now);
    if (this.#session?.state !== "streaming") return;
    const age = now - this.#beganAt;
    if (age >= WELL) this.#trials.well(now);
    if (!this.#endedAt && this.#intake.isStarved(now)) this.#rest.begin("interrupted");
    if (this.#liveness.isDead(now, this.#session.buffered)) this.#break();
    else if (age >= this.#timing.life && (now - this.#finalAt < 1 || age >= 1.05 * this.#timing.life)) this.#handOver();
  }

  /** Another stream, before this one has lived too long. */
  #handOver() {
    this.#ticketing.leave();
    this.#session?.abort();
  }

  /** Sends what may be sent; says that it was all, when it was. @param {number} now */
  #pump(now) {
    const { resume } = this.#intake;
    const session = this.#session;
    if (!resume || session?.state !== "streaming") return;
    for (let chunk; session.buffered < BUFFERED && (chunk = resume.take(now)); ) session.send(chunk);
    if ((this.#rest.reason || this.#endedAt) && !resume.backlog) session.stop();
  }

  /** Resolves when there is something to hear, or true when there will be nothing any more. */
  async #pause() {
    this.#ticketing.leave();
    if (!this.#rest.keeps) this.#intake.resume?.forget(PRE_ROLL);
    if (this.#endedAt) return true;
    this.#enter("paused");
    await this.#rest.over(this.#signal);
    return this.#endedAt !== undefined && this.#rest.reason !== null;
  }

  /** Whether a server has closed in the middle of a line, as it should not: it is asked once more. */
  #isDoubtful() {
    this.#doubted = !this.#doubted && this.transcript.segments.some(({ isFinal }) => !isFinal);
    return this.#doubted;
  }

  /** Whether a server that will not close has told all: it has answered the end, and owes nothing. @param {unknown} error */
  #isHeard(error) {
    return error instanceof StreamError && error.kind === "DrainTimeout" && this.#answered && !owesWords(this.transcript, this.#soundAt);
  }

  /** Waits until it is worth another try; throws if it is not. @param {unknown} error */
  async #recover(error) {
    const verdict = this.#trials.fail(error, seconds(), this.#started, this.#endedAt);
    if (verdict.action === "pause") return this.#rest.begin("interrupted", true);
    if (verdict.fresh) this.#ticketing.leave();
    if (this.#started && !this.#endedAt) this.#enter("reconnecting");
    this.#tell("reconnecting", { error, attempt: verdict.attempt, delay: verdict.delay });
    await pauseFor(verdict.delay, this.#signal);
  }

  #close() {
    clearInterval(this.#ticking);
    this.#controller.abort();
    this.#intake.stop();
    this.#ticketing.leave();
    this.details = null;
  }
}
