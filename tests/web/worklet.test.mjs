import assert from "node:assert/strict";
import { test } from "node:test";

import { Resampler } from "../../web/scribepass/resampler.js";

/** The audio thread's scope: a port that transfers, so that what was posted is gone. */
globalThis.AudioWorkletProcessor = class {
  posted = [];
  port = {
    onmessage: null,
    postMessage: (data, transfer) => this.posted.push(structuredClone(data, { transfer })),
  };
};
const registered = new Map();
globalThis.registerProcessor = (name, processor) => registered.set(name, processor);

const { CaptureProcessor } = await import("../../web/scribepass/capture-worklet.js");

const BLOCK = 128;
const make = ({ channels = 1, rate = 16_000 } = {}) => new CaptureProcessor({ processorOptions: { channels, rate } });
const chunks = (processor) => processor.posted.filter((data) => data !== "flushed");
const samples = (processor) => chunks(processor).flatMap(({ pcm }) => [...new Int16Array(pcm)]);
const flush = (processor) => processor.port.onmessage({ data: "flush" });
/** Everything that the processor makes of these blocks. */
const whole = (processor, blocks) => {
  for (const block of blocks) assert.equal(processor.process([block]), true);
  flush(processor);
  return samples(processor);
};
const level = (value, frames = BLOCK) => new Float32Array(frames).fill(value);

/** `count` blocks of a ramp of 16-bit values, as floats. */
const ramp = (count, size = BLOCK) =>
  Array.from({ length: count }, (_, block) =>
    Float32Array.from({ length: size }, (_, frame) => (((block * size + frame) % 65536) - 32768) / 32768),
  );

test("the processor registers under the name that the main thread asks for", () => {
  assert.equal(registered.get("scribepass-capture"), CaptureProcessor);
});

test("every sample arrives once and in order, a tenth of a second at a time", () => {
  const processor = make();
  const blocks = ramp(1000);
  const sent = blocks.flatMap((block) => Array.from(block, (sample) => sample * 32768));
  assert.deepEqual(whole(processor, blocks.map((block) => [block])), sent);
  const sizes = chunks(processor).map(({ pcm }) => pcm.byteLength);
  assert.deepEqual([...new Set(sizes)], [3200]);
});

for (const rate of [8000, 44_100, 48_000]) {
  test(`at ${rate} Hz it resamples: the resampler's samples, in chunks of 1,600`, () => {
    const processor = make({ rate });
    const blocks = Array.from({ length: 200 }, (_, block) =>
      Float32Array.from({ length: BLOCK }, (_, frame) => 0.5 * Math.sin((block * BLOCK + frame) / 20)),
    );
    const input = Float32Array.from(blocks.flatMap((block) => [...block]));
    const expected = new Float32Array(Math.ceil((input.length * 16_000) / rate));
    assert.equal(new Resampler(rate, 16_000).process(input, expected), expected.length);
    const heard = whole(processor, blocks.map((block) => [block]));
    assert.deepEqual(heard, Array.from(expected, (sample) => Math.round(sample * 32768) + 0));
    const sizes = chunks(processor).map(({ pcm }) => pcm.byteLength);
    assert.equal(sizes.pop(), 2 * (expected.length % 1600 || 1600));
    assert.deepEqual([...new Set(sizes)], [3200]);
  });
}

test("two channels are resampled each by itself", () => {
  const [left, right] = [ramp(100), ramp(100).map((block) => block.map((sample) => -sample / 2))];
  const both = whole(make({ channels: 2, rate: 48_000 }), left.map((block, n) => [block, right[n]]));
  const alone = [left, right].map((blocks) => whole(make({ rate: 48_000 }), blocks.map((block) => [block])));
  assert.deepEqual(both.filter((_, n) => n % 2 === 0), alone[0]);
  assert.deepEqual(both.filter((_, n) => n % 2 === 1), alone[1]);
});

test("several channels become their mean", () => {
  assert.deepEqual(new Set(whole(make(), [[level(0.5), level(-0.25), level(0.125)]])), new Set([4096]));
});

for (const [what, input, expected] of [
  ["of two, interleaved", [level(0.5), level(-0.25)], [16384, -8192]],
  ["of one, doubled", [level(0.5)], [16384, 16384]],
  ["of more, the first two", [level(0.5), level(-0.25), level(1)], [16384, -8192]],
  ["of none, silence", [], [0, 0]],
]) {
  test(`two channels ${what}`, () => {
    const heard = whole(make({ channels: 2 }), [input]);
    assert.deepEqual([heard.length, new Set(heard)], [2 * BLOCK, new Set(expected)]);
    assert.deepEqual(heard.slice(0, 2), expected);
  });
}

for (const [what, inputs] of [
  ["no input", []],
  ["an input without channels", [[]]],
]) {
  test(`${what} is silence: the stream's clock goes on`, () => {
    const processor = make();
    assert.equal(processor.process(inputs), true);
    assert.deepEqual(whole(processor, [[level(0.5)]]), [...Array(BLOCK).fill(0), ...Array(BLOCK).fill(16384)]);
  });
}

test("a block of another size than 128 is taken as it is", () => {
  const blocks = [...ramp(3, 100), ...ramp(3, 250), ...ramp(3, 4000)];
  const sent = blocks.flatMap((block) => Array.from(block, (sample) => sample * 32768));
  assert.deepEqual(whole(make(), blocks.map((block) => [block])), sent);
  const resampled = whole(make({ rate: 48_000 }), blocks.map((block) => [block]));
  assert.equal(resampled.length, Math.ceil((3 * 4350) / 3));
});

test("each chunk says how loud it is, by itself; of two channels the louder one", () => {
  const processor = make({ channels: 2 });
  whole(processor, [
    [level(0.1, 1600), level(-0.5, 1600)],
    [level(0, 1600), level(0, 1600)],
  ]);
  const levels = chunks(processor).map(({ level: { rms, peak } }) => [rms.toFixed(2), peak.toFixed(2)]);
  assert.deepEqual(levels, [
    ["-6.02", "-6.02"],
    ["-100.00", "-100.00"],
  ]);
});

test("a flush posts what has only begun, then says so, and nothing follows", () => {
  const processor = make();
  processor.process([[level(0.5)]]);
  flush(processor);
  assert.deepEqual(samples(processor), Array(BLOCK).fill(16384));
  assert.equal(chunks(processor)[0].level.peak.toFixed(2), "-6.02");
  assert.equal(processor.posted.at(-1), "flushed");
  assert.equal(processor.process([[level(0)]]), false);
});

test("a flush at the end of a chunk posts no empty one", () => {
  const processor = make();
  whole(processor, [[level(0, 1600)]]);
  assert.deepEqual(chunks(processor).length, 1);
});
