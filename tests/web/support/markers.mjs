/**
 * Audio that counts, as the local AWS's `markers` recogniser hears it: no loss goes unseen. Runs in a page too.
 *
 * Number n (1, 2, 3, …) sounds from 0.2·(n - 1) to 0.2·(n - 1) + 0.1 seconds. The same bytes are made by
 * `tests/support/markers.py`; what a marker is, `service/scribepass/local/recognisers/tones.py` says.
 */
export const PERIOD_SECONDS = 0.2;
export const MARK_SECONDS = 0.1;
const RAMP_SECONDS = 0.002;
/** Of each of the 16 tones. */
const AMPLITUDE = 0.08;

/** When a number sounds, in seconds. @param {number} number @returns {[number, number]} */
export function times(number) {
  const start = PERIOD_SECONDS * (number - 1);
  return [start, start + MARK_SECONDS];
}

/** The bits of a number, the upper four its check. @param {number} number 1 to 4095 */
const code = (number) => number | (((number ^ (number >> 4) ^ (number >> 8)) & 15) ^ 10) << 12;

/** One marker without the silence after it. @param {number} number @param {number} rate */
function marker(number, rate) {
  const steps = Array.from({ length: 16 }, (_, bit) => 2 * bit + ((code(number) >> bit) & 1));
  return Int16Array.from({ length: Math.round(MARK_SECONDS * rate) }, (_, at) => {
    const seconds = at / rate;
    let sound = 0;
    // The phases turn faster with each tone, so that the tones do not all peak at once.
    for (const step of steps) {
      sound += Math.sin(2 * Math.PI * (500 + 100 * step) * seconds + (Math.PI * step * step) / 32);
    }
    const ramp = Math.min(1, Math.min(seconds, MARK_SECONDS - seconds) / RAMP_SECONDS);
    return Math.floor(AMPLITUDE * ramp * sound * 32767 + 0.5);
  });
}

/**
 * The markers from `first` on, mono, each with silence behind it.
 *
 * @param {number} numbers
 * @param {{ first?: number, rate?: number }} [options]
 */
export function count(numbers, { first = 1, rate = 16_000 } = {}) {
  const period = Math.round(PERIOD_SECONDS * rate);
  const pcm = new Int16Array(numbers * period);
  for (let at = 0; at < numbers; at += 1) pcm.set(marker(first + at, rate), at * period);
  return pcm;
}

/**
 * Samples as a WAV file.
 *
 * @param {Int16Array} pcm interleaved
 * @param {{ rate?: number, channels?: number }} [options]
 */
export function wav(pcm, { rate = 16_000, channels = 1 } = {}) {
  const head = new DataView(new ArrayBuffer(44));
  const write = (/** @type {number} */ at, /** @type {string} */ text) =>
    [...text].forEach((letter, index) => head.setUint8(at + index, letter.charCodeAt(0)));
  write(0, "RIFF");
  head.setUint32(4, 36 + pcm.byteLength, true);
  write(8, "WAVEfmt ");
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true);
  head.setUint16(22, channels, true);
  head.setUint32(24, rate, true);
  head.setUint32(28, rate * channels * 2, true);
  head.setUint16(32, channels * 2, true);
  head.setUint16(34, 16, true);
  write(36, "data");
  head.setUint32(40, pcm.byteLength, true);
  return new Blob([head, pcm], { type: "audio/wav" });
}
