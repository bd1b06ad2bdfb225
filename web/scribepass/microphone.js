/** The microphone as a source of 16 kHz PCM. */
import { capture, fault, voiceProcessing } from "./capture.js";

/** Ours, by name of the browser's exception. */
const KINDS = /** @type {Record<string, "denied" | "missing" | "busy">} */ ({
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
});

/**
 * The microphone of this device. Its permission is asked for when a transcriber starts with it. If it goes away the
 * default one takes over, if there is one.
 *
 * @param {MediaTrackConstraints} [constraints] such as `{ deviceId }`; the browser's voice processing is on, but for
 *   two channels off: it mixes them
 * @param {import("./capture.js").CaptureOptions} [options]
 * @returns {import("./types.d.ts").AudioSource}
 */
export function microphone(constraints, options) {
  const channelCount = options?.channels ?? 1;
  const wanted = { channelCount, ...voiceProcessing(channelCount === 1), ...constraints };
  const device = {
    ask: () => ask(wanted),
    another: () => ask({ ...wanted, deviceId: undefined, groupId: undefined }),
  };
  return { open: (sink, heed) => capture(sink, device, { ...options, ...heed }) };
}

/** @param {MediaTrackConstraints} audio */
async function ask(audio) {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    const kind = KINDS[name];
    if (!kind) throw error;
    // Chrome and Edge: it is not the page that was refused, but the browser.
    throw fault(kind === "denied" && /system/i.test(message) ? "blocked" : kind);
  }
}
