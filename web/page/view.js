/**
 * What is seen: the only user of `document`. Text reaches the page as text, never as markup.
 *
 * Announced by screen readers, politely: the state, and lines when they are final. Words that may still change
 * are not: hearing each guess would bury the result.
 */

/**
 * @typedef {import("../scribepass/types.d.ts").Level} Level
 * @typedef {import("../scribepass/types.d.ts").Segment} Segment
 * @typedef {import("../scribepass/types.d.ts").Transcript} Transcript
 * @typedef {import("../scribepass/types.d.ts").TranscriberState} TranscriberState
 * @typedef {{ text: string, confidence?: number }} Span
 * @typedef {{ message: string, details: readonly string[], advice: string }} Fault
 */

/** Below this a word is marked: of pocketsphinx's words, right ones have 0.79 on average, wrong ones 0.43. */
const UNSURE = 0.5;
const BARS = 56;
/** What the meter shows as nothing and as full, in dBFS. */
const [QUIET, LOUD] = [-60, -12];
/** So near to its end a reader follows the text. */
const FOLLOWING_PX = 96;
/** A second click or key that comes so soon was meant for what the button said before. */
const SETTLED_MS = 400;

/** What pressing the button does. @type {Record<TranscriberState, string>} */
const LABELS = {
  idle: "Start",
  opening: "Cancel",
  connecting: "Cancel",
  streaming: "Stop",
  draining: "End now",
};

/** @param {(segment: Segment) => Span[]} spans how a final line is divided into words */
export function createView(spans) {
  const [toggle, copy] = [find("toggle", HTMLButtonElement), find("copy", HTMLButtonElement)];
  const language = find("language", HTMLSelectElement);
  const [takes, partial, paper] = [find("takes"), find("partial"), find("paper")];
  // In a low window the page scrolls, else the paper alone.
  const scroller = () => (getComputedStyle(paper).overflowY === "visible" ? document.documentElement : paper);
  const belowSight = () => scroller().scrollHeight - scroller().scrollTop - scroller().clientHeight;
  const showEnd = () => scroller().scrollTo({ top: scroller().scrollHeight });
  const bars = Array.from({ length: BARS }, () => make("i"));
  find("meter").append(...bars);
  /** @type {number[]} */
  const levels = bars.map(() => 0);

  return {
    /** @param {() => void} listener */
    onToggle(listener) {
      let changed = -Infinity;
      toggle.addEventListener("click", ({ timeStamp }) => {
        if (timeStamp - changed < SETTLED_MS) return;
        changed = timeStamp;
        listener();
      });
      // A key that is held down would press again and again.
      toggle.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
    },
    /** @param {() => void} listener */
    onCopy: (listener) => copy.addEventListener("click", listener),

    /** The chosen language: its code, and its name as it stands in the list. */
    get language() {
      return { code: language.value, name: language.selectedOptions[0]?.label ?? language.value };
    },

    /** Fills the list; what was chosen stays chosen. @param {{ code: string, name: string }[]} languages */
    setLanguages(languages) {
      const chosen = language.value;
      language.replaceChildren(...languages.map(({ code, name }) => new Option(name, code, false, code === chosen)));
    },

    /** @param {TranscriberState} state @param {string} words */
    setState(state, words) {
      document.body.dataset["state"] = state;
      find("toggle-label").textContent = LABELS[state];
      language.disabled = state !== "idle";
      this.setStatus(words);
      if (state === "idle") this.setLevel(null);
    },

    /** @param {string} words */
    setStatus(words) {
      const status = find("status");
      if (status.textContent !== words) status.textContent = words;
    },

    /** @param {number} seconds */
    setElapsed(seconds) {
      find("elapsed").textContent = clock(seconds);
    },

    /** The last seconds as bars, the newest at the right; null empties them. @param {Level | null} level */
    setLevel(level) {
      if (level) levels.push(Math.min(1, Math.max(0, (level.rms - QUIET) / (LOUD - QUIET))));
      else levels.fill(0);
      levels.splice(0, levels.length - BARS);
      bars.forEach((bar, at) => bar.style.setProperty("--level", (levels[at] ?? 0).toFixed(2)));
    },

    /** A heading under which the next lines stand. @param {string} title @param {string} lang */
    beginTake(title, lang) {
      // Words of the take before that never became final: still what was heard, and still marked as a guess.
      takes.lastElementChild?.append(...partial.children);
      const take = make("section", { className: "take", lang });
      take.append(make("h2", { textContent: title, lang: document.documentElement.lang }));
      takes.append(take);
      partial.lang = lang;
      find("empty").hidden = true;
      this.setHint("Speak now.");
      showEnd();
    },

    /** Words of this page where the next words would stand, until there are some. @param {string} words */
    setHint(words) {
      partial.replaceChildren(make("p", { className: "hint", textContent: words }));
    },

    /** The last take as it is by now. @param {Transcript} transcript */
    showTranscript({ segments }) {
      const following = belowSight() < FOLLOWING_PX;
      const take = takes.lastElementChild;
      if (take) showFinals(take, segments.filter((segment) => segment.isFinal), spans);
      partial.replaceChildren(...segments.filter((segment) => !segment.isFinal).map(partialLine));
      copy.disabled &&= segments.length === 0;
      if (following) showEnd();
    },

    /** @param {string} words on the button, for as long as they are true */
    setCopied(words) {
      copy.textContent = words;
    },

    /** What went wrong, or nothing any more. @param {Fault | null} fault */
    showFault(fault) {
      find("notice").replaceChildren(...(fault ? notice(fault) : []));
    },
  };
}

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [type]
 */
