/** Samples as Transcribe wants them: signed 16-bit little-endian. Runs on the audio thread too; allocates nothing. */

/** What silence is called: no microphone goes below it. */
const FLOOR = -100;

/**
 * Writes one sample at a byte offset. What is beyond full scale is clamped, what is not a number is silence.
 * A sample that came from 16 bits (n / 32768) comes out as it was.
 *
 * @param {DataView} view
 * @param {number} offset
 * @param {number} sample -1 to 1
 */
export function writeSample(view, offset, sample) {
  const scaled = Math.round(sample * 32768);
  view.setInt16(offset, scaled > 32767 ? 32767 : scaled < -32768 ? -32768 : scaled, true);
}

/**
 * An amplitude (1 is full scale) in dBFS, -100 to 0.
 *
 * @param {number} amplitude
 */
export function decibels(amplitude) {
  return Math.min(0, Math.max(FLOOR, 20 * Math.log10(amplitude || 0)));
}
