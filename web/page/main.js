/** The page, wired: view, library and service meet here and nowhere else. */
import { microphone, plainText, ScribepassError, spans, Transcriber } from "../scribepass/index.js";
import { createView } from "./view.js";

/**
 * @typedef {import("../scribepass/types.d.ts").TranscriberState} TranscriberState
 * @typedef {{ code: string, name: string, operations: string[], regions: string[] }} Language
 */

/** A microphone in a quiet room has -60 dBFS and more; one that is muted has -100. */
const SILENCE = -75;
const SILENT_CHUNKS = 30;
const COPIED_MS = 1_500;

/** @type {Record<TranscriberState, string>} */
const WORDS = {
  idle: "Stopped",
  opening: "Waiting for the microphone. Allow it if the browser asks.",
  connecting: "Connecting…",
  streaming: "Listening",
  draining: "Waiting for the last words…",
};
const UNHEARD = "Listening, but there is no sound. Is the microphone muted?";

const view = createView(spans);
/** One for each take, the newest last. @type {Transcriber[]} */
const takes = [];

view.onToggle(() => {
  const current = takes.at(-1);
  if (!current || current.state === "idle") begin();
  else if (current.state === "streaming") current.stop();
  else current.abort();
});
view.onCopy(copy);
addEventListener("pagehide", () => takes.at(-1)?.abort());
loadLanguages();

/** A new take, in the same turn as the click that asked for it. */
async function begin() {
  const { code, name } = view.language;
  const transcriber = new Transcriber({ presign: "presign", language: code });
  takes.push(transcriber);
  view.showFault(null);
  view.setElapsed(0);
  follow(transcriber, () => view.beginTake(`${name} · ${now()}`, code));
  try {
    await transcriber.start(microphone());
  } catch (error) {
    explain(error);
  }
}

/** @param {Transcriber} transcriber @param {() => void} onStreaming */
function follow(transcriber, onStreaming) {
  let chunks = 0;
  let silent = 0;
  let streamed = false;
  transcriber.addEventListener("state", ({ state }) => {
    view.setState(state, state === "idle" && !streamed ? "Ready" : WORDS[state]);
    if (state === "streaming") onStreaming();
    streamed ||= state === "streaming";
    if (state === "idle" && streamed && !transcriber.transcript.segments.length) view.setHint("No words were heard.");
  });
  transcriber.addEventListener("transcript", ({ transcript }) => view.showTranscript(transcript));
  transcriber.addEventListener("error", ({ error }) => explain(error));
  transcriber.addEventListener("level", ({ level }) => {
    chunks += 1;
    silent = level.peak > SILENCE ? 0 : silent + 1;
    view.setLevel(level);
    view.setElapsed(chunks / 10);
    if (transcriber.state === "streaming") view.setStatus(silent < SILENT_CHUNKS ? WORDS.streaming : UNHEARD);
  });
}

/** @param {unknown} error */
function explain(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  if (error instanceof ScribepassError) return view.showFault(error);
  const details = error instanceof Error ? [error.name] : [];
  view.showFault({ message: "This page has a fault.", details, advice: "Reload it and try again." });
}

async function copy() {
  const text = takes.map(({ transcript }) => plainText(transcript)).filter(Boolean).join("\n\n");
  try {
    await navigator.clipboard.writeText(text);
    view.setCopied("Copied");
    setTimeout(() => view.setCopied("Copy"), COPIED_MS);
  } catch {
    const advice = "Mark the text and copy it by hand.";
    view.showFault({ message: "The browser did not allow this page to copy.", details: [], advice });
  }
}

/**
 * The languages that this page can have, by name. A service that refuses the list will refuse the ticket too, and
 * then says why; until then the page keeps the language that it has.
 */
async function loadLanguages() {
  try {
    const response = await fetch("catalogue", { headers: { Accept: "application/json" } });
    if (response.ok) view.setLanguages(offered(await response.json()));
  } catch {
    view.showFault({
      message: "The service cannot be reached.",
      details: ["The list of languages could not be loaded."],
      advice: "Check the network, and that the service is running, then reload this page.",
    });
  }
}

/** @param {{ default_region: string | null, languages: Language[] }} catalogue what GET /catalogue answers */
function offered({ default_region: region, languages }) {
  return languages
    .filter(({ operations, regions }) => operations.includes("standard") && regions.includes(region))
    .sort((one, other) => one.name.localeCompare(other.name));
}

function now() {
  return new Date().toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
}
