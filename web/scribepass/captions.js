/**
 * A transcript as text, SubRip, WebVTT or JSON, and what these are made of: turns, words and cues. Pure.
 *
 * The same transcript gives the same text as the Python client (`client/turns.py`, `cues.py`, `captions.py`).
 * Captions are as the Netflix and BBC guidelines have them: two lines of 42 columns, at most seven seconds.
 */

/**
 * @typedef {import("./types.d.ts").Item} Item
 * @typedef {import("./types.d.ts").Segment} Segment
 * @typedef {import("./types.d.ts").Gap} Gap
 * @typedef {import("./types.d.ts").Transcript} Transcript
 * @typedef {{ text: string, start: number, end: number, space: boolean, confidence?: number }} Word a word with the
 *   punctuation that clings to it; `space`: one stands before it
 * @typedef {{ speaker: string | null, words: Word[], segment: Segment }} Turn what one voice said in one go
 * @typedef {{ start: number, end: number, lines: string[], speaker: string | null }} Cue
 */

const LINE_COLUMNS = 42;
const LONGEST_SECONDS = 7;
/** A shorter cue stays on the screen this long, if nothing follows it sooner. */
const SHORTEST_SECONDS = 1;
/** Silence as long as this begins a new cue. */
const PAUSE_SECONDS = 1;
const SENTENCE_END = /[.?!。？！؟।]$/u;
/** A zero-width space, which takes a sign its meaning and leaves its looks: SubRip has no escapes. */
const UNSEEN = "\u200b";
/** Two columns wide: East Asian Width W and F. A flag's halves are emoji and narrow. */
const WIDE =
  /[\u1100-\u115f\u231a\u231b\u2329\u232a\u2e80-\u303e\u3041-\u3247\u3250-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{16fff}\u{17000}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|(?![\u{1f1e6}-\u{1f1ff}])\p{Emoji_Presentation}/u;
const REASONS = {
  sleep: "the computer slept",
  dropped: "the connection was too slow",
  interrupted: "the sound was interrupted",
};

/** One line for each turn, with the speaker's name in front where it is known. @param {Transcript} transcript */
export function toText(transcript) {
  const lines = turns(transcript).map((turn) => ({ at: turn.words[0]?.start ?? 0, text: spaced(named(turn).words) }));
  const gaps = transcript.gaps.map((gap) => ({ at: gap.at, text: `[${gapText(gap)}]` }));
  return inOrder(gaps, lines).map(({ text }) => `${text}\n`).join("");
}

/** SubRip. Speakers stand in front of what they say; nothing in the text can pass for markup. @param {Transcript} transcript */
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
  return `WEBVTT\n${inOrder(gaps, blocks).map(({ text }) => `\n${text}\n`).join("")}`;
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

/** Who said what, when, spaced as Transcribe spaced it, in the order of beginning. @param {Transcript} transcript @returns {Turn[]} */
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

/** Each item with the space that the text has before it; punctuation joined to its word. @param {string} text @param {Item[]} items */
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

/** Words without times of their own share the time they took by their length. @param {string} text @param {Segment} segment */
function spread(text, { startTime, endTime }) {
  const each = (endTime - startTime) / Math.max([...text].length, 1);
  return Array.from(text.matchAll(/[^ ]+/g), ({ 0: content, index }) => {
    const start = startTime + [...text.slice(0, index)].length * each;
    const word = { text: content, start, end: start + [...content].length * each, space: true };
    return { speaker: undefined, word };
  });
}

/** Turns cut into cues, in order of time. No word is lost, and no cue ends before it starts. @param {Turn[]} all @returns {Cue[]} */
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

/** The words as one line of text. @param {readonly Word[]} words */
export function spaced(words) {
  return words.map(({ text, space }) => (space ? ` ${text}` : text)).join("").trim();
}

/** Columns that a text takes. @param {string} text */
function width(text) {
  let columns = 0;
  for (const character of text) columns += WIDE.test(character) ? 2 : 1;
  return columns;
}

/** The turn with the speaker's name as its first word. @param {Turn} turn @returns {Turn} */
function named(turn) {
  const [first, ...rest] = turn.words;
  if (turn.speaker === null || !first) return turn;
  const name = { text: `${turn.speaker}:`, start: first.start, end: first.start, space: true };
  return { ...turn, words: [name, { ...first, space: true }, ...rest] };
}

/** @param {string | undefined} speaker AWS's, opaque; most often a number */
function label(speaker) {
  if (!speaker) return null;
  return /^\d+$/.test(speaker) ? `Speaker ${speaker}` : plain(speaker);
}

/** One line without control characters, which a caption would obey. @param {string} text */
function plain(text) {
  return text.replace(/(?:\p{Cc}|[^\S\ufeff])+/gu, " ").trim();
}

/** @param {string} text plain */
function letters(text) {
  return text.replaceAll(" ", "");
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
  const [hours, minutes, rest] = [Math.floor(all / 3_600_000), Math.floor(all / 60_000) % 60, Math.floor(all / 1000) % 60];
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return `${two(hours)}:${two(minutes)}:${two(rest)}${point}${String(all % 1000).padStart(3, "0")}`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
