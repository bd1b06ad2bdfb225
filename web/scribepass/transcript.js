/**
 * From results to a transcript. Pure: (transcript, results) → transcript.
 *
 * A result replaces the earlier partial result with its id. What is final stays. Segments stand in the order
 * in which they began, so that two channels interleave as people spoke.
 */

import { WORD } from "./news.js";

/**
 * @typedef {import("./types.d.ts").Gap} Gap
 * @typedef {import("./types.d.ts").Result} Result
 * @typedef {import("./types.d.ts").Segment} Segment
 * @typedef {import("./types.d.ts").Transcript} Transcript
 */

/** Seconds of sound at the end that may be no words: a chair, a click. */
const WORDLESS = 0.3;

/** @type {Transcript} */
export const EMPTY = Object.freeze({ segments: Object.freeze([]), gaps: Object.freeze([]) });

/**
 * The transcript after `results`. The same object if they changed nothing.
 *
 * @param {Transcript} transcript
 * @param {readonly Result[]} results
 * @returns {Transcript}
 */
export function reduce(transcript, results) {
  const { segments, gaps } = transcript;
  const after = results.reduce(reduceOne, segments);
  return after === segments ? transcript : { segments: after, gaps };
}

/**
 * The transcript with a gap more; one that goes on where the last one ended is the same gap.
 *
 * @param {Transcript} transcript
 * @param {Gap} gap
 * @returns {Transcript}
 */
export function reduceGap({ segments, gaps }, gap) {
  const last = gaps.at(-1);
  const goesOn = last && last.reason === gap.reason && Math.abs(last.at + last.seconds - gap.at) < 0.01;
  const whole = goesOn ? { ...last, seconds: last.seconds + gap.seconds } : gap;
  return { segments, gaps: [...gaps.slice(0, goesOn ? -1 : undefined), whole] };
}

/** @param {readonly Segment[]} segments @param {Result} result */
function reduceOne(segments, result) {
  // From the end: that is where what may still change stands.
  let at = segments.length - 1;
  while (at >= 0 && segments[at]?.id !== result.resultId) at--;
  if (segments[at]?.isFinal) return segments;
  const segment = toSegment(result);
  const isNew = at < 0;
  if (isNew && !segment.text) return segments;
  if (isNew) at = placeOf(segments, segment);
  return [...segments.slice(0, at), ...(segment.text ? [segment] : []), ...segments.slice(isNew ? at : at + 1)];
}

/** @param {Result} result @returns {Segment} */
function toSegment({ resultId, isPartial, alternatives, ...rest }) {
  const { transcript: text = "", items = [], entities } = alternatives[0] ?? {};
  return { ...rest, id: resultId, isFinal: !isPartial, text, items, ...(entities && { entities }) };
}

/** Behind all that began no later. @param {readonly Segment[]} segments @param {Segment} segment */
function placeOf(segments, { startTime }) {
  let at = segments.length;
  while (at > 0 && (segments[at - 1]?.startTime ?? 0) > startTime) at--;
  return at;
}

/**
 * Whether there was sound whose words have not come: a line is open, or the last one ended well before it.
 *
 * @param {Transcript} transcript
 * @param {number} soundAt where on the timeline there was sound for the last time
 */
export function owesWords({ segments }, soundAt) {
  const told = Math.max(0, ...segments.map(({ endTime }) => endTime));
  return segments.some(({ isFinal }) => !isFinal) || told < soundAt - WORDLESS;
}

/**
 * What was said, a line for each segment.
 *
 * @param {Transcript} transcript
 */
export function plainText({ segments }) {
  return segments.map((segment) => segment.text).join("\n");
}

/**
 * The segment's text in pieces, those that are words with their confidence. Joined they are the text exactly:
 * each item is looked up in the text, and one that is not found there is no piece.
 *
 * @param {Segment} segment
 * @returns {{ text: string, confidence?: number }[]}
 */
export function spans({ text, items }) {
  /** @type {{ text: string, confidence?: number }[]} */
  const pieces = [];
  let written = 0;
  let seen = 0;
  for (const { content, confidence } of items) {
    const start = text.indexOf(content, seen);
    if (!content || start === -1 || WORD.test(text.slice(seen, start))) continue;
    seen = start + content.length;
    if (confidence === undefined) continue;
    if (start > written) pieces.push({ text: text.slice(written, start) });
    pieces.push({ text: content, confidence });
    written = seen;
  }
  if (written < text.length) pieces.push({ text: text.slice(written) });
  return pieces;
}
