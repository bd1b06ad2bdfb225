/**
 * The one object that a frontend uses: a source of audio, and what is heard of it, as events.
 *
 * | event          | carries                            | when                                                      |
 * |----------------|------------------------------------|-----------------------------------------------------------|
 * | `state`        | `state`                            | `idle` → `opening` → `connecting` → `streaming` → `draining` → `idle`; `reconnecting`, `paused` |
 * | `transcript`   | `transcript`, `latency` in ms      | words arrived or changed                                  |
 * | `category`     | `category`                         | a call matches a category                                 |
 * | `level`        | `level`                            | ten times a second while audio flows                      |
 * | `source`       | `source`                           | the device was muted, taken away, exchanged, or is back   |
 * | `reconnecting` | `error`, `attempt`, `delay` in s   | the connection was lost; nothing that is said is          |
 * | `resumed`      | `resent` in s                      | another connection goes on                                |
 * | `backlog`      | `seconds`, `limit`, `dropped`      | audio waits for the network; beyond the limit it is lost  |
 * | `gap`          | `gap`                              | something was not heard; it stands in the transcript too  |
 * | `error`        | `error`                            | a run has failed; what was heard is kept                  |
 */
import { LocalProtocolError } from "./errors.js";
import { Run } from "./run.js";
import { EMPTY } from "./transcript.js";
import { settleable } from "./waits.js";

/**
 * @typedef {import("./types.d.ts").AudioSource} AudioSource
 * @typedef {import("./types.d.ts").TranscriberEvents} TranscriberEvents
 * @typedef {import("./types.d.ts").TranscriberOptions} TranscriberOptions
 * @typedef {import("./types.d.ts").TranscriberState} TranscriberState
 */

// The same class; the type adds which event carries what.
const Target = /** @type {new () => import("./types.d.ts").TypedEventTarget<TranscriberEvents>} */ (EventTarget);

export class Transcriber extends Target {
  #options;
  /** @type {TranscriberState} */
  #state = "idle";
  /** The run of now, or the last one. @type {Run | null} */
  #run = null;
  /** @type {Promise<void>} */
  #over = Promise.resolve();

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
    return this.#run?.transcript ?? EMPTY;
  }

  /** What may be known of the stream of now; null when there is none. Nothing of it is secret. */
  get session() {
    return this.#run?.details ?? null;
  }

  /**
   * Resolves when words can arrive; rejects with what keeps them from it. Call it in the handler of a tap or a
   * click: the source may need that. Later faults are `error` events.
   *
   * @param {AudioSource} source
   * @param {{ signal?: AbortSignal }} [options] aborting is as abort()
   */
  async start(source, { signal } = {}) {
    if (this.#state !== "idle") throw new LocalProtocolError("This transcriber is running already.");
    signal?.throwIfAborted();
    const run = new Run(
      this.#options,
      (type, detail) => this.#tell(type, detail),
      (state) => this.#enter(state),
    );
    const shown = this.transcript !== EMPTY;
    this.#run = run;
    const abort = () => run.abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    const { promise, resolve } = settleable();
    this.#over = promise;
    const started = run.start(source, (error) => {
      signal?.removeEventListener("abort", abort);
      this.#enter("idle");
      if (error) this.#tell("error", { error });
      resolve();
    });
    if (shown) this.#tell("transcript", { transcript: EMPTY, latency: null });
    await started;
  }

  /**
   * No more audio; resolves when the last words have arrived or cannot arrive any more. Before streaming it is as
   * abort().
   */
  async stop() {
    const over = this.#over;
    if (this.#state === "opening" || this.#state === "connecting") this.abort();
    else if (this.#state !== "idle" && this.#state !== "draining") {
      this.#enter("draining");
      await this.#run?.stop();
    }
    await over;
  }

  /**
   * Ends at once, without the last words; resolves when it has, and another start() may follow. A start() that is
   * under way rejects with an AbortError.
   */
  async abort() {
    this.#run?.abort();
    await this.#over;
  }

  /** @param {TranscriberState} state */
  #enter(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#tell("state", { state });
  }

  /** @param {keyof TranscriberEvents} type @param {object} detail */
  #tell(type, detail) {
    this.dispatchEvent(Object.assign(new Event(type), detail));
  }
}
