/**
 * Cutting turns into captions that can be read: two lines of 42 columns, at most seven seconds. Pure.
 *
 * The numbers are those of the Netflix and BBC subtitle guidelines. The same as the Python client's `client/cues.py`.
 */
import { spaced } from "./turns.js";

/**
 * @typedef {import("./turns.js").Turn} Turn
 * @typedef {import("./turns.js").Word} Word
 * @typedef {{ start: number, end: number, lines: string[], speaker: string | null }} Cue
 */

const LINE_COLUMNS = 42;
const LONGEST_SECONDS = 7;
/** A shorter cue stays on the screen this long, if nothing follows it sooner. */
const SHORTEST_SECONDS = 1;
/** Silence as long as this begins a new cue. */
const PAUSE_SECONDS = 1;
const SENTENCE_END = /[.?!。？！؟।]$/u;
/** East Asian Width W and F, but for emoji. */
const WIDE_RANGES = [
  ...["\\u1100-\\u115f", "\\u231a\\u231b\\u2329\\u232a", "\\u2e80-\\u303e", "\\u3041-\\u3247", "\\u3250-\\u4dbf"],
  ...["\\u4e00-\\ua4cf", "\\ua960-\\ua97c", "\\uac00-\\ud7a3", "\\uf900-\\ufaff", "\\ufe10-\\ufe19", "\\ufe30-\\ufe6b"],
  ...["\\uff01-\\uff60", "\\uffe0-\\uffe6", "\\u{16fe0}-\\u{16fff}", "\\u{17000}-\\u{1b2fb}", "\\u{1f200}-\\u{1f265}"],
  "\\u{20000}-\\u{3fffd}",
];
/** Two columns wide. The halves of a flag are emoji, and narrow. */
const WIDE = new RegExp(`[${WIDE_RANGES.join("")}]|(?![\\u{1f1e6}-\\u{1f1ff}])\\p{Emoji_Presentation}`, "u");

/**
 * Turns cut into cues, in order of time. No word is lost, and no cue ends before it starts.
 *
 * @param {Turn[]} all
 * @returns {Cue[]}
 */
export function cues(all) {
  const cut = all.flatMap(({ words, speaker }) => groups(words.flatMap(narrow)).map((group) => cue(group, speaker)));
  return cut.map((each, at) => {
    const wanted = Math.max(each.end, each.start + SHORTEST_SECONDS);
    const next = cut[at + 1]?.start ?? Infinity;
    return { ...each, end: next >= wanted ? wanted : Math.max(each.end, next) };
  });
}

/** The same word, cut to fit where it is wider than a line: a script may go without spaces. @param {Word} word */
function narrow({ text, start, end, space }) {
  const parts = [""];
  for (const character of text) {
    if (width(parts.at(-1) + character) > LINE_COLUMNS) parts.push("");
    parts[parts.length - 1] += character;
  }
  const each = (end - start) / parts.length;
  return parts.map((part, at) => {
    const begun = start + at * each;
    return { text: part, start: begun, end: begun + each, space: space && at === 0 };
  });
}

/** @param {Word[]} words */
function groups(words) {
  /** @type {Word[][]} */
  const found = [];
  for (const word of words) {
    const group = found.at(-1);
    if (group && !endsBefore(word, group)) group.push(word);
    else found.push([word]);
  }
  return found;
}

/** @param {Word} word @param {Word[]} group of one word or more */
function endsBefore(word, group) {
  const [first, last] = [/** @type {Word} */ (group[0]), /** @type {Word} */ (group.at(-1))];
  return (
    (SENTENCE_END.test(last.text) && width(spaced(group)) > LINE_COLUMNS / 2) ||
    word.start - last.end >= PAUSE_SECONDS ||
    word.end - first.start > LONGEST_SECONDS ||
    !broken([...group, word])
  );
}

/** @param {Word[]} words @param {string | null} speaker @returns {Cue} */
function cue(words, speaker) {
  const start = words[0]?.start ?? 0;
  const end = words.reduce((latest, word) => Math.max(latest, word.end), start);
  return { start, end, lines: broken(words) ?? [spaced(words)], speaker };
}

/** The words on one line, or on two as even as they can be; null where they need a third. @param {Word[]} words */
function broken(words) {
  const whole = spaced(words);
  if (width(whole) <= LINE_COLUMNS) return [whole];
  let [best, narrowest] = [/** @type {string[] | null} */ (null), LINE_COLUMNS + 1];
  for (let place = 1; place < words.length; place++) {
    const pair = [spaced(words.slice(0, place)), spaced(words.slice(place))];
    const widest = Math.max(...pair.map(width));
    if (widest < narrowest) [best, narrowest] = [pair, widest];
  }
  return best;
}

/** Columns that a text takes. @param {string} text */
function width(text) {
  let columns = 0;
  for (const character of text) columns += WIDE.test(character) ? 2 : 1;
  return columns;
}
