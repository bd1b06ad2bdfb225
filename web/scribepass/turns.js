/**
 * From segments to words with times: who said what, when, spaced as Transcribe spaced it. Pure.
 *
 * The same as the Python client's `client/turns.py`.
 */

/**
 * @typedef {import("./types.d.ts").Item} Item
 * @typedef {import("./types.d.ts").Segment} Segment
 * @typedef {import("./types.d.ts").Transcript} Transcript
 * @typedef {{ text: string, start: number, end: number, space: boolean, confidence?: number }} Word a word with the
 *   punctuation that clings to it; `space`: one stands before it
 * @typedef {{ speaker: string | null, words: Word[], segment: Segment }} Turn what one voice said in one go
 */

/**
 * Who said what, when, spaced as Transcribe spaced it, in the order of beginning.
 *
 * @param {Transcript} transcript
 * @returns {Turn[]}
 */
export function turns({ segments }) {
  const start = (/** @type {Turn} */ { words }) => words[0]?.start ?? 0;
  return segments.flatMap(turnsOf).sort((one, other) => start(one) - start(other));
}

/** @param {Segment} segment @returns {Turn[]} */
function turnsOf(segment) {
  const text = plain(segment.text);
  const pieces = segment.items.map((item) => ({ ...item, content: plain(item.content) }));
  const told = letters(text) === letters(pieces.map(({ content }) => content).join(""));
  // Where the items do not tell the whole text: no word of it may be lost.
  const words = told ? aligned(text, pieces) : spread(text, segment);
  const whole = segment.channelId ?? segment.participantRole ?? null;
  /** @type {Turn[]} */
  const found = [];
  let last;
  for (const { speaker, word } of words) {
    if (found.length && speaker === last) found.at(-1)?.words.push(word);
    else found.push({ speaker: label(speaker) ?? (whole && plain(whole)), words: [word], segment });
    last = speaker;
  }
  return found;
}

/**
 * Each item with the space that the text has before it; punctuation joined to its word.
 *
 * @param {string} text
 * @param {Item[]} items
 */
function aligned(text, items) {
  const places = Array.from(text.matchAll(/[^ ]/g), ({ index = 0 }) => index);
  /** @type {{ speaker: string | undefined, word: Word }[]} */
  const words = [];
  let done = 0;
  for (const { content, type, startTime: start, endTime: end, ...item } of items) {
    if (!content) continue;
    const place = places[done] ?? 0;
    const space = place > 0 && text[place - 1] === " ";
    done += letters(content).length;
    const last = words.at(-1);
    if (last && type === "punctuation" && !space) last.word.text += content;
    else {
      const sure = item.confidence === undefined ? {} : { confidence: item.confidence };
      words.push({ speaker: item.speaker || last?.speaker, word: { text: content, start, end, space, ...sure } });
    }
  }
  return words;
}

/**
 * Words without times of their own share the time they took by their length.
 *
 * @param {string} text
 * @param {Segment} segment
 */
function spread(text, { startTime, endTime }) {
  const each = (endTime - startTime) / Math.max([...text].length, 1);
  let place = 0;
  return text
    .split(" ")
    .filter(Boolean)
    .map((content) => {
      const length = [...content].length;
      const word = {
        text: content,
        start: startTime + place * each,
        end: startTime + (place + length) * each,
        space: true,
      };
      place += length + 1;
      return { speaker: undefined, word };
    });
}

/** The words as one line of text. @param {readonly Word[]} words */
export function spaced(words) {
  return words
    .map(({ text, space }) => (space ? ` ${text}` : text))
    .join("")
    .trim();
}

/** @param {string | undefined} speaker AWS's, opaque; most often a number */
function label(speaker) {
  if (!speaker) return null;
  return /^\d+$/.test(speaker) ? `Speaker ${speaker}` : plain(speaker);
}

/** One line without control characters, which a caption would obey. @param {string} text */
export function plain(text) {
  return text.replace(/(?:\p{Cc}|[^\S\ufeff])+/gu, " ").trim();
}

/** @param {string} text plain */
function letters(text) {
  return text.replaceAll(" ", "");
}
