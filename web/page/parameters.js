/**
 * From settings to what a ticket is asked for, and what cannot be asked for together. Pure.
 *
 * The rules are those of the streaming API reference; the service has them all (transcribe/rules.py) and says so
 * too, but later.
 */
import { FIELD_OF, FIELDS } from "./choices.js";
import { lockedFor } from "./catalogue.js";

/**
 * @typedef {import("./catalogue.js").Catalogue} Catalogue
 * @typedef {import("./settings.js").Settings} Settings
 * @typedef {Record<string, string | boolean>} Parameters by AWS's names
 * @typedef {{ field: string, message: string }} Conflict
 */

const NAME = /^[0-9a-zA-Z._-]{1,200}$/;
const NAMES = /^[0-9a-zA-Z._-]+(,[0-9a-zA-Z._-]+)*$/;
const MOST_OPTIONS = 200;

/** Only what the operation has; the rest is remembered, and does not count. @param {Settings} settings */
function inForce(settings) {
  const has = new Set(FIELDS[settings.operation]);
  const identification = has.has("identification") ? settings.identification : "off";
  return {
    ...settings,
    identification: settings.operation === "call-analytics" && identification === "several" ? "one" : identification,
    speakers: settings.speakers && has.has("speakers"),
    channels: settings.channels && has.has("channels"),
    filter: has.has("filter") ? settings.filter.trim() : "",
    vocabulary: settings.vocabulary.trim(),
    pii: settings.operation === "medical" && settings.pii === "redact" ? "label" : settings.pii,
    piiTypes: has.has("piiTypes") ? settings.piiTypes : [],
    stability: has.has("stability") ? settings.stability : "off",
  };
}

/** Whether the source has to give two channels. @param {Settings} settings @param {Catalogue} catalogue */
export function isStereo(settings, catalogue) {
  const locked = lockedFor(settings, catalogue)["enable-channel-identification"];
  if (locked !== undefined) return locked === "true";
  return settings.operation === "call-analytics" || inForce(settings).channels;
}

/**
 * What a transcriber is made with. Of two channels it sets the parameters itself.
 *
 * @param {Settings} settings
 * @param {Catalogue} catalogue
 */
export function requestFor(settings, catalogue) {
  const { operation, region, language, agent } = settings;
  const { "language-code": fixed, ...locked } = lockedFor(settings, catalogue);
  const taken = new Set(Object.keys(locked).map((name) => FIELD_OF[name] ?? name));
  const chosen = Object.entries(parametersFor(inForce(settings))).filter(
    ([name]) => !taken.has(FIELD_OF[name] ?? name),
  );
  const roles = agent === "0" ? ["AGENT", "CUSTOMER"] : ["CUSTOMER", "AGENT"];
  return {
    operation: /** @type {"standard" | "medical" | "call-analytics"} */ (operation),
    language: fixed ?? language,
    ...(region && { region }),
    parameters: /** @type {Parameters} */ ({ ...Object.fromEntries(chosen), ...locked }),
    ...(operation === "call-analytics" && {
      configuration: {
        ChannelDefinitions: roles.map((ParticipantRole, ChannelId) => ({ ChannelId, ParticipantRole })),
      },
    }),
  };
}

/** @param {ReturnType<typeof inForce>} settings @returns {Parameters} */
function parametersFor(settings) {
  const { operation, identification, vocabulary, filter, pii, stability } = settings;
  const s = identification === "off" ? "" : "s";
  return {
    ...(operation === "medical" && { specialty: settings.specialty, type: settings.type }),
    ...(identification !== "off" && {
      [identification === "one" ? "identify-language" : "identify-multiple-languages"]: true,
      "language-options": settings.options.join(","),
      ...(settings.preferred && identification === "one" && { "preferred-language": settings.preferred }),
    }),
    ...(settings.speakers && { "show-speaker-label": true }),
    ...(vocabulary && { [`vocabulary-name${s}`]: vocabulary }),
    ...(filter && { [`vocabulary-filter-name${s}`]: filter, "vocabulary-filter-method": settings.filterMethod }),
    ...(pii === "label" && { "content-identification-type": operation === "medical" ? "PHI" : "PII" }),
    ...(pii === "redact" && { "content-redaction-type": "PII" }),
    ...(pii !== "off" && settings.piiTypes.length && { "pii-entity-types": settings.piiTypes.join(",") }),
    ...(stability !== "off" && {
      "enable-partial-results-stabilization": true,
      "partial-results-stability": stability,
    }),
  };
}

/**
 * What does not go together, each at the setting that should change.
 *
 * @param {Settings} settings
 * @returns {Conflict[]}
 */
export function conflicts(settings) {
  const now = inForce(settings);
  const identifies = now.identification !== "off";
  /** @type {[field: string, isBroken: boolean, message: string][]} */
  const rules = [
    ["options", identifies && now.options.length < 2, "Choose at least two languages that may be spoken."],
    [
      "options",
      identifies && hasTwoDialects(now.options),
      "Only one dialect of each language: not both en-GB and en-US.",
    ],
    ["options", now.options.join(",").length > MOST_OPTIONS, "These are too many languages to choose from."],
    [
      "preferred",
      now.identification === "one" && now.preferred !== "" && !now.options.includes(now.preferred),
      "The likeliest language must be one of those that may be spoken.",
    ],
    ["speakers", now.speakers && now.channels, "Speakers or channels, not both: Transcribe tells either apart."],
    [
      "pii",
      now.operation === "standard" && now.pii === "redact" && now.identification === "one",
      "Personal data cannot be replaced while the language is being found out. Mark it, or choose the language.",
    ],
    ["vocabulary", !isName(now.vocabulary, identifies), nameRule(identifies)],
    ["filter", !isName(now.filter, identifies), nameRule(identifies)],
  ];
  return rules.filter(([, isBroken]) => isBroken).map(([field, , message]) => ({ field, message }));
}

/** @param {readonly string[]} codes */
function hasTwoDialects(codes) {
  return new Set(codes.map((code) => code.split("-")[0])).size < codes.length;
}

/** @param {string} text empty is none @param {boolean} several */
function isName(text, several) {
  return text === "" || (several ? NAMES : NAME).test(text);
}

/** @param {boolean} several */
function nameRule(several) {
  const signs = "letters, digits, dots, hyphens and underscores";
  return several ? `Names of ${signs}, with commas between them and no spaces.` : `A name has ${signs} only.`;
}
