/** Hears a recording again, from a word on. */

/** @typedef {import("./recording.js").Recording} Recording */

/** So much is made ready at a time, in seconds: hours of sound as numbers would not fit. */
const PIECE = 5;
/** Not by frames of the screen: a tab that is hidden has none. */
const STEP_MS = 40;

/**
 * @param {(recording: Recording | null, time: number) => void} onTime often, and with null when it is over
 */
export function createPlayer(onTime) {
  /** @type {AudioContext | null} */
  let context = null;
  let turn = 0;

  function stop() {
    turn += 1;
    context?.close().catch(() => {});
    if (context) onTime(null, 0);
    context = null;
  }

  return {
    stop,

    /** Whether there is something to hear. @param {Recording} recording @param {number} from @param {number} to */
    play(recording, from, to) {
      stop();
      if (!recording.holds(from)) return false;
      const mine = turn;
      const playing = new AudioContext();
      context = playing;
      const began = playing.currentTime + 0.05;
      let ready = from;
      const follow = () => {
        if (mine !== turn) return;
        const time = from + Math.max(0, playing.currentTime - began);
        const end = Math.min(to, recording.seconds);
        if (time >= end) return stop();
        while (ready < Math.min(end, time + PIECE))
          ready = schedule(playing, recording, ready, end, began + ready - from);
        onTime(recording, time);
        setTimeout(follow, STEP_MS);
      };
      follow();
      return true;
    },
  };
}

/**
 * The next piece, and where it ends.
 *
 * @param {AudioContext} context
 * @param {Recording} recording
 * @param {number} from
 * @param {number} end
 * @param {number} when
 */
function schedule(context, recording, from, end, when) {
  const to = Math.min(end, from + PIECE);
  const { rate, channels } = recording.samples(from, to);
  const frames = channels[0]?.length ?? 0;
  if (!frames) return to;
  const buffer = context.createBuffer(channels.length, frames, rate);
  channels.forEach((samples, at) => buffer.copyToChannel(samples, at));
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(context.destination);
  source.start(when);
  return to;
}
