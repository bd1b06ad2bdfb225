/** What a tab or the screen plays as a source of 16 kHz PCM. */
import { capture, fault, voiceProcessing } from "./capture.js";

/**
 * The sound of a tab or screen that the person chooses when a transcriber starts with it. Not every browser and
 * system shares sound: Chrome and Edge do of tabs everywhere. It is over when the person stops sharing.
 *
 * @param {import("./capture.js").CaptureOptions} [options]
 * @returns {import("./types.d.ts").AudioSource}
 */
export function screenAudio(options) {
  return { open: (sink, heed) => capture(sink, { ask }, { ...options, ...heed }) };
}

async function ask() {
  // A picture must be asked for, or there is no choice of what to share; nothing of it is used.
  const wanted = { video: true, audio: voiceProcessing(false), systemAudio: "include" };
  const { mediaDevices } = navigator;
  const stream = await mediaDevices.getDisplayMedia(wanted).catch(() => {
    throw fault("silent");
  });
  for (const track of stream.getVideoTracks()) track.stop();
  return stream;
}
