/**
 * One channel from any rate to any other: a windowed-sinc low-pass, evaluated only where an output sample falls.
 *
 * Both rates are whole numbers of Hz. With from / to = M / L in lowest terms, L filters ("phases") cover every place
 * between two input samples where an output can fall; all of them are computed beforehand. Output sample k is what the
 * input was at k * M / L, later by half a filter (3.2 ms at 48 kHz); nothing depends on where one block ends and the
 * next begins.
 *
 * The filter (Kaiser 1974, by way of Oppenheim and Schafer, Discrete-Time Signal Processing, section 7.5): flat up
 * to 90 % of the lower rate's half, and from that half on ATTENUATION down.
 */

/** dB. */
const ATTENUATION = 86;
/** Where the pass band ends, as a part of the lower rate's half, where the stop band begins. */
const PASS = 0.9;

export class Resampler {
  #up;
  #down;
  /** Taps of one phase, a multiple of 4. */
  #taps;
  /** Phase after phase, the newest sample's tap last. */
  #filters;
  /** The last inputs twice, one copy behind the other: wherever the oldest is, all stand in a row from there. */
  #past;
  #oldest = 0;
  /** Inputs times L that the next output still waits for. */
  #ahead = 0;

  /** @param {number} from @param {number} to both in Hz */
  constructor(from, to) {
    const common = divisor(from, to);
    this.#up = to / common;
    this.#down = from / common;
    const stop = Math.min(1, to / from) / 2;
    this.#taps = 4 * Math.ceil((ATTENUATION - 7.95) / (14.36 * (1 - PASS) * stop) / 4);
    this.#filters = filters(this.#up, this.#taps, (stop * (1 + PASS)) / 2);
    this.#past = new Float32Array(2 * this.#taps);
  }

  /** How many outputs `frames` more inputs can give at most. @param {number} frames */
  most(frames) {
    return Math.ceil((frames * this.#up) / this.#down);
  }

  /**
   * Takes all of `input`; writes what can be said by now to the start of `output`. Allocates nothing.
   *
   * @param {Float32Array} input
   * @param {Float32Array} output at least `most(input.length)` long
   * @param {number} [frames] how many of `input`
   * @returns {number} how many were written: after n inputs in all, ceil(n * to / from) in all
   */
  process(input, output, frames = input.length) {
    const taps = this.#taps;
    const past = this.#past;
    let written = 0;
    for (let frame = 0; frame < frames; frame++) {
      past[this.#oldest] = past[this.#oldest + taps] = input[frame] ?? 0;
      this.#oldest = (this.#oldest + 1) % taps;
      for (; this.#ahead < this.#up; this.#ahead += this.#down) output[written++] = this.#value(this.#ahead);
      this.#ahead -= this.#up;
    }
    return written;
  }

  /** @param {number} phase */
  #value(phase) {
    const taps = this.#taps;
    const filters = this.#filters;
    const past = this.#past;
    const first = phase * taps;
    const oldest = this.#oldest;
    // Four sums: one would wait for itself.
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let tap = 0; tap < taps; tap += 4) {
      sum0 += at(filters, first + tap) * at(past, oldest + tap);
      sum1 += at(filters, first + tap + 1) * at(past, oldest + tap + 1);
      sum2 += at(filters, first + tap + 2) * at(past, oldest + tap + 2);
      sum3 += at(filters, first + tap + 3) * at(past, oldest + tap + 3);
    }
    return sum0 + sum1 + (sum2 + sum3);
  }
}

/** An element that is there. @param {Float32Array} samples @param {number} index */
function at(samples, index) {
  return /** @type {number} */ (samples[index]);
}

/** @param {number} one @param {number} other @returns {number} */
function divisor(one, other) {
  return other ? divisor(other, one % other) : one;
}

/**
 * All phases of the low-pass, each of gain 1.
 *
 * @param {number} phases
 * @param {number} taps
 * @param {number} cutoff cycles per input sample, where half is left
 */
function filters(phases, taps, cutoff) {
  const shape = 0.1102 * (ATTENUATION - 8.7);
  const half = taps / 2;
  const all = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    const one = all.subarray(phase * taps, (phase + 1) * taps);
    let gain = 0;
    for (let tap = 0; tap < taps; tap++) {
      // Samples from the filter's middle; the output lies phase / phases after the newest input, less the delay.
      const time = tap + 1 - half - phase / phases;
      const edge = Math.max(0, 1 - (time / half) ** 2);
      const turn = 2 * Math.PI * cutoff * time;
      one[tap] = (turn ? Math.sin(turn) / turn : 1) * bessel(shape * Math.sqrt(edge));
      gain += one[tap] ?? 0;
    }
    for (let tap = 0; tap < taps; tap++) one[tap] = (one[tap] ?? 0) / gain;
  }
  return all;
}

/** The modified Bessel function of the first kind, of order 0, by its series. @param {number} x */
function bessel(x) {
  let sum = 1;
  for (let term = 1, n = 1; term > sum * 1e-12; n++) sum += term *= (x / (2 * n)) ** 2;
  return sum;
}
