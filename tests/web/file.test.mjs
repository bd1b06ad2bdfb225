import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { MicrophoneError } from "../../web/scribepass/errors.js";
import { file } from "../../web/scribepass/file.js";
import { FakeOfflineContext, installBrowser, makeSink } from "./support/browser.mjs";

const BLOB = new Blob(["some container"]);
const SECOND = 16_000;
const ramp = (frame) => ((frame % 30_000) - 15_000) / 32_768;
const plane = (frames, sample = ramp) => Float32Array.from({ length: frames }, (_, frame) => sample(frame));
const samples = (sink) => sink.chunks.flatMap((pcm) => [...new Int16Array(pcm)]);
const asPcm = (sample) => Math.round(sample * 32_768) + 0;

/** Seconds that have passed, and what is due by then. */
const clock = { now: 0, ticks: [] };

/** Lets `seconds` pass in steps: the usual ones of a page, or longer ones where timers are slow. */
function pass(seconds, step = 0.05) {
  for (let end = clock.now + seconds - 1e-9; clock.now < end; ) {
    clock.now += step;
    for (const tick of [...clock.ticks]) tick();
  }
}

beforeEach(() => {
  installBrowser();
  Object.assign(clock, { now: 100, ticks: [] });
  globalThis.performance.now = () => 1000 * clock.now;
  globalThis.setInterval = (tick) => (clock.ticks.push(tick), tick);
  globalThis.clearInterval = (tick) => (clock.ticks = clock.ticks.filter((each) => each !== tick));
});

async function playing(planes, options) {
  FakeOfflineContext.content = planes;
  const sink = makeSink();
  return { sink, capture: await file(BLOB, options).open(sink) };
}

test("a file comes at 16 kHz as fast as it was said, a tenth of a second when it is over, then its end", async () => {
  const { sink, capture } = await playing([plane(1.55 * SECOND)]);
  assert.deepEqual({ ...capture, stop: null }, { sampleRate: 16_000, channels: 1, live: false, stop: null });
  pass(0.05);
  assert.equal(sink.chunks.length, 0);
  pass(0.1);
  assert.equal(sink.chunks.length, 1);
  pass(0.9);
  assert.equal(sink.chunks.length, 10);
  pass(0.5);
  assert.deepEqual([sink.chunks.length, sink.ended], [15, []]);
  pass(0.1);
  assert.deepEqual(sink.chunks.map((pcm) => pcm.byteLength), [...Array(15).fill(3200), 1600]);
  assert.deepEqual([sink.ended, clock.ticks], [[null], []]);
  assert.deepEqual(samples(sink), [...plane(1.55 * SECOND)].map(asPcm));
});

test("in a tab out of sight, whose timers come once a second, it keeps its pace", async () => {
  const { sink } = await playing([plane(20 * SECOND)]);
  pass(10, 1);
  assert.equal(sink.chunks.length, 100);
  pass(10, 1);
  assert.deepEqual([sink.chunks.length, sink.ended], [200, [null]]);
});

test("it can be faster than it was said", async () => {
  const { sink } = await playing([plane(20 * SECOND)], { speed: 4 });
  pass(2.001);
  assert.ok(Math.abs(sink.chunks.length - 80) <= 2, String(sink.chunks.length));
});

test("while more than 30 s wait to be sent it waits, and does not hurry afterwards", async () => {
  const { sink } = await playing([plane(100 * SECOND)]);
  pass(1.02);
  const before = sink.chunks.length;
  sink.backlog = 30.1;
  pass(50);
  assert.equal(sink.chunks.length, before);
  sink.backlog = 30;
  pass(1);
  assert.ok(Math.abs(sink.chunks.length - before - 10) <= 1, String(sink.chunks.length - before));
});

test("a portion after a slow timer stops where too much waits", async () => {
  const { sink } = await playing([plane(100 * SECOND)]);
  const { onChunk } = sink;
  sink.onChunk = (...args) => ((sink.backlog += 0.1), onChunk(...args));
  pass(60, 60);
  assert.ok(sink.chunks.length >= 300 && sink.chunks.length <= 302, String(sink.chunks.length));
});

test("stopping a file ends it without a word", async () => {
  const { sink, capture } = await playing([plane(10 * SECOND)]);
  pass(0.501);
  await capture.stop();
  pass(5);
  assert.ok(sink.chunks.length <= 5);
  assert.deepEqual([sink.ended, clock.ticks], [[], []]);
});

const [left, right, centre] = [plane(1600, () => 0.5), plane(1600, (n) => -n / 3200), plane(1600, () => 0.25)];

for (const [what, planes, channels, expected] of [
  ["two channels are mixed to one", [left, right], 1, (n) => [(0.5 - n / 3200) / 2]],
  ["six are, too", [left, left, left, left, centre, centre], 1, () => [2.5 / 6]],
  ["two stay apart, interleaved", [left, right], 2, (n) => [0.5, -n / 3200]],
  ["one is doubled", [right], 2, (n) => [-n / 3200, -n / 3200]],
]) {
  test(`of a file ${what}`, async () => {
    const { sink, capture } = await playing(planes, { channels });
    pass(0.2);
    assert.equal(capture.channels, channels);
    const all = Array.from({ length: 1600 }, (_, n) => expected(n)).flat();
    assert.deepEqual(samples(sink), all.map((sample) => asPcm(Math.fround(sample))));
  });
}

test("each chunk says how loud it is", async () => {
  const { sink } = await playing([left, right], { channels: 2 });
  pass(0.2);
  assert.deepEqual(sink.levels.map(({ rms, peak }) => [rms.toFixed(2), peak.toFixed(2)]), [["-6.02", "-6.02"]]);
});

for (const [what, break_] of [
  ["a file that is no sound", () => (FakeOfflineContext.content = null)],
  ["a browser that decodes nothing", () => (globalThis.OfflineAudioContext = undefined)],
]) {
  test(`${what} is told in words`, async () => {
    break_();
    const error = await file(BLOB).open(makeSink()).then(assert.fail, (reason) => reason);
    assert.ok(error instanceof MicrophoneError);
    assert.equal(error.kind, "unreadable");
    assert.deepEqual(clock.ticks, []);
  });
}

test("a file that is gone from its disk is told in words", async () => {
  const blob = { arrayBuffer: () => Promise.reject(new DOMException("gone", "NotReadableError")) };
  const error = await file(blob).open(makeSink()).then(assert.fail, (reason) => reason);
  assert.equal(error.kind, "unreadable");
});
