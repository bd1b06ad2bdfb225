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

const utf8 = new TextEncoder();
const AUDIO_HEADERS = headers("application/octet-stream", "AudioEvent");
const CONFIGURATION_HEADERS = headers("application/json", "ConfigurationEvent");

/** The headers of what is sent, encoded. @param {string} contentType @param {string} eventType */
function headers(contentType, eventType) {
  return utf8.encode(
    header(":content-type", contentType) + header(":event-type", eventType) + header(":message-type", "event"),
  );
}

/** Length and name, 7 for a string, length and value: of ASCII, and short. @param {string} name @param {string} value */
function header(name, value) {
  return String.fromCharCode(name.length) + name + "\x07\0" + String.fromCharCode(value.length) + value;
}

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
  return encodeFrame(CONFIGURATION_HEADERS, utf8.encode(JSON.stringify(configuration)));
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
  switch (valueOf(message, ":message-type")) {
    case "event":
      return readEvent(valueOf(message, ":event-type"), message);
    case "exception":
      return { type: "failure", kind: valueOf(message, ":exception-type"), message: readMessage(message) };
    case "error":
      return { type: "failure", kind: valueOf(message, ":error-code"), message: valueOf(message, ":error-message") };
    default:
      throw new RemoteProtocolError("header", "no known :message-type");
  }
}

/** @param {string} name AWS's, of the event @param {Message} message @returns {StreamEvent} */
function readEvent(name, message) {
  switch (name) {
    case "TranscriptEvent":
      return { type: "transcript", results: readTranscript(json(message)) };
    case "UtteranceEvent":
      return { type: "transcript", results: [readResult(json(message))] };
    case "CategoryEvent":
      return { type: "category", category: readCategory(json(message)) };
    default:
      return { type: "unknown", name };
  }
}

/** Of a header that has to be there. @param {Message} message @param {string} name */
function valueOf(message, name) {
  const value = message.headers.get(name)?.value;
  if (typeof value !== "string") throw new RemoteProtocolError("header", `no ${name}`);
  return value;
}

/** @param {Message} message @returns {Body} */
function json(message) {
  try {
    const body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(message.payload));
    if (isBody(body)) return body;
  } catch {
    // Reported below: the parser's own words quote the body.
  }
  throw new RemoteProtocolError("payload", "no JSON object");
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
