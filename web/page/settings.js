/**
 * What a person has chosen, kept in the browser. Nothing secret is among it, and no address.
 *
 * What is read back may be old, or written by something else: of each member only a value of its kind counts.
 */

const KEY = "scribepass.settings";
const MOST_CHARACTERS = 3000;

/** @typedef {{ readonly [Name in keyof typeof CHOSEN]: Widened<(typeof CHOSEN)[Name]> }} Settings */
/** @template Value @typedef {Value extends boolean ? boolean : Value extends number ? number : Value} Widened */

const CHOSEN = {
  source: "microphone",
  device: "",
  operation: "standard",
  language: "en-US",
  /** Empty: the service's own. */
  region: "",
  identification: "off",
  /** @type {readonly string[]} */
  options: [],
  preferred: "",
  speakers: false,
  channels: false,
  /** The channel of the agent, in Call Analytics. */
  agent: "0",
  specialty: "PRIMARYCARE",
  type: "CONVERSATION",
  vocabulary: "",
  filter: "",
  filterMethod: "mask",
  pii: "off",
  /** Empty: all. @type {readonly string[]} */
  piiTypes: [],
  stability: "off",
  theme: "auto",
  captionSize: 3,
  contrast: false,
};

/** @type {Settings} */
export const DEFAULTS = Object.freeze(CHOSEN);

/** Values of the members that have only a few. @type {Readonly<Record<string, readonly unknown[]>>} */
const VALUES = {
  source: ["microphone", "screen", "file"],
  operation: ["standard", "medical", "call-analytics"],
  identification: ["off", "one", "several"],
  agent: ["0", "1"],
  filterMethod: ["mask", "remove", "tag"],
  pii: ["off", "label", "redact"],
  stability: ["off", "low", "medium", "high"],
  theme: ["auto", "light", "dark"],
  captionSize: [1, 2, 3, 4, 5],
};

/** @param {() => Pick<Storage, "getItem">} storage its getter throws where it is blocked @returns {Settings} */
export function readSettings(storage) {
  try {
    const found = JSON.parse(storage().getItem(KEY) ?? "{}");
    const members = Object.entries(DEFAULTS).map(([name, value]) => [name, valid(name, found?.[name], value)]);
    return /** @type {Settings} */ (Object.fromEntries(members));
  } catch {
    // Not JSON, or a browser that keeps nothing: private windows, blocked storage.
    return DEFAULTS;
  }
}

/** @param {() => Pick<Storage, "setItem">} storage @param {Settings} settings */
export function writeSettings(storage, settings) {
  try {
    storage().setItem(KEY, JSON.stringify(settings));
  } catch {
    // Full or blocked: they hold until the page is closed.
  }
}

/** @param {string} name @param {unknown} found @param {unknown} fallback */
function valid(name, found, fallback) {
  if (VALUES[name]) return VALUES[name]?.includes(found) ? found : fallback;
  if (Array.isArray(fallback)) return Array.isArray(found) && found.every(isText) ? found : fallback;
  return typeof found === typeof fallback && (typeof found !== "string" || isText(found)) ? found : fallback;
}

/** @param {unknown} value */
function isText(value) {
  return typeof value === "string" && value.length <= MOST_CHARACTERS;
}
