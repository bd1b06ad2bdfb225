import assert from "node:assert/strict";
import { test } from "node:test";

import { decibels, writeSample } from "../../web/scribepass/pcm.js";

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
