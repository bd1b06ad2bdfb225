/**
 * application/vnd.amazon.eventstream, both directions. Pure.
 *
 *     uint32 total length · uint32 headers length · uint32 CRC-32 of these 8 bytes
 *     headers · payload · uint32 CRC-32 of everything before it          (all big endian)
 *
 * What the format cannot hold is a LocalProtocolError; bytes that are not a valid frame are a
 * RemoteProtocolError, and nothing else is ever raised. https://smithy.io/2.0/aws/amazon-eventstream.html
 */
import { crc32 } from "./crc32.js";
import { LocalProtocolError, RemoteProtocolError } from "./errors.js";
import { decodeHeaders, encodeHeaders, MAX_HEADER_COUNT, MAX_HEADERS_BYTES, MAX_VALUE_BYTES } from "./headers.js";

/**
 * @typedef {import("./headers.js").Headers} Headers
 * @typedef {import("./headers.js").HeaderValue} HeaderValue
 * @typedef {{ headers: Headers, payload: Uint8Array }} Message
 * @typedef {import("./headers.js").HeaderLimits & { messageBytes: number, headersBytes: number }} Limits
 */

const PRELUDE_BYTES = 12;
const OVERHEAD_BYTES = 16;

/** The most that any AWS client accepts; the message's limit is that of AWS's C library. */
export const HARD_LIMITS = Object.freeze({
  messageBytes: 24 * 1024 * 1024,
  headersBytes: MAX_HEADERS_BYTES,
  headerCount: MAX_HEADER_COUNT,
  valueBytes: MAX_VALUE_BYTES,
});

/** What Transcribe needs, with room: a transcript event has three headers and a few KiB. */
export const TRANSCRIBE_LIMITS = Object.freeze({
  ...HARD_LIMITS,
  messageBytes: 1024 * 1024,
  headersBytes: 16 * 1024,
  headerCount: 64,
});

/**
 * One whole frame.
 *
 * @param {{ headers: Iterable<[string, HeaderValue]>, payload: Uint8Array }} message
 */
export function encode({ headers, payload }) {
  return encodeFrame(encodeHeaders(headers), payload);
}

/**
 * A frame around headers that were encoded before: they need no second look when only the payload changes.
 *
 * @param {Uint8Array} headers as encodeHeaders returns them
 * @param {Uint8Array} payload
 */
export function encodeFrame(headers, payload) {
  const total = headers.length + payload.length + OVERHEAD_BYTES;
  if (total > HARD_LIMITS.messageBytes) throw new LocalProtocolError(`a message of ${total} bytes is too long`);
  const frame = new Uint8Array(total);
  const view = new DataView(frame.buffer);
  view.setUint32(0, total);
  view.setUint32(4, headers.length);
  view.setUint32(8, crc32(frame.subarray(0, 8)));
  frame.set(headers, PRELUDE_BYTES);
  frame.set(payload, PRELUDE_BYTES + headers.length);
  view.setUint32(total - 4, crc32(frame.subarray(0, total - 4)));
  return frame;
}

/**
 * The message of exactly one whole frame.
 *
 * @param {Uint8Array} frame
 * @param {Limits} [limits]
 * @returns {Message}
 */
export function decode(frame, limits = HARD_LIMITS) {
  if (frame.length < PRELUDE_BYTES) throw new RemoteProtocolError("framing", `${frame.length} bytes are no prelude`);
  const { total, headersLength } = readPrelude(frame, limits);
  if (total !== frame.length) {
    throw new RemoteProtocolError("framing", `a frame of ${total} bytes came as ${frame.length}`);
  }
  return readMessage(frame.slice(), headersLength, limits);
}

/** Bytes in, messages out, however they are cut. Broken once broken: the first error comes again and again. */
export class Decoder {
  /** @type {Uint8Array} */
  #buffer = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #limits;
  /** @type {RemoteProtocolError | null} */
  #error = null;

  /** @param {Limits} [limits] at most HARD_LIMITS */
  constructor(limits = HARD_LIMITS) {
    this.#limits = limits;
  }

  /** How many bytes of an unfinished frame are held: 0 at a clean boundary. */
  get buffered() {
    return this.#end - this.#start;
  }

  /**
   * Takes a copy of the bytes. Never raises.
   *
   * @param {Uint8Array} data
   */
  receiveData(data) {
    if (this.#error) return;
    this.#makeRoom(data.length);
    this.#buffer.set(data, this.#end);
    this.#end += data.length;
  }

  /**
   * The next whole message, or null: more bytes are needed.
   *
   * @returns {Message | null}
   * @throws {RemoteProtocolError}
   */
  nextMessage() {
    if (this.#error) throw this.#error;
    try {
      return this.#read();
    } catch (error) {
      this.#error = /** @type {RemoteProtocolError} */ (error);
      this.#buffer = new Uint8Array(0);
      this.#start = this.#end = 0;
      throw error;
    }
  }

  #read() {
    if (this.buffered < PRELUDE_BYTES) return null;
    const { total, headersLength } = readPrelude(this.#buffer.subarray(this.#start), this.#limits);
    if (this.buffered < total) return null;
    const frame = this.#buffer.slice(this.#start, this.#start + total);
    this.#start += total;
    return readMessage(frame, headersLength, this.#limits);
  }

  /**
   * Room for `extra` bytes. The buffer at least doubles or is at least half empty when bytes are moved, so
   * that each byte is moved a constant number of times, whatever the size of the pieces.
   *
   * @param {number} extra
   */
  #makeRoom(extra) {
    if (this.#end + extra <= this.#buffer.length) return;
    const held = this.#buffer.subarray(this.#start, this.#end);
    const needed = held.length + extra;
    const target = 2 * needed <= this.#buffer.length ? this.#buffer : new Uint8Array(Math.max(4096, 2 * needed));
    target.set(held);
    this.#buffer = target;
    this.#start = 0;
    this.#end = held.length;
  }
}

/**
 * The lengths, checked before anything is read or waited for on their word.
 *
 * @param {Uint8Array} bytes at least a prelude
 * @param {Limits} limits
 */
function readPrelude(bytes, limits) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [total, headersLength] = [view.getUint32(0), view.getUint32(4)];
  if (view.getUint32(8) !== crc32(bytes.subarray(0, 8))) {
    throw new RemoteProtocolError("checksum", "the prelude's checksum");
  }
  if (total < OVERHEAD_BYTES) throw new RemoteProtocolError("framing", `a frame cannot have ${total} bytes`);
  if (headersLength > total - OVERHEAD_BYTES) {
    throw new RemoteProtocolError("framing", `${headersLength} bytes of headers in a frame of ${total}`);
  }
  if (total > limits.messageBytes) throw new RemoteProtocolError("limit", `a message of ${total} bytes`);
  if (headersLength > limits.headersBytes) {
    throw new RemoteProtocolError("limit", `${headersLength} bytes of headers`);
  }
  return { total, headersLength };
}

/**
 * @param {Uint8Array} frame its own buffer, of exactly the frame's length
 * @param {number} headersLength
 * @param {Limits} limits
 * @returns {Message}
 */
function readMessage(frame, headersLength, limits) {
  const end = frame.length - 4;
  if (new DataView(frame.buffer).getUint32(end) !== crc32(frame.subarray(0, end))) {
    throw new RemoteProtocolError("checksum", "the message's checksum");
  }
  const payloadStart = PRELUDE_BYTES + headersLength;
  return {
    headers: decodeHeaders(frame.subarray(PRELUDE_BYTES, payloadStart), limits),
    payload: frame.subarray(payloadStart, end),
  };
}
