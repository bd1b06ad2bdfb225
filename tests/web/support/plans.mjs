/** Where connections are to be cut: at random, and the same again for the same seed. */

export const KINDS = [
  "refuse",
  "handshake",
  "up",
  "down",
  "before-final",
  "after-final",
  "end",
  "half-open",
  "exception",
  "pause",
];
const EXCEPTIONS = ["InternalFailureException", "ServiceUnavailableException", "LimitExceededException"];

/** Seconds; one is more than the clients of the tests wait for the end. */
const PAUSES = [0.3, 0.3, 0.3, 1, 3.3];

/** Of a number of the `markers` recogniser at 16 kHz: what the client sends, and what the server answers. */
const UP_BYTES = 6600;
const DOWN_BYTES = 700;
const NUMBERS_OF_A_FINAL = 5;
const REQUEST_BYTES = 700;
const ANSWER_BYTES = 150;

/** @typedef {import("./cutting.mjs").Cut} Cut */

/** Whether a connection is broken by it. @param {{ kind: string }} cut */
export const isCut = ({ kind }) => kind !== "pause";

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). @param {string} seed */
export function randomOf(seed) {
  let state = 0x811c9dc5;
  for (const letter of seed) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * One to three cuts, for one connection after the other.
 *
 * @param {string} seed
 * @param {{ numbers: number, kinds?: string[] }} options `numbers`: how many the client has to say
 * @returns {Cut[]}
 */
export function plan(seed, { numbers, kinds = KINDS }) {
  const random = randomOf(seed);
  const below = (/** @type {number} */ most) => Math.floor(random() * most);
  const cuts = 1 + below(3);
  // A connection has what the one before it left over, so that most cuts are reached.
  const share = numbers / cuts;
  return Array.from({ length: cuts }, () => one(kinds[below(kinds.length)] ?? "up", share, below));
}

/** @param {string} kind @param {number} numbers @param {(most: number) => number} below @returns {Cut} */
function one(kind, numbers, below) {
  const how = below(2) ? "reset" : "fin";
  switch (kind) {
    case "refuse":
      return { kind };
    case "handshake":
      return below(2)
        ? { kind, how, side: "up", after: below(REQUEST_BYTES) }
        : { kind, how, side: "down", after: below(ANSWER_BYTES) };
    case "up":
      return { kind, how, after: below(UP_BYTES * numbers) };
    case "down":
      return { kind, how, after: below(DOWN_BYTES * numbers) };
    case "half-open":
      return { kind, after: below(UP_BYTES * numbers), deaf: below(2) === 1 };
    case "exception":
      return { kind, name: EXCEPTIONS[below(EXCEPTIONS.length)], after: below(numbers) };
    case "pause":
      return { kind, seconds: PAUSES[below(PAUSES.length)] ?? 0, after: below(2) };
    case "end":
      return { kind, how, after: below(3) };
    default:
      return { kind, how, after: below(Math.max(1, numbers / NUMBERS_OF_A_FINAL - 1)) };
  }
}

/** The value of a parameter in the request's query. @param {string} head @param {string} parameter */
export function keyOf(head, parameter) {
  return new RegExp(`[?&]${parameter}=([^&\\s]*)`).exec(head)?.[1] ?? "";
}

/**
 * A plan for each value that a parameter has: clients that share a proxy are told apart by it.
 *
 * @param {string} seed
 * @param {{ key: string, numbers: number, kinds?: string[] }} options
 * @returns {(head: string) => Cut | undefined}
 */
export function planned(seed, { key, ...options }) {
  /** @type {Map<string, Cut[]>} */
  const plans = new Map();
  return (head) => {
    const name = keyOf(head, key);
    const left = plans.get(name) ?? plan(`${seed}/${name}`, options);
    plans.set(name, left);
    return left.shift();
  };
}
