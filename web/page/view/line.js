/** A segment as lines: who, when, and the words, each with its time. */
import { gapText } from "../../scribepass/captions.js";
import { turns } from "../../scribepass/turns.js";
import { clock, make } from "./dom.js";

/**
 * @typedef {import("../../scribepass/turns.js").Turn} Turn
 * @typedef {import("../../scribepass/turns.js").Word} Word
 * @typedef {import("../../scribepass/types.d.ts").Gap} Gap
 * @typedef {import("../../scribepass/types.d.ts").Segment} Segment
 * @typedef {{ from: number, to: number, element: HTMLElement }} Place of a word in time
 */

/** Below this a word is marked: of pocketsphinx's words, right ones have 0.79 on average, wrong ones 0.43. */
const UNSURE = 0.5;
const VOICES = 8;
/** @type {Record<string, string>} */
const NAMES = { ch_0: "Left channel", ch_1: "Right channel", AGENT: "Agent", CUSTOMER: "Customer" };

/** The voices of a take, numbered as they come. */
export class Voices {
  /** @type {Map<string, number>} */
  #numbers = new Map();

  /** @param {string} name */
  number(name) {
    if (!this.#numbers.has(name)) this.#numbers.set(name, this.#numbers.size % VOICES);
    return String(this.#numbers.get(name));
  }
}

/**
 * @param {Segment} segment
 * @param {Voices} voices
 * @param {string} before who spoke last: a name is said once
 */
export function finalLines(segment, voices, before) {
  const group = make("div", { className: "segment" });
  group.dataset["id"] = segment.id;
  /** @type {Place[]} */
  const places = [];
  let last = before;
  for (const turn of turns({ segments: [segment], gaps: [] })) {
    const who = `${turn.speaker ?? ""} ${segment.languageCode ?? ""}`;
    const start = turn.words[0]?.start ?? segment.startTime;
    const words = make(
      "p",
      { className: "said", dir: "auto", lang: segment.languageCode ?? "" },
      ...said(turn, places),
    );
    if (!segment.languageCode) words.removeAttribute("lang");
    words.dataset["final"] = "";
    group.append(line(turn, voices, who === last, time(start), words));
    last = who;
  }
  group.dataset["who"] = last;
  return { group, places };
}

/** @param {Segment} segment @param {Voices} voices */
export function partialLine(segment, voices) {
  const [turn] = turns({ segments: [segment], gaps: [] });
  const at = make("span", { className: "at", textContent: clock(segment.startTime), ariaHidden: "true" });
  const words = make("p", { className: "said", dir: "auto", textContent: segment.text });
  const whole = turn ?? { speaker: null, segment, words: [] };
  const element = line(whole, voices, whole.speaker === null && !segment.languageCode, at, words);
  element.classList.add("partial");
  return element;
}

/** What was said and not heard. @param {Gap} gap @param {string} id */
export function gapLine(gap, id) {
  const element = make("p", { className: "lacking", textContent: gapText(gap) });
  element.dataset["id"] = id;
  return element;
}

/**
 * @param {Turn} turn
 * @param {Voices} voices
 * @param {boolean} unnamed
 * @param {HTMLElement} at
 * @param {HTMLElement} words
 */
function line({ speaker, segment }, voices, unnamed, at, words) {
  const element = make("div", { className: "line" });
  if (speaker !== null) element.dataset["voice"] = voices.number(speaker);
  if (!unnamed && (speaker !== null || segment.languageCode)) element.append(label(speaker, segment.languageCode));
  element.append(at, words);
  return element;
}

/** @param {string | null} speaker @param {string | undefined} language */
export function label(speaker, language) {
  const who = make("p", { className: "who" });
  if (speaker !== null) who.append(make("bdi", { className: "name", textContent: NAMES[speaker] ?? speaker }));
  if (language) who.append(make("bdi", { className: "tongue", textContent: language }));
  return who;
}

/** @param {number} seconds */
function time(seconds) {
  const button = make("button", { className: "at", type: "button", tabIndex: -1, textContent: clock(seconds) });
  button.ariaLabel = `Play from ${clock(seconds)}`;
  button.dataset["from"] = String(seconds);
  return button;
}

/** The words as elements, what is personal together under its kind. @param {Turn} turn @param {Place[]} places */
function said({ words, segment }, places) {
  /** @type {(Node | string)[]} */
  const nodes = [];
  let last;
  let kept = null;
  for (const word of words) {
    const space = word.space && nodes.length ? " " : "";
    const entity = segment.entities?.find(({ startTime, endTime }) => overlaps(word, startTime, endTime));
    const element = wordElement(word, places);
    if (entity && entity === last && kept) kept.append(space, element);
    else if (entity) nodes.push(space, (kept = marked(entity.type ?? entity.category ?? "", element)));
    else nodes.push(space, element);
    last = entity;
  }
  return nodes;
}

/** @param {Word} word @param {number} start @param {number} end */
function overlaps(word, start, end) {
  const middle = (word.start + word.end) / 2;
  return start <= middle && middle <= end;
}

/** @param {string} kind @param {HTMLElement} element */
function marked(kind, element) {
  const mark = make("span", { className: "private", title: `Personal data: ${kind}` }, element);
  mark.dataset["kind"] = kind.replaceAll("_", " ");
  return mark;
}

/** @param {Word} word @param {Place[]} places */
function wordElement({ text, start, end, confidence = 1 }, places) {
  const element = make("span", { className: "word", textContent: text });
  element.dataset["from"] = String(start);
  if (confidence < UNSURE) {
    element.classList.add("unsure");
    element.title = `Not sure: ${Math.round(100 * confidence)} %`;
  }
  places.push({ from: start, to: end, element });
  return element;
}
