/** WebSocket frames (RFC 6455), as far as a test has to read and write them. */

/** @typedef {{ opcode: number, payload: Buffer, bytes: Buffer }} Frame `bytes`: the frame as it came, masked or not */

export const BINARY = 2;
export const CLOSE = 8;

/** Bytes in, WebSocket frames out. */
export class Frames {
  #held = Buffer.alloc(0);

  /** @param {Buffer} bytes @returns {Generator<Frame>} */
  *read(bytes) {
    this.#held = Buffer.concat([this.#held, bytes]);
    for (let frame; (frame = readFrame(this.#held)); ) {
      this.#held = this.#held.subarray(frame.bytes.length);
      yield frame;
    }
  }
}

/** The frame that `bytes` begin with, if it is whole. @param {Buffer} bytes @returns {Frame | null} */
function readFrame(bytes) {
  if (bytes.length < 2) return null;
  const short = bytes[1] & 127;
  let at = { 126: 4, 127: 10 }[short] ?? 2;
  if (bytes.length < at) return null;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const mask = bytes[1] & 128 ? bytes.subarray(at, (at += 4)) : null;
  if (bytes.length < at + length) return null;
  const payload = Buffer.from(bytes.subarray(at, at + length));
  if (mask) payload.forEach((byte, index) => (payload[index] = byte ^ mask[index & 3]));
  return { opcode: bytes[0] & 15, payload, bytes: bytes.subarray(0, at + length) };
}

/** A frame as a server sends it. @param {number} opcode @param {Uint8Array} payload */
export function encodeFrame(opcode, payload) {
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 4 : 2, 128 | opcode);
  head[1] = long ? 126 : payload.length;
  if (long) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}
