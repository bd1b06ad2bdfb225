/** The last seconds as bars, the newest at the right. */
import { find, make } from "./dom.js";

/** @typedef {import("../../scribepass/types.d.ts").Level} Level */

const BARS = 56;
/** What the meter shows as nothing and as full, in dBFS. */
const [QUIET, LOUD] = [-60, -12];

export function createMeter() {
  const bars = Array.from({ length: BARS }, () => make("i"));
  find("meter").append(...bars);
  const levels = bars.map(() => 0);

  /** Null empties it. @param {Level | null} level */
  return (level) => {
    if (level) levels.push(Math.min(1, Math.max(0, (level.rms - QUIET) / (LOUD - QUIET))));
    else levels.fill(0);
    levels.splice(0, levels.length - BARS);
    bars.forEach((bar, at) => bar.style.setProperty("--level", (levels[at] ?? 0).toFixed(2)));
  };
}
