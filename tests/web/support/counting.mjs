/** Transcribers that hear numbers while their connections are cut: did they hear all? Runs in a page too. */
import { Transcriber } from "../../../web/scribepass/index.js";
import { count, times } from "./markers.mjs";
import { randomOf } from "./plans.mjs";

/** A stream parameter that tells the proxy which run a connection is of; the local AWS does not heed it. */
export const KEY = "vocabulary-name";

const CHUNKS = [1600, 1600, 1111, 4000]; // samples
const PACES = [10, 10, 10, 10, 10, 3, 3, 1.2]; // times the real speed
const SPEEDS = [20, 6]; // the same, for audio that is sent again
/** Seconds; short, so that a connection that has gone silent is soon given up, though not on a busy machine. */
const TIMING = { connect: 4, drain: 3, stall: 2 };
const TICK_MS = 10;
const BACKLOG_SECONDS = 30;
const TOLERANCE_SECONDS = 0.05;
const RUN_MS = 60_000;
const LEVEL = { rms: -20, peak: -10 };
const TOLD = ["state", "error", "reconnecting", "resumed", "gap"];

/**
 * @typedef {import("../../../web/scribepass/types.d.ts").AudioSink} AudioSink
 * @typedef {import("../../../web/scribepass/types.d.ts").Transcript} Transcript
 * @typedef {{ live: boolean, pace: number, chunk: number, speed: number }} Manner `live`: not over by itself
 */

/** What a run calls itself. */
export const nameOf = (/** @type {number} */ number) => `run${number}`;

/** Numbers as a source of audio. */
class Counting {
  sampleRate = 16_000;
  channels = 1;
  /** @type {() => void} */
  #over = () => {};
  /** Resolves when everything was handed over. @type {Promise<void>} */
  over = new Promise((resolve) => (this.#over = resolve));

  /** @param {Int16Array} samples @param {Manner} manner */
  constructor(samples, { live, pace, chunk }) {
    Object.assign(this, { samples, live, pace, chunk });
  }

  /** @param {AudioSink} sink */
  async open(sink) {
    const began = performance.now();
    let at = 0;
    this.timer = setInterval(async () => {
      // A machine that is busy is late, but a source loses nothing.
      const due = ((performance.now() - began) / 1000) * this.pace * this.sampleRate;
      while (at < Math.min(due, this.samples.length) && sink.backlog < BACKLOG_SECONDS) {
        sink.onChunk(this.samples.slice(at, at + this.chunk).buffer, LEVEL);
        at += this.chunk;
      }
      if (at < this.samples.length) return;
      await this.stop();
      if (!this.live) sink.onEnd(null);
    }, TICK_MS);
    return this;
  }

  async stop() {
    clearInterval(this.timer);
    this.#over();
  }
}

/**
 * One transcriber that hears the numbers from 1 on. Its manner depends on seed and number alone.
 *
 * @param {number} number
 * @param {{ seed: string, numbers: number, presign: string, WebSocket?: typeof globalThis.WebSocket }} options
 * @returns {Promise<{ run: number, faults: string[], manner: Manner, log: string[] } | null>} null: all is well
 */
export async function run(number, { seed, numbers, ...options }) {
  const random = randomOf(`${seed}/${nameOf(number)}/manner`);
  const one = (/** @type {any[]} */ of) => of[Math.floor(random() * of.length)];
  const manner = { live: one([true, true, false]), pace: one(PACES), chunk: one(CHUNKS), speed: one(SPEEDS) };
  const transcriber = new Transcriber({
    ...options,
    parameters: { [KEY]: nameOf(number) },
    timing: { ...TIMING, speed: manner.speed },
  });
  /** @type {string[]} */
  const log = [];
  for (const type of TOLD) transcriber.addEventListener(type, (event) => log.push(line(type, event)));
  const faults = await hear(transcriber, new Counting(samplesOf(numbers), manner));
  if (log.some((each) => each.startsWith("error"))) faults.push("an error event");
  faults.push(...wrong(transcriber.transcript, numbers));
  return faults.length ? { run: number, faults, manner, log } : null;
}

/** @param {Transcriber} transcriber @param {Counting} source */
async function hear(transcriber, source) {
  const faults = [];
  const timer = setTimeout(() => {
    faults.push("not done after a minute");
    transcriber.abort();
    source.stop();
  }, RUN_MS);
  try {
    await transcriber.start(source);
    await source.over;
    await transcriber.stop(); // a file's, which is draining by then, only waits
  } catch (error) {
    faults.push(`start: ${error}`);
  }
  clearTimeout(timer);
  return faults;
}

/** @param {string} type @param {any} event */
function line(type, { state, error, attempt, delay, resent, gap }) {
  const what = error && `${error.kind ?? error.name}: ${error.message}`;
  return `${type} ${JSON.stringify({ state, error: what, attempt, delay, resent, gap })}`;
}

/** What is wrong with a transcript of so many numbers. @param {Transcript} transcript @param {number} numbers */
function* wrong({ segments, gaps }, numbers) {
  const items = segments.flatMap((segment) => segment.items);
  const words = segments.map((segment) => segment.text).join(" ");
  const expected = Array.from({ length: numbers }, (_, index) => index + 1).join(" ");
  if (words !== expected) yield `words: ${words}`;
  if (items.map((item) => item.content).join(" ") !== words) yield "items and text differ";
  if (segments.some((segment) => !segment.isFinal)) yield "a segment that is not final";
  if (gaps.length) yield `gaps: ${JSON.stringify(gaps)}`;
  if (items.some((item, at) => at && item.startTime < items[at - 1].startTime)) yield "times go back";
  const off = items.filter(({ content, startTime, endTime }) => {
    const [start, end] = times(Number(content));
    return Math.max(Math.abs(startTime - start), Math.abs(endTime - end)) > TOLERANCE_SECONDS;
  });
  if (off.length) yield `times: ${off.map((item) => `${item.content} at ${item.startTime}`).join(", ")}`;
}

/** @type {Map<number, Int16Array>} */
const made = new Map();

/** @param {number} numbers */
function samplesOf(numbers) {
  const samples = made.get(numbers) ?? count(numbers);
  made.set(numbers, samples);
  return samples;
}
