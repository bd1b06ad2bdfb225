/**
 * What is said on a stream: audio to Transcribe, transcripts and failures from it. Pure.
 *
 * https://docs.aws.amazon.com/transcribe/latest/APIReference/API_streaming_TranscriptResultStream.html
 */
import { RemoteProtocolError } from "./errors.js";
import { encodeFrame } from "./frames.js";
import { isBody, readCategory, readResult, readTranscript, text } from "./results.js";

/**
 * @typedef {import("./types.d.ts").StreamEvent} StreamEvent
 * @typedef {{ headers: ReadonlyMap<string, { type: unknown, value: unknown }>, payload: Uint8Array }} Message
 * @typedef {import("./results.js").Body} Body
 */

/**
 * The headers of what is sent, encoded: length and name, 7 for a string, length and value, three times. Written
 * out, so that a page that only speaks does not load what encodes all ten types of header.
 *
 * @param {string} contentType @param {string} eventType
 */
function headers(contentType, eventType) {
  const pairs = [[":content-type", contentType], [":event-type", eventType], [":message-type", "event"]];
  const letter = String.fromCharCode;
  const text = pairs.map(([name = "", value = ""]) => letter(name.length) + name + "\x07\0" + letter(value.length) + value);
  return Uint8Array.from(text.join(""), (character) => character.charCodeAt(0));
}

const AUDIO_HEADERS = headers("application/octet-stream", "AudioEvent");
const CONFIGURATION_HEADERS = headers("application/json", "ConfigurationEvent");

/**
 * The frame that carries a chunk of audio. An empty chunk is the end of the audio.
 *
 * @param {Uint8Array} chunk
 */
export function encodeAudio(chunk) {
  return encodeFrame(AUDIO_HEADERS, chunk);
}

/**
 * The first frame of a Call Analytics stream: who is on which channel.
 *
 * @param {Record<string, unknown>} configuration in AWS's own form
 */
export function encodeConfiguration(configuration) {
  return encodeFrame(CONFIGURATION_HEADERS, new TextEncoder().encode(JSON.stringify(configuration)));
}

/** The frame after the last one: Transcribe then says its last words and closes. */
export function encodeEndOfAudio() {
  return encodeAudio(new Uint8Array(0));
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
      const read = READERS[name];
      return read ? read(json(message)) : { type: "unknown", name };
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
  if (typeof found?.value !== "string") throw new RemoteProtocolError("header", `no ${name}`);
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

/** What each event says, by AWS's name of it. @type {Record<string, (body: Body) => StreamEvent>} */
const READERS = {
  __proto__: /** @type {never} */ (null),
  TranscriptEvent: (body) => ({ type: "transcript", results: readTranscript(body) }),
  UtteranceEvent: (body) => ({ type: "transcript", results: [readResult(body)] }),
  CategoryEvent: (body) => ({ type: "category", category: readCategory(body) }),
};
