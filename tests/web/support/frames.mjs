/** What Transcribe sends, as bytes; and bytes as text. */
import { encode } from "../../../web/scribepass/eventstream.js";

/** @param {string} hex @returns {Uint8Array} */
export const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** @param {Uint8Array} bytes */
export const toHex = (bytes) => Buffer.from(bytes).toString("hex");

/** @param {Record<string, string>} headers @param {unknown} body a string is sent as it is */
export function message(headers, body = "") {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const entries = Object.entries(headers).map(([name, value]) => [name, { type: "string", value }]);
  return encode({ headers: entries, payload: new TextEncoder().encode(text) });
}

/** @param {object[]} results in AWS's PascalCase */
export const transcriptEvent = (results) =>
  message({ ":message-type": "event", ":event-type": "TranscriptEvent" }, { Transcript: { Results: results } });

/** @param {string} kind @param {string} text */
export const exception = (kind, text) =>
  message({ ":message-type": "exception", ":exception-type": kind }, { Message: text });

/** A result in AWS's own form. @param {string} id @param {string} text @param {object} [more] */
export const awsResult = (id, text, more = {}) => ({
  ResultId: id,
  StartTime: 0,
  EndTime: 1.5,
  IsPartial: false,
  Alternatives: [{ Transcript: text, Items: [] }],
  ...more,
});
