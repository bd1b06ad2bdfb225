import assert from "node:assert/strict";
import { test } from "node:test";

import { decibels, encode, writeSample } from "../../web/scribepass/pcm.js";

const written = (sample) => {
  const view = new DataView(new ArrayBuffer(2));
  writeSample(view, 0, sample);
  return view.getInt16(0, true);
};

for (const [sample, expected] of [
  [0, 0],
  [1 / 32768, 1],
  [-1 / 32768, -1],
  [0.5, 16384],
  [-1, -32768],
  [1, 32767],
  [1.7, 32767],
  [-1.7, -32768],
  [Infinity, 32767],
  [-Infinity, -32768],
  [NaN, 0],
]) {
  test(`a sample of ${sample} is ${expected}: rounded, clamped, never wrapped`, () => {
    assert.equal(written(sample), expected);
  });
}

test("every 16-bit sample comes out as it went in", () => {
  for (let value = -32768; value <= 32767; value++) assert.equal(written(Math.fround(value / 32768)), value);
});

test("samples are little-endian, at the offset that was asked for", () => {
  const bytes = new Uint8Array(6);
  writeSample(new DataView(bytes.buffer), 2, 0x1234 / 32768);
  assert.deepEqual([...bytes], [0, 0, 0x34, 0x12, 0, 0]);
});

for (const [amplitude, expected] of [
  [1, 0],
  [0.5, -6.02],
  [0.001, -60],
  [0, -100],
  [1e-9, -100],
  [2, 0],
  [NaN, -100],
]) {
  test(`an amplitude of ${amplitude} is ${expected} dBFS`, () => {
    assert.ok(Math.abs(decibels(amplitude) - expected) < 0.01, String(decibels(amplitude)));
  });
}

test("a chunk is its samples in order; of several channels, interleaved", () => {
  const [left, right] = [Float32Array.of(0.5, -0.5, 1), Float32Array.of(0, 0.25, -1)];
  assert.deepEqual([...new Int16Array(encode([left]).pcm)], [16384, -16384, 32767]);
  assert.deepEqual([...new Int16Array(encode([left, right]).pcm)], [16384, 0, -16384, 8192, 32767, -32768]);
});

test("a chunk's level is the louder channel's, its peak the highest of both", () => {
  const loud = new Float32Array(100).fill(0.5);
  const click = Float32Array.from({ length: 100 }, (_, n) => (n === 50 ? -1 : 0));
  const { rms, peak } = encode([loud, click]).level;
  assert.deepEqual([rms.toFixed(2), peak], ["-6.02", 0]);
  assert.deepEqual(encode([click, loud]).level, { rms, peak });
  assert.deepEqual(encode([new Float32Array(100)]).level, { rms: -100, peak: -100 });
});
