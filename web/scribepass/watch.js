/** What only a clock can tell: that a connection is dead, that the computer slept. Pure: seconds are arguments. */

/** Peak in dBFS of what one could hear. */
const AUDIBLE = -45;
/** Of audible sound, so short a noise needs no answer. */
const NOISE = 1;
/** A row of false alarms, in a place that is loud but where nobody speaks, gets rarer up to this. */
const RAREST = 16;

/** @param {number} peak in dBFS */
export function isAudible(peak) {
  return peak > AUDIBLE;
}

/** Whether the other end is still there, by what it was sent and what it says. */
export class Liveness {
  #stall;
  #factor = 1;
  #since = 0;
  #audible = 0;
  #buffered = 0;
  #shrunk = 0;

  /** @param {number} stall seconds of audible sound without an answer; half of it for bytes that do not leave */
  constructor(stall) {
    this.#stall = stall;
  }

  /** Another connection. @param {number} now */
  begin(now) {
    this.#since = this.#shrunk = now;
    this.#audible = this.#buffered = 0;
  }

  /** @param {number} seconds of audible sound that was sent */
  said(seconds) {
    this.#audible += seconds;
  }

  /** @param {number} now @param {boolean} words whether the answer had any: until then alarms may be false */
  heard(now, words) {
    this.#since = now;
    this.#audible = 0;
    if (words) this.#factor = 1;
  }

  /** @param {number} now @param {number} buffered bytes that wait to leave */
  isDead(now, buffered) {
    if (!buffered || buffered < this.#buffered) this.#shrunk = now;
    this.#buffered = buffered;
    if (now - this.#shrunk >= this.#stall / 2) return true;
    if (this.#audible < NOISE || now - this.#since < this.#stall * this.#factor) return false;
    this.#factor = Math.min(RAREST, 2 * this.#factor);
    return true;
  }
}

/** Audio clock and wall clock drift apart by less than this, and a busy page is late by less. */
const LATE = 3;
/** A page that was only busy has caught up by then. */
const SETTLED = 1;

/** Finds what was not recorded: the time by which the audio fell behind the wall clock and stays behind. */
export class AudioClock {
  /** @type {number | null} */
  #lag = null;
  /** @type {number | null} */
  #suspected = null;

  /**
   * After each chunk.
   *
   * @param {number} wall seconds, by a clock that goes on while the computer sleeps
   * @param {number} heard seconds of audio
   * @returns {number} seconds that are missing; 0 as a rule
   */
  hear(wall, heard) {
    const lag = wall - heard;
    const missing = lag - (this.#lag ?? lag);
    if (missing < LATE) {
      this.#suspected = null;
      this.#lag = lag;
      return 0;
    }
    this.#suspected ??= wall;
    if (wall - this.#suspected < SETTLED) return 0;
    this.#lag = lag;
    this.#suspected = null;
    return missing;
  }
}
