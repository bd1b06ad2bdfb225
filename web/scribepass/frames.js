/**
 * The frames of application/vnd.amazon.eventstream, both directions. Pure.
 *
 *     uint32 total length · uint32 headers length · uint32 CRC-32 of these 8 bytes
 *     headers · payload · uint32 CRC-32 of everything before it          (all big endian)
 */
import { crc32 } from "./crc32.js";
import { RemoteProtocolError } from "./errors.js";

/**
 * @typedef {import("./headers.js").HeaderLimits & { messageBytes: number, headersBytes: number }} Limits
 */

const PRELUDE_BYTES = 12;
export const OVERHEAD_BYTES = 16;

/** What Transcribe needs, with room: a transcript event has three headers and a few KiB. */
export const TRANSCRIBE_LIMITS = {
  messageBytes: 1024 * 1024,
  headersBytes: 16 * 1024,
  headerCount: 64,
  valueBytes: 32_767,
};

/**
 * A frame around headers that were encoded before: they need no second look when only the payload changes.
 *
 * @param {Uint8Array} headers
 * @param {Uint8Array} payload
 */
export function encodeFrame(headers, payload) {
  const total = headers.length + payload.length + OVERHEAD_BYTES;
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
 * Bytes in, messages out, however they are cut. Broken once broken: the first error comes again and again.
 *
 * @template Value of a header
 */
export class FrameDecoder {
  #buffer = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #limits;
  #readHeaders;
  /** @type {unknown} */
  #error;

  /** @param {Limits} limits @param {(block: Uint8Array, limits: Limits) => Map<string, Value>} readHeaders */
  constructor(limits, readHeaders) {
    this.#limits = limits;
    this.#readHeaders = readHeaders;
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
   * @throws {RemoteProtocolError}
   */
  nextMessage() {
    if (this.#error) throw this.#error;
    try {
      return this.#read();
    } catch (error) {
      this.#error = error;
      this.#buffer = new Uint8Array(0);
      this.#start = this.#end = 0;
      throw error;
    }
  }

  #read() {
    if (this.buffered < PRELUDE_BYTES) return null;
    const { total, headersLength } = readPrelude(this.#buffer.subarray(this.#start), this.#limits);
    if (this.buffered < total) return null;
    // A copy: what becomes of the buffer is no concern of whoever holds the message.
    const frame = this.#buffer.slice(this.#start, this.#start + total);
    this.#start += total;
    check(frame, total - 4, "message");
    const payloadStart = PRELUDE_BYTES + headersLength;
    return {
      headers: this.#readHeaders(frame.subarray(PRELUDE_BYTES, payloadStart), this.#limits),
      payload: frame.subarray(payloadStart, -4),
    };
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
    if (2 * needed > this.#buffer.length) this.#buffer = new Uint8Array(Math.max(4096, 2 * needed));
    this.#buffer.set(held);
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
function readPrelude(bytes, { messageBytes, headersBytes }) {
  check(bytes, 8, "prelude");
  const [total, headersLength] = [uint32(bytes, 0), uint32(bytes, 4)];
  if (headersLength > total - OVERHEAD_BYTES) {
    throw new RemoteProtocolError("framing", `${headersLength} bytes of headers in a frame of ${total}`);
  }
  if (total > messageBytes) throw new RemoteProtocolError("limit", `a message of ${total} bytes`);
  if (headersLength > headersBytes) throw new RemoteProtocolError("limit", `${headersLength} bytes of headers`);
  return { total, headersLength };
}

/** The checksum of the bytes up to `end` stands there. @param {Uint8Array} bytes @param {number} end @param {string} what */
function check(bytes, end, what) {
  if (uint32(bytes, end) !== crc32(bytes.subarray(0, end))) {
    throw new RemoteProtocolError("checksum", `the checksum of a ${what}`);
  }
}

/** @param {Uint8Array} bytes @param {number} at */
function uint32(bytes, at) {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}
