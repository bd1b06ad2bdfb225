/** CRC-32 as in zlib, gzip and PNG (reflected polynomial 0xEDB88320), eight bytes a step. */

const STEP = 8;

// An index is a masked byte and always inside; `any` spares the inner loop eight checks for undefined.
const [T0, T1, T2, T3, T4, T5, T6, T7] = /** @type {[any, any, any, any, any, any, any, any]} */ (makeTables());

/** Table n says what a byte does to the checksum when n more bytes follow it. */
function makeTables() {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });
  const tables = [first];
  for (let last = first; tables.length < STEP; tables.push(last)) {
    last = last.map((crc) => (crc >>> 8) ^ (first[crc & 255] ?? 0));
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
  const whole = bytes.length - (bytes.length % STEP);
  let c = ~crc;
  let at = 0;
  for (; at < whole; at += STEP) {
    const low = c ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    c =
      T7[low & 255] ^ T6[(low >>> 8) & 255] ^ T5[(low >>> 16) & 255] ^ T4[low >>> 24] ^
      T3[high & 255] ^ T2[(high >>> 8) & 255] ^ T1[(high >>> 16) & 255] ^ T0[high >>> 24];
  }
  for (; at < bytes.length; at++) c = (c >>> 8) ^ T0[(c ^ view.getUint8(at)) & 255];
  return ~c >>> 0;
}
