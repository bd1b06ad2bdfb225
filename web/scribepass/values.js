/**
 * The ten types that a header of an event-stream frame can have: what headers.js leaves as bytes, and all of the way
 * back. Pure. For tests and for whoever ports the codec: no page loads it.
 */
import { LocalProtocolError, RemoteProtocolError } from "./errors.js";
import { readHeaders } from "./headers.js";

/**
 * @typedef {(
 *   | { type: "boolean", value: boolean }
 *   | { type: "byte" | "short" | "integer", value: number }
 *   | { type: "long", value: bigint }
 *   | { type: "bytes", value: Uint8Array }
 *   | { type: "string", value: string }
 *   | { type: "timestamp", value: Date }
 *   | { type: "uuid", value: string }
 * )} HeaderValue
 */

/** botocore's and AWS's Python SDK's limit for the whole block. */
export const MAX_HEADERS_BYTES = 128 * 1024;
/** AWS's C library's. */
export const MAX_HEADER_COUNT = 1024;
/** A name's length is one byte. */
const MAX_NAME_BYTES = 255;
/** AWS's C library, Python SDK and JavaScript SDK all stop here, although two bytes could say 65,535. */
export const MAX_VALUE_BYTES = 32_767;
/** 0001-01-01 to 9999-12-31: what Python's datetime can hold too, so that both codecs say the same. */
const MIN_TIMESTAMP = -62_135_596_800_000;
const MAX_TIMESTAMP = 253_402_300_799_999;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LONE_SURROGATE = /\p{Surrogate}/u;

const utf8 = new TextEncoder();

/**
 * The block of headers of a frame, in their order.
 *
 * @param {Iterable<[string, HeaderValue]>} headers
 * @throws {LocalProtocolError} a name, type or value that the format cannot hold
 */
export function encodeHeaders(headers) {
  /** @type {Uint8Array[]} */
  const parts = [];
  const names = new Set();
  for (const [name, header] of headers) {
    const encodedName = encodeText(name);
    if (names.has(name)) throw new LocalProtocolError(`The header ${name} is there twice.`);
    if (encodedName.length < 1 || encodedName.length > MAX_NAME_BYTES) {
      throw new LocalProtocolError(`A header's name has 1 to ${MAX_NAME_BYTES} bytes.`);
    }
    names.add(name);
    parts.push(Uint8Array.of(encodedName.length), encodedName, ...encodeValue(header));
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (names.size > MAX_HEADER_COUNT || length > MAX_HEADERS_BYTES) {
    throw new LocalProtocolError(`${names.size} headers of ${length} bytes are too many.`);
  }
  return concatenate(parts, length);
}

/** @param {Uint8Array[]} parts @param {number} length of all of them */
function concatenate(parts, length) {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Type byte, length where there is one, and value. @param {HeaderValue} header @returns {Uint8Array[]} */
function encodeValue(header) {
  switch (header.type) {
    case "boolean":
      expect(typeof header.value === "boolean", header);
      return [Uint8Array.of(header.value ? 0 : 1)];
    case "byte":
      return [Uint8Array.of(2), encodeInteger(header, 1)];
    case "short":
      return [Uint8Array.of(3), encodeInteger(header, 2)];
    case "integer":
      return [Uint8Array.of(4), encodeInteger(header, 4)];
    case "long":
      expect(typeof header.value === "bigint" && BigInt.asIntN(64, header.value) === header.value, header);
      return [Uint8Array.of(5), encodeLong(header.value)];
    case "bytes":
      expect(header.value instanceof Uint8Array, header);
      return encodeSized(6, header.value);
    case "string":
      return encodeSized(7, encodeText(header.value));
    case "timestamp":
      expect(header.value instanceof Date && isTimestamp(header.value.getTime()), header);
      return [Uint8Array.of(8), encodeLong(BigInt(header.value.getTime()))];
    case "uuid":
      expect(typeof header.value === "string" && UUID.test(header.value), header);
      return [Uint8Array.of(9), encodeUuid(header.value)];
    default:
      throw new LocalProtocolError("A header has none of the ten types.");
  }
}

/** @param {boolean} valid @param {HeaderValue} header */
function expect(valid, { type }) {
  if (!valid) throw new LocalProtocolError(`A header's value is not what ${type} can hold.`);
}

/** @param {HeaderValue & { value: number }} header @param {1 | 2 | 4} bytes */
function encodeInteger(header, bytes) {
  const bound = 2 ** (8 * bytes - 1);
  expect(Number.isInteger(header.value) && header.value >= -bound && header.value < bound, header);
  return Uint8Array.from({ length: bytes }, (_, byte) => header.value >> (8 * (bytes - 1 - byte)));
}

/** @param {bigint} value */
function encodeLong(value) {
  const encoded = new Uint8Array(8);
  new DataView(encoded.buffer).setBigInt64(0, value);
  return encoded;
}

/** @param {number} code @param {Uint8Array} value */
function encodeSized(code, value) {
  if (value.length > MAX_VALUE_BYTES) {
    throw new LocalProtocolError(`A header's value has at most ${MAX_VALUE_BYTES} bytes.`);
  }
  return [Uint8Array.of(code, value.length >> 8, value.length), value];
}

/** @param {unknown} text */
function encodeText(text) {
  if (typeof text !== "string" || LONE_SURROGATE.test(text)) {
    throw new LocalProtocolError("A header's name or value is not well-formed text.");
  }
  return utf8.encode(text);
}

/** @param {string} value */
function encodeUuid(value) {
  const digits = value.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, at) => parseInt(digits.slice(2 * at, 2 * at + 2), 16));
}

/** @param {number} milliseconds */
function isTimestamp(milliseconds) {
  return milliseconds >= MIN_TIMESTAMP && milliseconds <= MAX_TIMESTAMP;
}

/**
 * The headers of a block, which ends where the last of them ends.
 *
 * @param {Uint8Array} block
 * @param {import("./headers.js").HeaderLimits} limits
 * @returns {Map<string, HeaderValue>} `__proto__` is a name like any other
 * @throws {RemoteProtocolError}
 */
export function decodeHeaders(block, limits) {
  return new Map([...readHeaders(block, limits)].map(([name, value]) => [name, decodeValue(value)]));
}

/** @param {import("./headers.js").RawValue} raw @returns {HeaderValue} */
function decodeValue(raw) {
  if (raw.type === "string") return raw;
  const { type: code, value } = raw;
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  switch (code) {
    case 0:
    case 1:
      return { type: "boolean", value: code === 0 };
    case 2:
      return { type: "byte", value: view.getInt8(0) };
    case 3:
      return { type: "short", value: view.getInt16(0) };
    case 4:
      return { type: "integer", value: view.getInt32(0) };
    case 5:
      return { type: "long", value: view.getBigInt64(0) };
    case 8:
      return { type: "timestamp", value: decodeTimestamp(view.getBigInt64(0)) };
    case 9:
      return { type: "uuid", value: decodeUuid(value) };
    default:
      return { type: "bytes", value };
  }
}

/** @param {bigint} value */
function decodeTimestamp(value) {
  const milliseconds = Number(value);
  if (!isTimestamp(milliseconds)) throw new RemoteProtocolError("header", "a date outside the years 1 to 9999");
  return new Date(milliseconds);
}

/** @param {Uint8Array} bytes */
function decodeUuid(bytes) {
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
