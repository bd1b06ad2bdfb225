/** The page, wired: view, library and service meet here and nowhere else. */
import { toJson, toSrt, toText, toVtt } from "../scribepass/captions.js";
import { languagesFor, lockedFor, offered, searched, UNKNOWN } from "./catalogue.js";
import { createCredentials } from "./credentials.js";
import { contradiction, explained, NO_COPY, NO_FILE, UNKNOWN_CALLER, wantsCaller, WHO } from "./faults.js";
import { follow } from "./follow.js";
import { conflicts } from "./parameters.js";
import { createPlayer } from "./player.js";
import { askCatalogue, locate } from "./service.js";
import { readSettings, writeSettings } from "./settings.js";
import { joined, Take } from "./take.js";
import { createView } from "./view.js";

/** @typedef {import("./settings.js").Settings} Settings */

const FORMATS = { txt: toText, srt: toSrt, vtt: toVtt, json: toJson };

let settings = readSettings(() => localStorage);
let catalogue = UNKNOWN;
let base = new URL(".", location.href);
/** @type {File | null} */
let file = null;
/** @type {MediaDeviceInfo[]} */
let devices = [];
/** One for each start, the newest last. @type {Take[]} */
const takes = [];
const credentials = createCredentials();
const player = createPlayer((recording, time) => {
  view.showPlaying(recording && takes.findIndex((take) => take.recording === recording), time);
});
const view = createView({
  onToggle() {
    const current = takes.at(-1)?.transcriber;
    if (!current || current.state === "idle") begin();
    else if (["streaming", "reconnecting", "paused"].includes(current.state)) current.stop();
    else current.abort();
  },
  onChange: change,
  onDevices: listDevices,
  onSecret(kind, secret) {
    const usable = credentials.set(kind, secret);
    if (usable) loadCatalogue();
    return usable;
  },
  onForget() {
    credentials.forget();
    loadCatalogue();
  },
  onPlay(number, from, to) {
    const take = takes[number];
    if (take && !player.play(take.recording, from, take.live ? to : Infinity)) {
      view.setStatus("That sound is no longer kept.");
    }
  },
  onQuiet: () => player.stop(),
  onRefused: () => view.showFault(NO_COPY),
  search: (text) => searched(languagesFor(settings, catalogue), text),
  write: (format) => FORMATS[format](joined(takes)),
  figures: () => takes.at(-1)?.figures() ?? [["Session", "None yet: press Start."]],
});

addEventListener("pagehide", () => takes.at(-1)?.transcriber.abort());
navigator.mediaDevices?.addEventListener("devicechange", listDevices);
show();
locate(location.href).then((found) => {
  base = found;
  loadCatalogue();
});

/** A new take, in the same turn as the click that asked for it. */
async function begin() {
  player.stop();
  const wrong = conflicts(settings);
  if (wrong.length) return view.showFault(contradiction(wrong, view.settings.open));
  if (settings.source === "file" && !file) return view.showFault(NO_FILE);
  const service = { presign: new URL("presign", base).href, headers: credentials.headers };
  const take = new Take(settings, catalogue, service, { file, devices: devices.map(({ deviceId }) => deviceId) });
  const title = `${language().name} · ${now()}`;
  const lang = settings.identification === "off" ? settings.language : "";
  takes.push(take);
  view.showFault(null);
  view.showBanner("");
  view.setElapsed(0);
  const onStreaming = () => {
    view.transcript.begin(title, lang);
    view.captions.begin();
    listDevices();
  };
  follow(take, view, { onStreaming, onError: explain });
  try {
    await take.transcriber.start(take.source);
  } catch (error) {
    explain(error);
  }
}

/** @param {Partial<Settings> & { file?: File | null }} wished */
function change({ file: chosen, ...wished }) {
  if (chosen) file = chosen;
  settings = offered({ ...settings, ...wished }, catalogue);
  writeSettings(() => localStorage, settings);
  show();
}

function show() {
  const { operations, regions, default_region: defaultRegion, defaults } = catalogue;
  const locked = lockedFor(settings, catalogue);
  const languages = languagesFor(settings, catalogue);
  view.showTheme(settings.theme);
  view.showLanguage(language(), isIdentified());
  view.sources.show({ source: settings.source, device: settings.device, file });
  view.captions.configure(settings);
  view.settings.show({
    ...{ settings, operations, regions, defaultRegion, languages, locked },
    ...{ defaults: defaults[settings.operation] ?? {}, conflicts: conflicts(settings) },
  });
}

function isIdentified() {
  return settings.identification !== "off" && settings.operation !== "medical";
}

/** As the picker shows it. */
function language() {
  if (isIdentified()) return { code: "", name: settings.options.join(" or ") || "To be found out" };
  const found = languagesFor(settings, catalogue).find(({ code }) => code === settings.language);
  return found ?? { code: settings.language, name: settings.language };
}

/**
 * What this page can ask for. A service that refuses the list will refuse the ticket too, and then says why; until
 * then the page keeps what it has.
 */
async function loadCatalogue() {
  view.signIn.show(credentials.present);
  try {
    const { status, catalogue: found } = await askCatalogue(base, credentials.headers());
    if (status === 401) view.signIn.open(credentials.present ? UNKNOWN_CALLER : WHO);
    if (!found) return;
    catalogue = found;
    settings = offered(settings, catalogue);
    show();
  } catch (error) {
    explain(error);
  }
}

async function listDevices() {
  try {
    devices = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "audioinput");
    view.sources.showDevices(devices, settings.device);
  } catch {
    // An insecure page has none; Start says so.
  }
}

/** @param {unknown} error */
function explain(error) {
  const fault = explained(error);
  if (fault) view.showFault(fault);
  if (wantsCaller(error)) view.signIn.open(credentials.present ? UNKNOWN_CALLER : WHO);
}

function now() {
  return new Date().toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
}
