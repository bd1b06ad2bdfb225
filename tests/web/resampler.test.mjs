import assert from "node:assert/strict";
import { test } from "node:test";

import { Resampler } from "../../web/scribepass/resampler.js";

const WIRE = 16_000;
const RATES = [48_000, 44_100, 96_000, 22_050, 8_000];

/** `seconds` of a signal; `phase(t)` in turns. */
const wave = (rate, seconds, phase) =>
  Float32Array.from({ length: Math.round(rate * seconds) }, (_, n) => 0.5 * Math.sin(2 * Math.PI * phase(n / rate)));
const tone = (rate, hz, seconds = 0.2) => wave(rate, seconds, (t) => hz * t);
/** From nothing to the input's Nyquist. */
const sweep = (rate, seconds) => wave(rate, seconds, (t) => (rate / 4 / seconds) * t * t);

/** All of `input`, in blocks of the sizes that `size` gives. */
function resample(rate, input, size = () => input.length) {
  const resampler = new Resampler(rate, WIRE);
  const parts = [];
  for (let start = 0; start < input.length; ) {
    const block = input.subarray(start, start + size());
    const output = new Float32Array(resampler.most(block.length));
    parts.push(output.slice(0, resampler.process(block, output)));
    start += block.length;
  }
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

const db = (ratio) => 20 * Math.log10(ratio);
const rms = (samples) => Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
/** What the filter's beginning has no part in. */
const settled = (samples) => samples.subarray(800, 800 + 2000);

/** One frequency of the output, by least squares: its amplitude, and what is left without it. */
function without(samples, hz) {
  const cos = samples.map((_, n) => Math.cos((2 * Math.PI * hz * n) / WIRE));
  const sin = samples.map((_, n) => Math.sin((2 * Math.PI * hz * n) / WIRE));
  const dot = (one, other) => one.reduce((sum, value, n) => sum + value * other[n], 0);
  const [cc, cs, ss, xc, xs] = [dot(cos, cos), dot(cos, sin), dot(sin, sin), dot(samples, cos), dot(samples, sin)];
  const scale = cc * ss - cs * cs;
  const [a, b] = [(xc * ss - xs * cs) / scale, (xs * cc - xc * cs) / scale];
  return { amplitude: Math.hypot(a, b), rest: samples.map((sample, n) => sample - a * cos[n] - b * sin[n]) };
}

/** Numbers that look random and are the same each time. */
function* dice(seed) {
  for (;;) yield (seed = (seed * 48271) % 2147483647) / 2147483647;
}

for (const rate of RATES) {
  const nyquist = Math.min(rate, WIRE) / 2;

  test(`${rate} Hz: what is below 90 % of the new Nyquist passes within 0.5 dB, and nothing else appears`, () => {
    for (let part = 0.01; part <= 0.9001; part += 0.089) {
      const hz = Math.round((part * nyquist) / 10) * 10;
      const output = settled(resample(rate, tone(rate, hz)));
      const { amplitude, rest } = without(output, hz);
      assert.ok(Math.abs(db(amplitude / 0.5)) < 0.5, `${hz} Hz: ${db(amplitude / 0.5)} dB`);
      const other = db(rms(rest) / rms(output));
      assert.ok(other < -80, `${hz} Hz: ${other} dB of something else`);
    }
  });

  if (rate > WIRE) {
    test(`${rate} Hz: nothing from the new Nyquist on comes back below it: 80 dB down`, () => {
      for (let hz = WIRE / 2; hz < rate / 2; hz += Math.max(100, (rate / 2 - 8000) / 40)) {
        const left = rms(settled(resample(rate, tone(rate, hz)))) / rms(tone(rate, hz));
        assert.ok(db(left) < -80, `${hz} Hz: ${db(left)} dB`);
      }
    });

    test(`${rate} Hz: a sweep is silent once it is beyond the new Nyquist`, () => {
      const output = resample(rate, sweep(rate, 1));
      const crossing = Math.ceil((WIRE / rate) * output.length);
      const tail = output.subarray(crossing + 320);
      assert.ok(tail.length > 1000);
      const peak = tail.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      assert.ok(db(peak / 0.5) < -78, `${db(peak / 0.5)} dB`);
    });
  }

  test(`${rate} Hz: one sweep, whole, in blocks of 128 and of any size: the same samples`, () => {
    const input = sweep(rate, 0.5);
    const whole = resample(rate, input);
    assert.deepEqual(resample(rate, input, () => 128), whole);
    assert.deepEqual(resample(rate, input, () => 1), whole);
    const random = dice(rate);
    assert.deepEqual(resample(rate, input, () => 1 + Math.floor(1000 * random.next().value)), whole);
  });

  test(`${rate} Hz: no drift: after n samples there are ceil(n * 16000 / ${rate})`, () => {
    const resampler = new Resampler(rate, WIRE);
    const output = new Float32Array(resampler.most(128));
    const input = new Float32Array(128);
    let written = 0;
    for (let blocks = 1; blocks <= 4000; blocks += 1) {
      written += resampler.process(input, output);
      assert.equal(written, Math.ceil((blocks * 128 * WIRE) / rate));
    }
  });

  test(`${rate} Hz: what is steady stays what it is, to the last bit of 16`, () => {
    const output = resample(rate, new Float32Array(rate / 4).fill(0.5));
    for (const sample of settled(output)) assert.ok(Math.abs(sample - 0.5) < 1 / 65536);
  });

  test(`${rate} Hz: a click comes out once, at its time, later by less than 8 ms`, () => {
    const input = new Float32Array(rate / 2);
    input[rate / 10] = 1;
    const output = resample(rate, input);
    const at = output.reduce((best, sample, n) => (Math.abs(sample) > Math.abs(output[best]) ? n : best), 0);
    assert.ok(at / WIRE >= 0.1 && at / WIRE < 0.108, `${at / WIRE} s`);
  });
}

for (const rate of [11_025, 24_000, 32_000, 88_200, 192_000, 44_099]) {
  test(`${rate} Hz is a rate like any other`, () => {
    const { amplitude, rest } = without(settled(resample(rate, tone(rate, 1000))), 1000);
    assert.ok(Math.abs(db(amplitude / 0.5)) < 0.1 && db(rms(rest)) < -90, `${amplitude}, ${db(rms(rest))} dB`);
  });
}
