/** A time in which nothing is sent, though there is more to come: why, and until when. */
import { settleable, until } from "./waits.js";

/** What is kept of the silence before somebody speaks again, in seconds. */
export const PRE_ROLL = 1;

export class Rest {
  /** @type {"silence" | "interrupted" | null} */
  #reason = null;
  /** @type {(() => void) | undefined} */
  #wake;

  /** Whether what was said before it has not been heard to the end, and has to be kept. */
  keeps = false;

  /** Null: there is none. */
  get reason() {
    return this.#reason;
  }

  /** Whether somebody waits for its end. */
  get isWaited() {
    return this.#wake !== undefined;
  }

  /** @param {"silence" | "interrupted"} reason the first one counts @param {boolean} [keeps] */
  begin(reason, keeps = false) {
    this.#reason ??= reason;
    this.keeps ||= keeps;
  }

  end() {
    this.#reason = null;
    this.keeps = false;
    this.release();
  }

  /** Those who wait go on, whether it has ended or not. */
  release() {
    this.#wake?.();
    // At once: whoever waited runs a little later, and more audio may come before.
    this.#wake = undefined;
  }

  /** Resolves when it has ended. @param {AbortSignal} signal */
  async over(signal) {
    const { promise, resolve } = settleable();
    this.#wake = resolve;
    await until(promise, signal);
  }
}
