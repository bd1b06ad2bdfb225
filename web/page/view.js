/**
 * What is seen: with view/, the only user of `document`. Text reaches the page as text, never as markup.
 */
import { createCaptions } from "./view/captions.js";
import { createCombobox } from "./view/combobox.js";
import { createDetails } from "./view/details.js";
import { clock, find, say } from "./view/dom.js";
import { createMeter } from "./view/meter.js";
import { showBanner, showFault } from "./view/notice.js";
import { createSave } from "./view/save.js";
import { createSettings } from "./view/settings.js";
import { createSignIn } from "./view/sign-in.js";
import { createSources } from "./view/sources.js";
import { TranscriptView } from "./view/transcript.js";

/**
 * @typedef {import("./settings.js").Settings} Settings
 * @typedef {import("../scribepass/types.d.ts").TranscriberState} TranscriberState
 * @typedef {import("./view/combobox.js").Choice} Choice
 * @typedef {{
 *   onToggle: () => void,
 *   onChange: (change: Partial<Settings> & { file?: File | null }) => void,
 *   onDevices: () => void,
 *   onSecret: (kind: import("./credentials.js").Kind, secret: string) => boolean,
 *   onForget: () => void,
 *   onPlay: (take: number, from: number, to: number) => void,
 *   onQuiet: () => void,
 *   onRefused: () => void,
 *   search: (text: string) => Choice[],
 *   write: (format: import("./view/save.js").Format) => string,
 *   figures: () => import("./view/details.js").Figures,
 * }} Wishes what the page does when something is wished
 */

/** A second click or key that comes so soon was meant for what the button said before. */
const SETTLED_MS = 400;
const THEMES = /** @type {const} */ (["auto", "light", "dark"]);
const THEME_WORDS = { auto: "as the system", light: "light", dark: "dark" };

/** What pressing the button does. @type {Record<TranscriberState, string>} */
const LABELS = {
  idle: "Start",
  opening: "Cancel",
  connecting: "Cancel",
  streaming: "Stop",
  reconnecting: "Stop",
  paused: "Stop",
  draining: "End now",
};

/** @param {Wishes} wishes */
export function createView(wishes) {
  const language = createCombobox({ field: "language", list: "languages" }, wishes.search, ({ code }) =>
    wishes.onChange({ language: code }),
  );
  const transcript = new TranscriptView();
  const captions = createCaptions(wishes.onChange);
  const settingsPanel = createSettings(wishes.onChange);
  const sources = createSources(wishes.onChange, wishes.onDevices);
  const setLevel = createMeter();
  createDetails(wishes.figures);
  transcript.onPlay(wishes.onPlay);
  onToggle(wishes.onToggle);
  find("quieten").addEventListener("click", wishes.onQuiet);
  find("theme").addEventListener("click", () => {
    const at = THEMES.findIndex((theme) => theme === document.documentElement.dataset["theme"]);
    wishes.onChange({ theme: THEMES[(Math.max(at, 0) + 1) % THEMES.length] ?? "auto" });
  });

  return {
    transcript,
    captions,
    sources,
    settings: settingsPanel,
    signIn: createSignIn(wishes.onSecret, wishes.onForget),
    setSavable: createSave(wishes.write, wishes.onRefused),
    setLevel,
    showFault,
    showBanner,

    /** @param {Choice} choice @param {boolean} disabled */
    showLanguage: (choice, disabled) => language.show(choice, disabled),

    /** @param {string} theme */
    showTheme(theme) {
      document.documentElement.dataset["theme"] = theme;
      const words = `Appearance: ${THEME_WORDS[/** @type {keyof typeof THEME_WORDS} */ (theme)]}`;
      find("theme").ariaLabel = find("theme").title = words;
    },

    /** @param {TranscriberState} state @param {string} words */
    setState(state, words) {
      document.body.dataset["state"] = state;
      find("toggle-label").textContent = LABELS[state];
      sources.setBusy(state !== "idle");
      this.setStatus(words);
      if (state === "idle") setLevel(null);
    },

    /** @param {string} words */
    setStatus: (words) => say(find("status"), words),

    /** Beside the status, and not read out: it changes each second. @param {string} words */
    setCountdown: (words) => say(find("countdown"), words),

    /** @param {number} seconds */
    setElapsed: (seconds) => say(find("elapsed"), clock(seconds)),

    /** @param {number | null} take @param {number} time */
    showPlaying(take, time) {
      find("quieten").hidden = take === null;
      transcript.playing(take, time);
    },
  };
}

/** @param {() => void} listener */
function onToggle(listener) {
  const toggle = find("toggle", HTMLButtonElement);
  let changed = -Infinity;
  toggle.addEventListener("click", ({ timeStamp }) => {
    if (timeStamp - changed < SETTLED_MS) return;
    changed = timeStamp;
    listener();
  });
  // A key that is held down would press again and again.
  toggle.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
}
