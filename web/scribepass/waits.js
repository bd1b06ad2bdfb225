/** Waiting: that can be ended, by a signal or from outside. */

/**
 * A promise with its ends outside. Nobody has to listen to it.
 *
 * @returns {{ promise: Promise<void>, resolve: () => void, reject: (error: unknown) => void }}
 */
export function settleable() {
  /** @type {any} */
  const ends = {};
  ends.promise = new Promise((resolve, reject) => Object.assign(ends, { resolve, reject }));
  ends.promise.catch(() => {});
  return ends;
}

/**
 * The promise's outcome; rejects if there is none within so many milliseconds.
 *
 * @template T
 * @param {number} most
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export function within(most, promise) {
  const late = settleable();
  const timer = setTimeout(late.reject, most);
  return Promise.race([promise, /** @type {Promise<never>} */ (late.promise)]).finally(() => clearTimeout(timer));
}

/**
 * The promise's outcome, or the signal's reason if that comes first.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
export function until(promise, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/**
 * Resolves after `seconds`, or as soon as the device is online again.
 *
 * @param {number} seconds
 * @param {AbortSignal} signal
 */
export async function pauseFor(seconds, signal) {
  const { promise, resolve } = settleable();
  const timer = setTimeout(resolve, 1000 * seconds);
  globalThis.addEventListener?.("online", resolve);
  try {
    await until(promise, signal);
  } finally {
    clearTimeout(timer);
    globalThis.removeEventListener?.("online", resolve);
  }
}
