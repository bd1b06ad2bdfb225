/**
 * The headers of an event-stream frame, read: all of them are checked, and text is understood. Pure.
 *
 *     uint8 length of the name · name in UTF-8 · uint8 type · value            (all big endian)
 *     0 true · 1 false · 2 byte · 3 short · 4 integer · 5 long · 8 timestamp · 9 UUID: as long as they are
 *     6 bytes · 7 string: uint16 length before the value
 *
 * Transcribe sends no others than strings. What the other types mean stands apart, in values.js: no page needs it.
 */
import { RemoteProtocolError } from "./errors.js";

/**
 * @typedef {{ type: "string", value: string } | { type: number, value: Uint8Array }} RawValue any other by its code
 * @typedef {{ headerCount: number, valueBytes: number }} HeaderLimits
 */

/** Of the values, by the code of their type; -1: it stands before the value. */
const LENGTHS = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];
const STRING = 7;

// ignoreBOM keeps a leading U+FEFF: without it the text would not be what was sent.
const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The headers of a block, which ends where the last of them ends.
 *
 * @param {Uint8Array} block
 * @param {HeaderLimits} limits
 * @returns {Map<string, RawValue>} a Map: `__proto__` is a name like any other
 * @throws {RemoteProtocolError}
 */
export function readHeaders(block, { headerCount, valueBytes }) {
  /** @type {Map<string, RawValue>} */
  const headers = new Map();
  let at = 0;
  /** The only way to read: it cannot leave the block. @param {number} length */
  const take = (length) => {
    if (at + length > block.length) throw new RemoteProtocolError("header", "a header past the end");
    return block.subarray(at, (at += length));
  };
  /** @param {1 | 2} bytes */
  const number = (bytes) => take(bytes).reduce((sum, byte) => 256 * sum + byte, 0);

  while (at < block.length) {
    if (headers.size === headerCount) throw new RemoteProtocolError("limit", "too many headers");
    const name = take(number(1));
    if (!name.length) throw new RemoteProtocolError("header", "no name");
    const type = number(1);
    let length = LENGTHS[type];
    if (length === undefined) throw new RemoteProtocolError("header", `type ${type}`);
    if (length < 0) {
      length = number(2);
      if (length > valueBytes) throw new RemoteProtocolError("limit", `a header of ${length} bytes`);
    }
    const value = take(length);
    const key = textOf(name);
    if (headers.has(key)) throw new RemoteProtocolError("header", "the same name twice");
    headers.set(key, type === STRING ? { type: "string", value: textOf(value) } : { type, value });
  }
  return headers;
}

/** @param {Uint8Array} bytes */
function textOf(bytes) {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new RemoteProtocolError("header", "not UTF-8");
  }
}
