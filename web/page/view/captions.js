/** Captions: the last lines in large type, over the whole window or the whole screen. */
import { spaced, turns } from "../../scribepass/turns.js";
import { find, make } from "./dom.js";
import { label, Voices } from "./line.js";

/**
 * @typedef {import("../../scribepass/turns.js").Turn} Turn
 * @typedef {import("../../scribepass/types.d.ts").Segment} Segment
 * @typedef {import("../../scribepass/types.d.ts").Transcript} Transcript
 */

const LINES = 12;
/** More of one line does not fit on any screen. */
const MOST_CHARACTERS = 2000;
const [SMALLEST, LARGEST] = [1, 5];

/** @type {WeakMap<Segment, Turn[]>} */
const made = new WeakMap();

/** @param {(change: { captionSize?: number, contrast?: boolean }) => void} onChange */
export function createCaptions(onChange) {
  const [dialog, lines] = [find("captions", HTMLDialogElement), find("captions-lines")];
  const [contrast, full] = [find("captions-contrast"), find("captions-full")];
  /** @type {Transcript} */
  let transcript = { segments: [], gaps: [] };
  let voices = new Voices();
  let size = 3;

  const show = () => dialog.open && lines.replaceChildren(...last(transcript, voices));
  find("open-captions").addEventListener("click", () => {
    dialog.showModal();
    show();
  });
  dialog.querySelector(".close")?.addEventListener("click", () => dialog.close());
  find("captions-smaller").addEventListener("click", () => onChange({ captionSize: Math.max(SMALLEST, size - 1) }));
  find("captions-larger").addEventListener("click", () => onChange({ captionSize: Math.min(LARGEST, size + 1) }));
  contrast.addEventListener("click", () => onChange({ contrast: contrast.ariaPressed !== "true" }));
  full.hidden = !document.fullscreenEnabled;
  full.addEventListener("click", () => {
    const done = document.fullscreenElement ? document.exitFullscreen() : find("captions-stage").requestFullscreen();
    done.catch(() => {});
  });
  document.addEventListener("fullscreenchange", () => {
    full.ariaPressed = String(document.fullscreenElement !== null);
    // Esc leaves the full screen first; it was meant for the captions.
    if (!document.fullscreenElement) dialog.close();
  });
  dialog.addEventListener("close", () => {
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
  });

  return {
    begin() {
      voices = new Voices();
      transcript = { segments: [], gaps: [] };
      show();
    },

    /** @param {Transcript} now */
    show(now) {
      transcript = now;
      show();
    },

    /** @param {{ captionSize: number, contrast: boolean }} settings */
    configure(settings) {
      size = settings.captionSize;
      dialog.style.setProperty("--size", String(size));
      dialog.toggleAttribute("data-contrast", settings.contrast);
      contrast.ariaPressed = String(settings.contrast);
      find("captions-smaller", HTMLButtonElement).disabled = size === SMALLEST;
      find("captions-larger", HTMLButtonElement).disabled = size === LARGEST;
    },
  };
}

/** Of a segment, which never changes: made once. @param {Segment} segment */
function turnsOf(segment) {
  const known = made.get(segment) ?? turns({ segments: [segment], gaps: [] });
  made.set(segment, known);
  return known;
}

/** @param {Transcript} transcript @param {Voices} voices */
function last({ segments }, voices) {
  const shown = segments.slice(-LINES).flatMap(turnsOf).slice(-LINES);
  if (!shown.length) return [make("p", { className: "hint", textContent: "Captions appear here." })];
  let before = "";
  return shown.map(({ speaker, words, segment }) => {
    const text = spaced(words)
      .slice(-MOST_CHARACTERS)
      .replace(/^[\udc00-\udfff]/, "");
    const line = make("div", { className: segment.isFinal ? "caption" : "caption open" });
    if (speaker !== null) line.dataset["voice"] = voices.number(speaker);
    if (speaker !== null && speaker !== before) line.append(label(speaker, undefined));
    before = speaker ?? "";
    line.append(make("p", { dir: "auto", textContent: text, lang: segment.languageCode ?? "" }));
    return line;
  });
}
