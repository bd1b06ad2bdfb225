/** How long words take from the mouth to the screen. Pure. */

const KEPT = 500;

export function createLatency() {
  /** @type {number[]} */
  const times = [];
  return {
    /** @param {number | null | undefined} milliseconds null where it is unknown */
    add(milliseconds) {
      if (typeof milliseconds !== "number" || !(milliseconds >= 0)) return;
      times.push(milliseconds);
      if (times.length > KEPT) times.shift();
    },

    /**
     * The time that this share of the last results took at most, in milliseconds; null before any.
     *
     * @param {number} share
     */
    percentile(share) {
      const sorted = [...times].sort((one, other) => one - other);
      return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
    },
  };
}
