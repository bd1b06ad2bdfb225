/** What the service offers, as GET /catalogue says. Pure. */

/**
 * @typedef {{ code: string, name: string, operations: string[], regions: string[] }} Language
 * @typedef {Record<string, Record<string, string>>} Values by operation, then by AWS's parameter names
 * @typedef {{
 *   operations: string[],
 *   default_region: string | null,
 *   regions: string[],
 *   locked: Values,
 *   defaults: Values,
 *   languages: Language[],
 * }} Catalogue
 * @typedef {import("./settings.js").Settings} Settings
 */

/** Until the service has answered: what every service is likely to have. @type {Catalogue} */
export const UNKNOWN = {
  operations: ["standard"],
  default_region: null,
  regions: [],
  locked: {},
  defaults: {},
  languages: [{ code: "en-US", name: "English, US", operations: ["standard"], regions: [] }],
};

/**
 * An answer as a catalogue; members that are missing are empty.
 *
 * @param {Partial<Catalogue>} answer
 * @returns {Catalogue}
 */
export function readCatalogue(answer) {
  return { ...UNKNOWN, ...answer };
}

/**
 * The settings, with an operation, a region and a language that are offered.
 *
 * @param {Settings} settings
 * @param {Catalogue} catalogue
 */
export function offered(settings, catalogue) {
  const operation = pick(settings.operation, catalogue.operations) ?? settings.operation;
  const region = settings.region && catalogue.regions.includes(settings.region) ? settings.region : "";
  const codes = languagesFor({ ...settings, operation, region }, catalogue).map(({ code }) => code);
  const language = codes.includes(settings.language) ? settings.language : (pick("en-US", codes) ?? settings.language);
  return { ...settings, operation, region, language, options: settings.options.filter((code) => codes.includes(code)) };
}

/** By name. @param {Settings} settings @param {Catalogue} catalogue */
export function languagesFor({ operation, region }, catalogue) {
  const where = region || catalogue.default_region;
  return catalogue.languages
    .filter(({ operations }) => operations.includes(operation))
    .filter(({ regions }) => !where || regions.includes(where))
    .sort((one, other) => one.name.localeCompare(other.name, "en"));
}

/** What the service sets whatever is asked for. @param {Settings} settings @param {Catalogue} catalogue */
export function lockedFor({ operation }, catalogue) {
  return catalogue.locked[operation] ?? {};
}

/**
 * Those that a search finds: every word of it begins a word of the name or of the code. Accents and case do not
 * matter. First come those whose name begins so: Welsh before Welsh English.
 *
 * @param {readonly Language[]} languages
 * @param {string} search
 */
export function searched(languages, search) {
  const wanted = folded(search).split(" ").filter(Boolean);
  const later = ({ name = "" }) => Number(!folded(name).startsWith(wanted[0] ?? ""));
  return languages
    .filter(({ code, name }) => {
      const words = [...folded(name).split(" "), folded(code)];
      return wanted.every((start) => words.some((word) => word.startsWith(start)));
    })
    .sort((one, other) => later(one) - later(other));
}

/** @param {string} text */
function folded(text) {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}-]+/gu, " ")
    .trim();
}

/** @param {string} wanted @param {readonly string[]} values */
function pick(wanted, values) {
  return values.includes(wanted) ? wanted : values[0];
}
