/** Audio that the page has already as a source of 16 kHz PCM. */
import { capture } from "./capture.js";

/**
 * The first audio track of a stream: a call's other end, an element's captureStream(), a graph of the page's own. It
 * stays the page's: its tracks go on when the transcriber stops. It is over when the track ends.
 *
 * @param {MediaStream} mediaStream
 * @param {import("./capture.js").CaptureOptions} [options]
 * @returns {import("./types.d.ts").AudioSource}
 */
export function stream(mediaStream, options) {
  const device = { ask: async () => mediaStream, lent: true };
  return { open: (sink, heed) => capture(sink, device, { ...options, ...heed }) };
}