function find(id, type) {
  const found = document.getElementById(id);
  if (!found || (type && !(found instanceof type))) throw new Error(`index.html has no such #${id}`);
  return /** @type {T} */ (found);
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} [members]
 */
function make(tag, members = {}) {
  return Object.assign(document.createElement(tag), members);
}

/**
 * Adds the lines that are new, where they belong. Those that stand there stay: a line that is written again would
 * be read out again.
 *
 * @param {Element} take
 * @param {Segment[]} finals
 * @param {(segment: Segment) => Span[]} spans
 */
function showFinals(take, finals, spans) {
  let last = take.firstElementChild;
  for (const segment of finals) {
    const next = /** @type {HTMLElement | null | undefined} */ (last?.nextElementSibling);
    const line = next?.dataset["id"] === segment.id ? next : finalLine(segment, spans(segment));
    if (line !== next) last?.after(line);
    last = line;
  }
}

/** @param {Segment} segment @param {Span[]} spans */
function finalLine(segment, spans) {
  const words = make("span");
  words.dataset["final"] = "";
  words.append(...spans.map(word));
  const line = make("p", { className: "line", dir: "auto" });
  line.dataset["id"] = segment.id;
  line.append(time(segment.startTime), words);
  return line;
}

/** @param {Segment} segment */
function partialLine(segment) {
  const line = make("p", { className: "line partial", dir: "auto" });
  line.append(time(segment.startTime), make("span", { textContent: segment.text }));
  return line;
}

/** @param {number} seconds */
function time(seconds) {
  const element = make("time", { textContent: clock(seconds) });
  element.setAttribute("aria-hidden", "true");
  return element;
}

/** @param {Span} span @returns {Node} */
function word({ text, confidence = 1 }) {
  if (confidence >= UNSURE) return document.createTextNode(text);
  const title = `Not sure: ${Math.round(100 * confidence)} %`;
  return make("span", { className: "unsure", title, textContent: text });
}

/** @param {Fault} fault */
function notice({ message, details, advice }) {
  const dismiss = make("button", { type: "button", textContent: "Dismiss" });
  dismiss.addEventListener("click", () => find("notice").replaceChildren());
  const said = make("ul");
  said.append(...details.map((detail) => make("li", { textContent: detail })));
  return [
    make("h2", { textContent: message }),
    dismiss,
    ...(details.length ? [said] : []),
    ...(advice ? [make("p", { textContent: advice })] : []),
  ];
}

/** @param {number} seconds */
function clock(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
