/**
 * application/vnd.amazon.eventstream as a whole, with headers of all ten types, both directions. Pure. What a page needs
 * of it is in frames.js and headers.js alone; this is what they are tested by, against vectors and other codecs.
 *
 * What the format cannot hold is a LocalProtocolError; bytes that are not a valid frame are a
 * RemoteProtocolError, and nothing else is ever raised. https://smithy.io/2.0/aws/amazon-eventstream.html
 */
import { LocalProtocolError, RemoteProtocolError } from "./errors.js";
import { encodeFrame, FrameDecoder, OVERHEAD_BYTES, TRANSCRIBE_LIMITS } from "./frames.js";
import { decodeHeaders, encodeHeaders, MAX_HEADER_COUNT, MAX_HEADERS_BYTES, MAX_VALUE_BYTES } from "./values.js";

export { encodeFrame, TRANSCRIBE_LIMITS };

/**
 * @typedef {import("./values.js").HeaderValue} HeaderValue
 * @typedef {import("./frames.js").Limits} Limits
 */

/** The most that any AWS client accepts; the message's limit is that of AWS's C library. */
export const HARD_LIMITS = Object.freeze({
  messageBytes: 24 * 1024 * 1024,
  headersBytes: MAX_HEADERS_BYTES,
  headerCount: MAX_HEADER_COUNT,
  valueBytes: MAX_VALUE_BYTES,
});

/** @extends {FrameDecoder<HeaderValue>} */
export class Decoder extends FrameDecoder {
  /** @param {Limits} [limits] at most HARD_LIMITS */
  constructor(limits = HARD_LIMITS) {
    super(limits, decodeHeaders);
  }
}

/**
 * One whole frame.
 *
 * @param {{ headers: Iterable<[string, HeaderValue]>, payload: Uint8Array }} message
 */
export function encode({ headers, payload }) {
  const block = encodeHeaders(headers);
  const total = block.length + payload.length + OVERHEAD_BYTES;
  if (total > HARD_LIMITS.messageBytes) throw new LocalProtocolError(`A message of ${total} bytes is too long.`);
  return encodeFrame(block, payload);
}

/**
 * The message of exactly one whole frame.
 *
 * @param {Uint8Array} frame
 * @param {Limits} [limits]
 */
export function decode(frame, limits) {
  const decoder = new Decoder(limits);
  decoder.receiveData(frame);
  const message = decoder.nextMessage();
  if (!message || decoder.buffered) throw new RemoteProtocolError("framing", `${frame.length} bytes are not one frame`);
  return message;
}
