/**
 * Results out of the bodies of events: AWS's PascalCase to ours, two kinds of stream to one shape. Pure.
 *
 * https://docs.aws.amazon.com/transcribe/latest/APIReference/API_streaming_Result.html
 */
import { RemoteProtocolError } from "./errors.js";

/**
 * @typedef {import("./types.d.ts").Category} Category
 * @typedef {import("./types.d.ts").Item} Item
 * @typedef {import("./types.d.ts").Result} Result
 * @typedef {Record<string, unknown>} Body
 */

const RESULT = { channelId: "string", languageCode: "string", participantRole: "string", sentiment: "string" };
const ITEM = { confidence: "number", speaker: "string", stable: "boolean", vocabularyFilterMatch: "boolean" };
const ENTITY = { category: "string", type: "string", content: "string", confidence: "number" };

/** @param {unknown} value @returns {value is Body} */
export function isBody(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The body of a TranscriptEvent. @param {Body} body @returns {Result[]} */
export function readTranscript({ Transcript: transcript }) {
  if (!isBody(transcript)) throw new RemoteProtocolError("payload", "no Transcript");
  return list(transcript, "Results").map(readResult);
}

/** The body of a CategoryEvent. @param {Body} body @returns {Category} */
export function readCategory(body) {
  const names = body["MatchedCategories"] ?? [];
  const details = body["MatchedDetails"] ?? {};
  if (!Array.isArray(names) || !isBody(details)) throw new RemoteProtocolError("payload", "no categories");
  const ranges = Object.entries(details).map(([phrase, detail]) => [
    phrase,
    list(isBody(detail) ? detail : {}, "TimestampRanges").map(times),
  ]);
  return { matchedCategories: names.map(String), matchedDetails: Object.fromEntries(ranges) };
}

/**
 * A result; or an UtteranceEvent's body, which is one with other names and has its alternative in itself.
 *
 * @param {Body} body
 * @returns {Result}
 */
export function readResult(body) {
  const isUtterance = "UtteranceId" in body;
  return {
    resultId: text(body, isUtterance ? "UtteranceId" : "ResultId"),
    ...times(body),
    isPartial: body["IsPartial"] === true,
    alternatives: (isUtterance ? [body] : list(body, "Alternatives")).map((alternative) => ({
      transcript: text(alternative, "Transcript", ""),
      items: list(alternative, "Items").map(readItem),
      ...some("entities", list(alternative, "Entities").map(readEntity)),
    })),
    ...those(body, RESULT),
    ...some("languageIdentification", list(body, "LanguageIdentification").map(readGuess)),
    ...some("issues", list(body, "IssuesDetected").map(readIssue)),
  };
}

/** @param {Body} body @returns {Item} */
function readItem(body) {
  return {
    content: text(body, "Content", ""),
    type: text(body, "Type", "pronunciation"),
    ...times(body),
    ...those(body, ITEM),
  };
}

/** @param {Body} body @returns {import("./types.d.ts").Entity} */
function readEntity(body) {
  return { ...times(body), ...those(body, ENTITY) };
}

/** @param {Body} body */
function readGuess(body) {
  return { languageCode: text(body, "LanguageCode"), score: number(body, "Score") };
}

/** @param {Body} body */
function readIssue({ CharacterOffsets: offsets }) {
  const body = isBody(offsets) ? offsets : {};
  return { begin: number(body, "Begin"), end: number(body, "End") };
}

/** In seconds, which is what a transcript has; a call has milliseconds. @param {Body} body */
function times(body) {
  return "BeginOffsetMillis" in body
    ? { startTime: number(body, "BeginOffsetMillis") / 1000, endTime: number(body, "EndOffsetMillis") / 1000 }
    : { startTime: number(body, "StartTime"), endTime: number(body, "EndTime") };
}

/** A member that is there if anything was found. @param {string} name @param {object[]} found */
function some(name, found) {
  return found.length ? { [name]: found } : {};
}

/** @param {Body} body @param {string} name @param {string} [fallback] */
export function text(body, name, fallback) {
  const value = body[name] ?? fallback;
  if (typeof value !== "string") throw new RemoteProtocolError("payload", `no ${name}`);
  return value;
}

/** @param {Body} body @param {string} name */
function number(body, name) {
  const value = body[name];
  if (typeof value !== "number") throw new RemoteProtocolError("payload", `no ${name}`);
  return value;
}

/** An array of objects; absent is empty. @param {Body} body @param {string} name @returns {Body[]} */
function list(body, name) {
  const value = body[name] ?? [];
  if (!Array.isArray(value) || !value.every(isBody)) throw new RemoteProtocolError("payload", `no ${name}`);
  return value;
}

/** What may be absent, by our names; of another type counts as absent. @param {Body} body @param {Record<string, string>} members */
function those(body, members) {
  const found = Object.entries(members).flatMap(([name, type]) => {
    const value = body[name.replace(/^./, (letter) => letter.toUpperCase())];
    return typeof value === type ? [[name, value]] : [];
  });
  return Object.fromEntries(found);
}
