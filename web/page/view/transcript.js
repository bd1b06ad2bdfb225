/**
 * What was said, take by take. Announced to screen readers are lines when they are final; words that may still
 * change are not: hearing each guess would bury the result.
 */
import { find, make } from "./dom.js";
import { finalLines, gapLine, partialLine, Voices } from "./line.js";
import { keepOneStop, steerable } from "./steering.js";

/**
 * @typedef {import("./line.js").Place} Place
 * @typedef {import("../../scribepass/types.d.ts").Segment} Segment
 * @typedef {import("../../scribepass/types.d.ts").Transcript} Transcript
 * @typedef {{ element: HTMLElement, voices: Voices, places: Place[] }} Take
 */

/** So near to its end a reader follows the text. */
const FOLLOWING_PX = 96;
/** Lines that stay in the region that is read out. */
const ANNOUNCED = 3;

export class TranscriptView {
  #takes = find("takes");
  #partial = find("partial");
  #paper = find("paper");
  /** @type {Take[]} */
  #all = [];
  /** @type {HTMLElement | undefined} */
  #playing;

  /** A heading under which the next lines stand. @param {string} title @param {string} lang */
  begin(title, lang) {
    // Words of the take before that never became final: still what was heard, and still marked as a guess.
    this.#takes.lastElementChild?.append(...this.#partial.children);
    const element = make("section", { className: "take", lang });
    element.append(make("h2", { textContent: title, lang: document.documentElement.lang }));
    this.#takes.append(element);
    this.#all.push({ element, voices: new Voices(), places: [] });
    this.#partial.lang = lang;
    find("empty").hidden = true;
    this.hint("Speak now.");
    this.#showEnd();
  }

  /** Words of this page where the next words would stand, until there are some. @param {string} words */
  hint(words) {
    this.#partial.replaceChildren(...(words ? [make("p", { className: "hint", textContent: words, lang: "en" })] : []));
  }

  /** The last take as it is by now. @param {Transcript} transcript */
  show({ segments, gaps }) {
    const take = this.#all.at(-1);
    if (!take) return;
    const following = this.#belowSight < FOLLOWING_PX;
    let last = take.element.firstElementChild;
    for (const { id, make: build } of this.#entries(take, segments, gaps)) {
      const next = /** @type {HTMLElement | null | undefined} */ (last?.nextElementSibling);
      const element = next?.dataset["id"] === id ? next : build(/** @type {HTMLElement | null} */ (last));
      if (element !== next) last?.after(element);
      last = element;
    }
    const open = segments.filter(({ isFinal }) => !isFinal).map((segment) => partialLine(segment, take.voices));
    if (open.length || segments.length) this.#partial.replaceChildren(...open);
    keepOneStop(this.#takes);
    if (following) this.#showEnd();
  }

  /**
   * Lines in their order. Those that stand there stay: a line that is made again would be another to a reader.
   *
   * @param {Take} take
   * @param {readonly Segment[]} segments
   * @param {Transcript["gaps"]} gaps
   * @returns {{ id: string, at: number, make: (before: HTMLElement | null) => HTMLElement }[]}
   */
  #entries(take, segments, gaps) {
    const lacks = gaps.map((gap, number) => ({
      id: `gap ${number}`,
      at: gap.at,
      make: () => gapLine(gap, `gap ${number}`),
    }));
    const finals = segments
      .filter(({ isFinal }) => isFinal)
      .map((segment) => ({
        id: segment.id,
        at: segment.startTime,
        make: (/** @type {HTMLElement | null} */ before) => this.#final(take, segment, before?.dataset["who"] ?? ""),
      }));
    return lacks.length ? [...lacks, ...finals].sort((one, other) => one.at - other.at) : finals;
  }

  /** @param {Take} take @param {Segment} segment @param {string} before */
  #final(take, segment, before) {
    const { group, places } = finalLines(segment, take.voices, before);
    take.places.push(...places);
    const log = find("log");
    const words = [...group.querySelectorAll(".who, .said")].map((each) => each.textContent).join(" ");
    log.append(make("p", { textContent: words, lang: take.element.lang, dir: "auto" }));
    while (log.children.length > ANNOUNCED) log.firstElementChild?.remove();
    return group;
  }

  /** Which word is heard, and in which take; null: none. @param {number | null} number @param {number} time */
  playing(number, time) {
    const take = number === null ? undefined : this.#all[number];
    const word = take?.places.find(({ from, to }) => from <= time && time < to)?.element;
    if (word === this.#playing) return;
    this.#playing?.classList.remove("playing");
    word?.classList.add("playing");
    this.#playing = word;
  }

  /** @param {(take: number, from: number, to: number) => void} onPlay seconds; `to` is the end of the line */
  onPlay(onPlay) {
    const play = (/** @type {Element} */ element) => {
      const number = this.#all.findIndex((take) => take.element.contains(element));
      const line = element.closest(".line");
      const ends = this.#all[number]?.places.filter((place) => line?.contains(place.element)).map(({ to }) => to) ?? [];
      const { from } = /** @type {HTMLElement} */ (element).dataset;
      if (from !== undefined) onPlay(number, Number(from), Math.max(...ends));
    };
    this.#takes.classList.add("can-play");
    this.#takes.addEventListener("click", ({ target }) => {
      const element = target instanceof Element ? target.closest(".word, button.at") : null;
      if (element && getSelection()?.isCollapsed !== false) play(element);
    });
    steerable(this.#takes, play);
  }

  // In a low window the page scrolls, else the paper alone.
  get #scroller() {
    return getComputedStyle(this.#paper).overflowY === "visible" ? document.documentElement : this.#paper;
  }

  get #belowSight() {
    return this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight;
  }

  #showEnd() {
    this.#scroller.scrollTo({ top: this.#scroller.scrollHeight });
  }
}
