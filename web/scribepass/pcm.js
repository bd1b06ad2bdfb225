/** Samples as Transcribe wants them: 16-bit little-endian, channels interleaved. Runs on the audio thread too. */

/** What every source gives: Hz. */
export const WIRE_RATE = 16_000;
/** A tenth of a second. */
export const CHUNK_FRAMES = WIRE_RATE / 10;
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

/**
 * A chunk and how loud it is; of two channels, the louder.
 *
 * @param {readonly Float32Array[]} planes a channel each, of the same length
 */
export function encode(planes) {
  const frames = planes[0]?.length ?? 0;
  const view = new DataView(new ArrayBuffer(2 * planes.length * frames));
  let loudest = 0;
  let peak = 0;
  planes.forEach((plane, channel) => {
    let squares = 0;
    plane.forEach((sample, frame) => {
      writeSample(view, 2 * (planes.length * frame + channel), sample);
      squares += sample * sample;
      peak = Math.max(peak, Math.abs(sample));
    });
    loudest = Math.max(loudest, squares);
  });
  return { pcm: view.buffer, level: { rms: decibels(Math.sqrt(loudest / frames)), peak: decibels(peak) } };
}
