import assert from "node:assert/strict";
import { test } from "node:test";

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
const make = (chunkFrames = 1600) => new CaptureProcessor({ processorOptions: { chunkFrames } });
const chunks = (processor) => processor.posted.filter((data) => data !== "flushed");
const samples = (processor) => chunks(processor).flatMap(({ pcm }) => [...new Int16Array(pcm)]);
const flush = (processor) => processor.port.onmessage({ data: "flush" });

/** `count` blocks of a ramp of 16-bit values, as floats. */
const ramp = (count) =>
  Array.from({ length: count }, (_, block) =>
    Float32Array.from({ length: BLOCK }, (_, frame) => (((block * BLOCK + frame) % 65536) - 32768) / 32768),
  );

test("the processor registers under the name that the microphone asks for", () => {
  assert.equal(registered.get("scribepass-capture"), CaptureProcessor);
});

test("every sample arrives once and in order, a tenth of a second at a time", () => {
  const processor = make();
  const blocks = ramp(1000);
  for (const block of blocks) assert.equal(processor.process([[block]]), true);
  flush(processor);

  const sent = blocks.flatMap((block) => Array.from(block, (sample) => sample * 32768));
  assert.deepEqual(samples(processor), sent);
  const sizes = chunks(processor).map(({ pcm }) => pcm.byteLength);
  assert.deepEqual([...new Set(sizes)], [3200]);
});

for (const [rate, frames] of [
  [8000, 800],
  [44100, 4410],
  [48000, 4800],
]) {
  test(`at ${rate} Hz a chunk has ${frames} samples, whatever the blocks are`, () => {
    const processor = make(frames);
    for (const block of ramp(200)) processor.process([[block]]);
    flush(processor);
    const sizes = chunks(processor).map(({ pcm }) => pcm.byteLength);
    assert.equal(sizes.pop(), 2 * ((200 * BLOCK) % frames || frames));
    assert.deepEqual([...new Set(sizes)], [2 * frames]);
    assert.equal(samples(processor).length, 200 * BLOCK);
  });
}

test("several channels become their mean", () => {
  const processor = make(BLOCK);
  const channel = (value) => new Float32Array(BLOCK).fill(value);
  processor.process([[channel(0.5), channel(-0.25), channel(0.125)]]);
  assert.deepEqual(new Set(samples(processor)), new Set([4096]));
});

for (const [what, inputs] of [
  ["no input", []],
  ["an input without channels", [[]]],
]) {
  test(`${what} is silence: the stream's clock goes on`, () => {
    const processor = make(2 * BLOCK);
    assert.equal(processor.process(inputs), true);
    processor.process([[new Float32Array(BLOCK).fill(0.5)]]);
    assert.deepEqual(samples(processor), [...Array(BLOCK).fill(0), ...Array(BLOCK).fill(16384)]);
  });
}

test("a block of another size than 128 is taken as it is", () => {
  const processor = make(100);
  processor.process([[new Float32Array(250).fill(0.5)]]);
  assert.equal(samples(processor).length, 200);
  flush(processor);
  assert.equal(samples(processor).length, 250);
});

test("each chunk says how loud it is, by itself", () => {
  const processor = make(BLOCK);
  processor.process([[new Float32Array(BLOCK).fill(-0.5)]]);
  processor.process([[new Float32Array(BLOCK)]]);
  const levels = chunks(processor).map(({ rms, peak }) => ({ rms, peak }));
  assert.deepEqual(levels, [
    { rms: 0.5, peak: 0.5 },
    { rms: 0, peak: 0 },
  ]);
});

test("a flush posts what has only begun, then says so, and nothing follows", () => {
  const processor = make();
  processor.process([[new Float32Array(BLOCK).fill(0.5)]]);
  flush(processor);
  assert.deepEqual(samples(processor), Array(BLOCK).fill(16384));
  assert.equal(processor.posted.at(-1), "flushed");
  assert.equal(processor.process([[new Float32Array(BLOCK)]]), false);
});

test("a flush at the end of a chunk posts no empty one", () => {
  const processor = make(BLOCK);
  processor.process([[new Float32Array(BLOCK)]]);
  flush(processor);
  assert.deepEqual(chunks(processor).length, 1);
});
