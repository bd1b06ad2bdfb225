/**
 * What is said on a stream: audio to Transcribe, transcripts and failures from it. Pure.
 *
 * https://docs.aws.amazon.com/transcribe/latest/APIReference/API_streaming_TranscriptResultStream.html
 */
import { RemoteProtocolError } from "./errors.js";
import { encodeFrame } from "./eventstream.js";

/**
 * @typedef {import("./types.d.ts").Item} Item
 * @typedef {import("./types.d.ts").Result} Result
 * @typedef {import("./types.d.ts").StreamEvent} StreamEvent
 * @typedef {import("./eventstream.js").Message} Message
 * @typedef {Record<string, unknown>} Body
 * @typedef {{ string: string, number: number, boolean: boolean }} Scalars
 */

/**
 * The headers of an audio event, encoded: length and name, 7 for a string, length and value, three times. Written
 * out, so that a page that only speaks does not load what encodes all ten types of header.
 */
const AUDIO_HEADERS = Uint8Array.from(
  "\x0d:content-type\x07\0\x18application/octet-stream\x0b:event-type\x07\0\x0aAudioEvent\x0d:message-type\x07\0\x05event",
  (character) => character.charCodeAt(0),
);

/**
 * The frame that carries a chunk of audio. An empty chunk is the end of the audio.
 *
 * @param {ArrayBuffer} chunk
 */
export function encodeAudio(chunk) {
  return encodeFrame(AUDIO_HEADERS, new Uint8Array(chunk));
}

/** The frame after the last one: Transcribe then says its last words and closes. */
export function encodeEndOfAudio() {
  return encodeAudio(new ArrayBuffer(0));
}

/**
 * What a message says. An event that this library does not know is `unknown`, never a fault.
 *
 * @param {Message} message
 * @returns {StreamEvent}
 * @throws {RemoteProtocolError} kind `header` or `payload`
 */
export function decodeEvent(message) {
  switch (header(message, ":message-type")) {
    case "event": {
      const name = header(message, ":event-type");
      return name === "TranscriptEvent" ? readTranscript(message) : { type: "unknown", name };
    }
    case "exception":
      return { type: "failure", kind: header(message, ":exception-type"), message: readMessage(message) };
    case "error":
      return { type: "failure", kind: header(message, ":error-code"), message: header(message, ":error-message") };
    default:
      throw new RemoteProtocolError("header", "a message of an unknown type");
  }
}

/** @param {Message} message @param {string} name */
function header(message, name) {
  const found = message.headers.get(name);
  if (found?.type !== "string") throw new RemoteProtocolError("header", `no ${name}`);
  return found.value;
}

/** @param {Message} message @returns {Body} */
function json(message) {
  try {
    const body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(message.payload));
    if (isBody(body)) return body;
  } catch {
    // Reported below: the parser's own words quote the body.
  }
  throw new RemoteProtocolError("payload", "the body is not a JSON object");
}

/** @param {unknown} value @returns {value is Body} */
function isBody(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * AWS writes `Message`, its guide also `message`. A body that cannot be read is no reason to hide the exception.
 *
 * @param {Message} message
 */
function readMessage(message) {
  try {
    const body = json(message);
    return text(body, "Message", text(body, "message", ""));
  } catch {
    return "";
  }
}

/** @param {Message} message @returns {StreamEvent} */
function readTranscript(message) {
  const transcript = json(message)["Transcript"];
  if (!isBody(transcript)) throw new RemoteProtocolError("payload", "no Transcript");
  return { type: "transcript", results: list(transcript, "Results").map(readResult) };
}

/** @param {Body} body @returns {Result} */
function readResult(body) {
  return defined({
    resultId: text(body, "ResultId"),
    startTime: number(body, "StartTime"),
    endTime: number(body, "EndTime"),
    isPartial: body["IsPartial"] === true,
    alternatives: list(body, "Alternatives").map((alternative) => ({
      transcript: text(alternative, "Transcript", ""),
      items: list(alternative, "Items").map(readItem),
    })),
    channelId: optional(body, "ChannelId", "string"),
    languageCode: optional(body, "LanguageCode", "string"),
  });
}

/** @param {Body} body @returns {Item} */
function readItem(body) {
  return defined({
    content: text(body, "Content", ""),
    type: text(body, "Type", "pronunciation"),
    startTime: number(body, "StartTime"),
    endTime: number(body, "EndTime"),
    confidence: optional(body, "Confidence", "number"),
    speaker: optional(body, "Speaker", "string"),
    stable: optional(body, "Stable", "boolean"),
    vocabularyFilterMatch: optional(body, "VocabularyFilterMatch", "boolean"),
  });
}

/** @template {object} T @param {T} members @returns {T} */
function defined(members) {
  return /** @type {T} */ (Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)));
}

/** @param {Body} body @param {string} name @param {string} [fallback] */
function text(body, name, fallback) {
  const value = body[name] ?? fallback;
  if (typeof value !== "string") throw new RemoteProtocolError("payload", `${name} is not text`);
  return value;
}

/** @param {Body} body @param {string} name */
function number(body, name) {
  const value = body[name];
  if (typeof value !== "number") throw new RemoteProtocolError("payload", `${name} is not a number`);
  return value;
}

/** An array of objects; absent is empty. @param {Body} body @param {string} name @returns {Body[]} */
function list(body, name) {
  const value = body[name] ?? [];
  if (!Array.isArray(value) || !value.every(isBody)) throw new RemoteProtocolError("payload", `${name} is not a list`);
  return value;
}

/**
 * A member that may be absent; one of another type counts as absent.
 *
 * @template {keyof Scalars} Type
 * @param {Body} body
 * @param {string} name
 * @param {Type} type
 * @returns {Scalars[Type] | undefined}
 */
function optional(body, name, type) {
  const value = body[name];
  return typeof value === type ? /** @type {Scalars[Type]} */ (value) : undefined;
}
