/**
 * The one object that a frontend uses: a source of audio, a ticket and a stream, as events.
 *
 * | event        | carries            | when                                                              |
 * |--------------|--------------------|-------------------------------------------------------------------|
 * | `state`      | `event.state`      | `idle` → `opening` → `connecting` → `streaming` → `draining` → `idle` |
 * | `transcript` | `event.transcript` | words arrived or changed                                          |
 * | `level`      | `event.level`      | ten times a second while audio flows                              |
 * | `error`      | `event.error`      | a stream that was running has failed; what was heard is kept      |
 */
import { LocalProtocolError } from "./errors.js";
import { Session } from "./session.js";
import { reportClosed, requestTicket } from "./tickets.js";
import { EMPTY, reduce } from "./transcript.js";

/**
 * @typedef {import("./types.d.ts").AudioSource} AudioSource
 * @typedef {import("./types.d.ts").Capture} Capture
 * @typedef {import("./types.d.ts").Level} Level
 * @typedef {import("./types.d.ts").Result} Result
 * @typedef {import("./types.d.ts").Transcript} Transcript
 * @typedef {import("./types.d.ts").TranscriberEvents} TranscriberEvents
 * @typedef {import("./types.d.ts").TranscriberOptions} TranscriberOptions
 * @typedef {import("./types.d.ts").TranscriberState} TranscriberState
 */

/** One start and what belongs to it. What a run of before still says concerns nobody. */
class Run {
  controller = new AbortController();
  signal = this.controller.signal;
  /** @type {Capture | undefined} */
  capture;
  /** @type {Session | undefined} */
  session;
  /** Audio from before there was a session. @type {ArrayBuffer[]} */
  early = [];
  /** Says that the ticket's session is over, once there is a ticket. @type {(() => void) | undefined} */
  closed;
  /** @type {() => void} */
  finish = () => {};
  /** @type {Promise<void>} */
  finished = new Promise((resolve) => (this.finish = resolve));
}

// The same class; the type adds which event carries what.
const Target = /** @type {new () => import("./types.d.ts").TypedEventTarget<TranscriberEvents>} */ (EventTarget);

export class Transcriber extends Target {
  /** @type {TranscriberOptions} */
  #options;
  /** @type {TranscriberState} */
  #state = "idle";
  /** @type {Transcript} */
  #transcript = EMPTY;
  /** @type {Run | null} */
  #run = null;

  /** @param {TranscriberOptions} [options] */
  constructor(options = {}) {
    super();
    this.#options = options;
  }

  get state() {
    return this.#state;
  }

  /** What was heard since the last start. */
  get transcript() {
    return this.#transcript;
  }

  /**
   * Resolves when words can arrive; rejects with what keeps them from it. Call it in the handler of a tap or a
   * click: the source may need that. Later faults are `error` events.
   *
   * @param {AudioSource} source
   * @param {{ signal?: AbortSignal }} [options] aborting is as abort()
   */
  async start(source, { signal } = {}) {
    if (this.#run) throw new LocalProtocolError("This transcriber is running already.");
    signal?.throwIfAborted();
    const run = new Run();
    this.#run = run;
    this.#transcript = EMPTY;
    signal?.addEventListener("abort", () => this.#abort(run, signal.reason), { signal: run.signal });
    try {
      run.session = await this.#open(run, source);
    } catch (error) {
      this.#end(run);
      throw error;
    }
    this.#enter("streaming");
    run.session.closed.then(
      () => this.#end(run),
      (error) => this.#end(run, error),
    );
  }

  /**
   * No more audio; resolves when the last words have arrived or cannot arrive any more. Before streaming it is as
   * abort().
   */
  async stop() {
    const run = this.#run;
    if (this.#state === "opening" || this.#state === "connecting") this.abort();
    if (this.#state === "streaming") {
      this.#enter("draining");
      await run?.capture?.stop();
      run?.session?.stop();
    }
    await run?.finished;
  }

  /** Ends at once, without the last words. A start() that is under way rejects with an AbortError. */
  abort() {
    if (this.#run) this.#abort(this.#run);
  }

  /** @param {Run} run @param {unknown} [reason] */
  #abort(run, reason) {
    run.controller.abort(reason);
    run.session?.abort();
  }

  /** @param {Run} run @param {AudioSource} source */
  async #open(run, source) {
    this.#enter("opening");
    const opening = source.open({
      onChunk: (pcm, level) => this.#hear(run, pcm, level),
      onEnd: (error) => this.#lose(run, error),
    });
    // A permission that is given after the user gave up must not leave the microphone open.
    opening.then((capture) => (run.signal.aborted ? capture.stop() : undefined)).catch(() => {});
    run.capture = await until(opening, run.signal);

    // Only now: a ticket lives for a minute, and the question for permission may stand for longer.
    this.#enter("connecting");
    const request = this.#request(run.capture.sampleRate, run.signal);
    const ticket = await requestTicket(request);
    run.closed = () => reportClosed(ticket, request);
    const { WebSocket } = this.#options;
    const onResults = (/** @type {readonly Result[]} */ results) => this.#read(run, results);
    const session = new Session(ticket, { onResults, ...(WebSocket && { WebSocket }) });
    run.session = session;
    for (const pcm of run.early.splice(0)) session.send(pcm);
    await until(session.opened, run.signal);
    return session;
  }

  /** @param {number} sampleRate @param {AbortSignal} signal */
  #request(sampleRate, signal) {
    const { presign = "/presign", language = "en-US", region, parameters, headers, fetch } = this.#options;
    return {
      url: presign,
      headers,
      signal,
      ...(fetch && { fetch }),
      parameters: {
        "language-code": language,
        "media-encoding": "pcm",
        "sample-rate": sampleRate,
        ...(region && { region }),
        ...parameters,
      },
    };
  }

  /** @param {Run} run @param {ArrayBuffer} pcm @param {Level} level */
  #hear(run, pcm, level) {
    if (run !== this.#run) return;
    if (run.session) run.session.send(pcm);
    else run.early.push(pcm);
    this.#tell("level", { level });
  }

  /** @param {Run} run @param {readonly Result[]} results */
  #read(run, results) {
    if (run !== this.#run) return;
    this.#transcript = reduce(this.#transcript, results);
    this.#tell("transcript", { transcript: this.#transcript });
  }

  /** The source is gone: what it gave is still worth its last words. @param {Run} run @param {Error} error */
  #lose(run, error) {
    if (run !== this.#run) return;
    if (this.#state !== "streaming") return this.#abort(run, error);
    this.#tell("error", { error });
    this.stop();
  }

  /** @param {Run} run @param {Error} [error] */
  #end(run, error) {
    if (run !== this.#run) return;
    this.#run = null;
    this.#abort(run);
    run.capture?.stop();
    run.closed?.();
    this.#enter("idle");
    if (error) this.#tell("error", { error });
    run.finish();
  }

  /** @param {TranscriberState} state */
  #enter(state) {
    this.#state = state;
    this.#tell("state", { state });
  }

  /** @param {keyof TranscriberEvents} type @param {object} detail */
  #tell(type, detail) {
    this.dispatchEvent(Object.assign(new Event(type), detail));
  }
}

/**
 * The promise's outcome, or the signal's reason if that comes first.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
function until(promise, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
