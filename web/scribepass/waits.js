/** Waiting that a signal can end. */

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
    signal.addEventListener("abort", abort, { once: true });
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
  /** @type {() => void} */
  let done = () => {};
  const over = new Promise((resolve) => (done = () => resolve(undefined)));
  const timer = setTimeout(done, 1000 * seconds);
  globalThis.addEventListener?.("online", done);
  try {
    await until(over, signal);
  } finally {
    clearTimeout(timer);
    globalThis.removeEventListener?.("online", done);
  }
}
