/** Words for what is going on. Pure. */

/** @typedef {import("../scribepass/types.d.ts").TranscriberState} TranscriberState */

/** A connection this far behind is worth a word; beyond the limit something is dropped. In seconds. */
const BEHIND = 8;

/** @type {Record<TranscriberState, string>} */
export const STATES = {
  idle: "Stopped",
  opening: "Waiting for the sound. Allow it if the browser asks.",
  connecting: "Connecting…",
  streaming: "Listening",
  reconnecting: "Reconnecting. What you say is kept.",
  paused: "Paused: no sound for a minute. Speak to go on.",
  draining: "Waiting for the last words…",
};

export const UNHEARD = "Listening, but there is no sound. Is the microphone muted?";

/** @type {Record<import("../scribepass/types.d.ts").SourceState, string>} */
export const SOURCES = {
  flowing: "",
  muted: "The microphone is muted. Unmute it to go on.",
  interrupted: "The system has taken the microphone away, for a call perhaps. It goes on when it is back.",
  switched: "The microphone went away; another one took over.",
};

/** @param {number} attempt @param {number} seconds until it */
export function countdown(attempt, seconds) {
  const number = attempt > 1 ? `, try ${attempt}` : "";
  return seconds >= 1 ? `Again in ${Math.ceil(seconds)} s${number}` : attempt > 1 ? `Try ${attempt}` : "";
}

/** @param {number} resent seconds */
export function resumed(resent) {
  return resent >= 1 ? `Connected again: ${Math.round(resent)} s are sent again, nothing is lost.` : "Connected again.";
}

/**
 * Before anything is dropped, and after. Empty where all is well.
 *
 * @param {{ seconds: number, limit: number, dropped: number }} backlog
 */
export function behind({ seconds, limit, dropped }) {
  const lost = dropped > 0 ? `${Math.ceil(dropped)} s could not be kept and are missing. ` : "";
  if (seconds >= BEHIND) {
    const then = `From ${limit} s on the oldest is dropped.`;
    return `${lost}The connection is slow: ${Math.round(seconds)} s of sound wait to be sent. ${then}`;
  }
  return lost.trim();
}

/** @param {number} bytes */
export function size(bytes) {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
