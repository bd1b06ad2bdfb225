/** What to do about a failure: try again and when, pause, or stop. Pure: time (s) and chance are arguments. */

/**
 * What went wrong. `kind` is AWS's name of the exception, with or without "Exception", or ours: ConnectionFailed (never
 * open), ConnectionLost, StreamEnded, Stalled, DrainTimeout, Malformed, Ticket. `text` is what the exception says.
 * A Ticket has the HTTP `status` (0: unreachable) and perhaps `retryAfter` (s); `opened`: this run had a stream before.
 *
 * @typedef {{ kind: string, text?: string, status?: number, retryAfter?: number | null, opened?: boolean }} Setback
 *
 * What to do, and in how many s. `fresh`: not as one more stream of this session, but as one of its own.
 * @typedef {{ action: "retry" | "pause" | "stop", delay: number, fresh: boolean }} Remedy
 */

const PASSING = /^(ConnectionLost|StreamEnded|Stalled|DrainTimeout)$/;
/** Passes soon or never. */
const DOUBTFUL = /^(ConnectionFailed|Malformed|Expired)$/;
const OVERLOAD = /^(InternalFailure|ServiceUnavailable|Ticket(0|5..))$/;

export class Recovery {
  #patience;
  /** The row of failures by their causes, and when it began. @type {string[]} */
  #row = [];
  #first = 0;

  /** @param {{ patience?: number }} [options] s from the first failure of a row after which no more is tried */
  constructor({ patience = 300 } = {}) {
    this.#patience = patience;
  }

  /**
   * @param {Setback} setback
   * @param {number} now
   * @param {number} random from 0 to less than 1
   * @returns {Remedy}
   */
  fail(setback, now, random) {
    const cause = causeOf(setback);
    if (cause === "Silence") {
      this.#row = [];
      return { action: "pause", delay: 0, fresh: false };
    }
    const n = this.#row.push(cause);
    if (n === 1) this.#first = now;
    const same = this.#row.filter((each) => each === cause).length;
    const delay = delayOf(cause, n, same, random, setback.retryAfter);
    return now + delay > this.#first + this.#patience
      ? { action: "stop", delay: 0, fresh: false }
      : { action: "retry", delay, fresh: cause === "Conflict" };
  }

  /** A final result arrived, or 10 s of streaming went well: the row is over. @param {number} _now */
  well(_now) {
    this.#row = [];
  }
}

/** @param {Setback} setback */
function causeOf({ kind, text = "", status = 0, opened }) {
  const name = kind.replace(/Exception$/, "");
  if (name === "Ticket") return status || opened ? name + status : name;
  // Once there was a stream, it is the network that is away, however long that lasts.
  if (name === "ConnectionFailed" && opened) return "ConnectionLost";
  if (PASSING.test(name) || DOUBTFUL.test(name)) return name;
  if (/expired|not yet current/i.test(text)) return "Expired";
  return name === "BadRequest" && /no new audio/i.test(text) ? "Silence" : name;
}

/**
 * Seconds until the next try; infinite: there is none.
 *
 * @param {string} cause
 * @param {number} n failures in this row, of whatever cause
 * @param {number} same those of this cause
 * @param {number} random
 * @param {number | null} [retryAfter]
 */
function delayOf(cause, n, same, random, retryAfter) {
  const soon = (/** @type {number} */ power) => Math.min(5, 0.25 * 2 ** power) + 0.5 * random;
  if (PASSING.test(cause) || (DOUBTFUL.test(cause) && same < 6)) return n > 1 ? soon(n - 2) : 0;
  if (/^Ticket(429|503)$/.test(cause)) return (retryAfter ?? Math.min(30, 2 ** (n - 1))) + random;
  if (OVERLOAD.test(cause)) return soon(n - 1);
  if (cause === "LimitExceeded") return Math.max(0.5, random * Math.min(60, 2 ** n));
  return /^(Conflict|Ticket401)$/.test(cause) && same < 2 ? 0 : Infinity;
}
