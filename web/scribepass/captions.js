/**
 * A transcript as text, SubRip, WebVTT or JSON. Pure: strings out.
 *
 * The same transcript gives the same text as the Python client's `client/captions.py`: vectors/captions see to it.
 */

import { cues } from "./cues.js";
import { spaced, turns } from "./turns.js";

/**
 * @typedef {import("./types.d.ts").Gap} Gap
 * @typedef {import("./types.d.ts").Transcript} Transcript
 * @typedef {import("./cues.js").Cue} Cue
 * @typedef {import("./turns.js").Turn} Turn
 */

/** A zero-width space, which takes a sign its meaning and leaves its looks: SubRip has no escapes. */
const UNSEEN = "\u200b";
const REASONS = {
  sleep: "the computer slept",
  dropped: "the connection was too slow",
  interrupted: "the sound was interrupted",
};

/** One line for each turn, with the speaker's name in front where it is known. @param {Transcript} transcript */
export function toText(transcript) {
  const lines = turns(transcript).map((turn) => ({ at: turn.words[0]?.start ?? 0, text: spaced(named(turn).words) }));
  const gaps = transcript.gaps.map((gap) => ({ at: gap.at, text: `[${gapText(gap)}]` }));
  return inOrder(gaps, lines)
    .map(({ text }) => `${text}\n`)
    .join("");
}

/**
 * SubRip. Speakers stand in front of what they say; nothing in the text can pass for markup.
 *
 * @param {Transcript} transcript
 */
export function toSrt(transcript) {
  const blocks = cues(turns(transcript).map(named)).map((cue, at) => {
    const text = cue.lines.join("\n").replaceAll("-->", `--${UNSEEN}>`).replaceAll("<", `<${UNSEEN}`);
    return `${at + 1}\n${times(cue, ",")}\n${text}\n`;
  });
  return blocks.join("\n");
}

/** WebVTT (W3C, 2019). Speakers are voice spans, and what was not recorded is a note. @param {Transcript} transcript */
export function toVtt(transcript) {
  const blocks = cues(turns(transcript)).map((cue) => {
    const voice = cue.speaker ? `<v ${escaped(cue.speaker)}>` : "";
    return { at: cue.start, text: `${times(cue, ".")}\n${voice}${escaped(cue.lines.join("\n"))}` };
  });
  const gaps = transcript.gaps.map((gap) => ({ at: gap.at, text: `NOTE ${gapText(gap)}` }));
  return `WEBVTT\n${inOrder(gaps, blocks)
    .map(({ text }) => `\n${text}\n`)
    .join("")}`;
}

/** The segments with everything that is known of them, and the gaps. @param {Transcript} transcript */
export function toJson({ segments, gaps }) {
  return `${JSON.stringify({ segments, gaps }, null, 2)}\n`;
}

/** What a gap is, in words. @param {Gap} gap */
export function gapText({ seconds, reason }) {
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const short = seconds < 60 ? `${Math.max(1, Math.round(seconds))} s` : `${minutes} min`;
  return `${hours ? `${hours} h ${minutes % 60} min` : short} not recorded: ${REASONS[reason]}`;
}

/** The turn with the speaker's name as its first word. @param {Turn} turn @returns {Turn} */
function named(turn) {
  const [first, ...rest] = turn.words;
  if (turn.speaker === null || !first) return turn;
  const name = { text: `${turn.speaker}:`, start: first.start, end: first.start, space: true };
  return { ...turn, words: [name, { ...first, space: true }, ...rest] };
}

/** @template {{ at: number }} Each @param {Each[]} first where both begin at once @param {Each[]} second */
function inOrder(first, second) {
  return [...first, ...second].sort((one, other) => one.at - other.at);
}

/** @param {Cue} cue @param {string} point */
function times({ start, end }, point) {
  return `${clock(start, point)} --> ${clock(end, point)}`;
}

/** @param {number} seconds @param {string} point */
function clock(seconds, point) {
  const all = Math.max(0, Math.round(seconds * 1000));
  const [hours, minutes, rest] = [
    Math.floor(all / 3_600_000),
    Math.floor(all / 60_000) % 60,
    Math.floor(all / 1000) % 60,
  ];
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return `${two(hours)}:${two(minutes)}:${two(rest)}${point}${String(all % 1000).padStart(3, "0")}`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
