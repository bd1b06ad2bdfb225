/** CRC-32 as in zlib, gzip and PNG (reflected polynomial 0xEDB88320), eight bytes a step. */

const STEP = 8;

/**
 * STEP tables in a row: table n says what a byte does to the checksum when n more bytes follow it. An index is always
 * inside; `any` spares the inner loop a check for undefined at each. One array is faster than an array each.
 *
 * @type {any}
 */
const T = makeTables();

function makeTables() {
  const tables = new Int32Array(256 * STEP);
  for (let at = 0; at < tables.length; at++) {
    let crc = at < 256 ? at : (tables[at - 256] ?? 0);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    tables[at] = crc;
  }
  return tables;
}

/**
 * The checksum of `bytes`, as an unsigned 32-bit number.
 *
 * @param {Uint8Array} bytes
 * @param {number} [crc] the checksum of what came before
 */
export function crc32(bytes, crc = 0) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let c = ~crc;
  let at = 0;
  for (; at + STEP <= bytes.length; at += STEP) {
    const y = c ^ view.getInt32(at, true);
    const z = view.getInt32(at + 4, true);
    c =
      T[1792 | (y & 255)] ^ T[1536 | ((y >>> 8) & 255)] ^ T[1280 | ((y >>> 16) & 255)] ^ T[1024 | (y >>> 24)] ^
      T[768 | (z & 255)] ^ T[512 | ((z >>> 8) & 255)] ^ T[256 | ((z >>> 16) & 255)] ^ T[z >>> 24];
  }
  for (; at < bytes.length; at++) c = (c >>> 8) ^ T[(c ^ view.getUint8(at)) & 255];
  return ~c >>> 0;
}
