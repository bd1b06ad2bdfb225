/** Whether a run tries again after an error, and when: recovery.js for the errors of this library. */
import { RemoteProtocolError, StreamError, TicketError } from "./errors.js";
import { Recovery } from "./recovery.js";

/** Somebody waits for the start, and at the end for the last words: no longer than this, in seconds. */
const [FIRST_WORDS, LAST_WORDS] = [15, 30];

export class Trials {
  #recovery;
  #attempt = 0;
  /** When something failed for the first time. @type {number | undefined} */
  #first;

  /** @param {number} patience in seconds */
  constructor(patience) {
    this.#recovery = new Recovery({ patience });
  }

  /** All is well. @param {number} now */
  well(now) {
    this.#recovery.well(now);
    this.#attempt = 0;
  }

  /**
   * What to do; throws the error where that is nothing.
   *
   * @param {unknown} error
   * @param {number} now
   * @param {boolean} started whether the run had a stream
   * @param {number | undefined} endedAt since when its audio is over
   */
  fail(error, now, started, endedAt) {
    this.#first ??= now;
    const setback = describe(error);
    if (!setback || now > deadline(error, this.#first, started, endedAt)) throw error;
    const remedy = this.#recovery.fail({ ...setback, opened: started }, now, Math.random());
    if (remedy.action === "stop") throw error;
    return { ...remedy, attempt: ++this.#attempt };
  }
}

/**
 * When nothing more is tried.
 *
 * @param {unknown} error
 * @param {number} first
 * @param {boolean} started
 * @param {number | undefined} endedAt
 */
function deadline(error, first, started, endedAt) {
  if (endedAt) return endedAt + LAST_WORDS;
  if (started) return Infinity;
  // What the service says to the first question is the answer to start(); a token may be too old once.
  return error instanceof TicketError && error.status !== 401 ? 0 : first + FIRST_WORDS;
}

/** An error as recovery.js knows it; null if it is none of ours. @param {unknown} error */
function describe(error) {
  if (error instanceof TicketError) return { kind: "Ticket", status: error.status, retryAfter: error.retryAfter };
  if (error instanceof RemoteProtocolError) return { kind: "Malformed" };
  return error instanceof StreamError ? { kind: error.kind, text: error.details.join(" ") } : null;
}
