/** A recording as a source of 16 kHz PCM: whatever the browser can decode, as fast as it was said. */
import { fault } from "./capture.js";
import { CHUNK_FRAMES, WIRE_RATE, encode } from "./pcm.js";

/** Seconds that may wait to be sent; while there are more, the file waits. */
const MOST_WAITING = 30;
const TICK_MS = 50;

/**
 * A file of sound, or of a film. It is over at its end. In a tab out of sight, where timers are slow, it comes in
 * larger portions and keeps its pace.
 *
 * @param {Blob} blob
 * @param {{ channels?: 1 | 2, speed?: number }} [options] 1 channel: all of the file's are mixed; 2: a file of one is
 *   doubled. `speed` 2 is twice as fast as it was said.
 * @returns {import("./types.d.ts").AudioSource}
 */
export function file(blob, { channels = 1, speed = 1 } = {}) {
  return {
    async open(sink) {
      const planes = channelsOf(await decode(blob), channels);
      const timer = play(sink, planes, speed);
      return { sampleRate: WIRE_RATE, channels, live: false, stop: async () => clearInterval(timer) };
    },
  };
}

/** At the wire's rate: the browser resamples. @param {Blob} blob */
async function decode(blob) {
  try {
    return await new OfflineAudioContext(1, 1, WIRE_RATE).decodeAudioData(await blob.arrayBuffer());
  } catch {
    throw fault("unreadable");
  }
}

/** @param {AudioBuffer} audio @param {1 | 2} channels */
function channelsOf(audio, channels) {
  const first = audio.getChannelData(0);
  const all = Array.from({ length: audio.numberOfChannels }, (_, channel) => audio.getChannelData(channel));
  if (channels > 1) return [first, all[1] ?? first];
  return [first.map((_, frame) => all.reduce((sum, plane) => sum + (plane[frame] ?? 0), 0) / all.length)];
}

/**
 * Chunk after chunk, each when its last sample would have been said.
 *
 * @param {import("./types.d.ts").AudioSink} sink
 * @param {Float32Array[]} planes
 * @param {number} speed
 */
function play(sink, planes, speed) {
  const frames = planes[0]?.length ?? 0;
  let sent = 0;
  let due = 0;
  let then = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    // While too much waits, the file's clock stands still: it does not hurry afterwards.
    if (sink.backlog <= MOST_WAITING) due += ((now - then) / 1000) * speed * WIRE_RATE;
    then = now;
    while (sent < frames && sink.backlog <= MOST_WAITING) {
      const end = Math.min(sent + CHUNK_FRAMES, frames);
      if (end > due) return;
      const { pcm, level } = encode(planes.map((plane) => plane.subarray(sent, end)));
      sent = end;
      sink.onChunk(pcm, level);
    }
    if (sent < frames) return;
    clearInterval(timer);
    sink.onEnd(null);
  }, TICK_MS);
  return timer;
}
