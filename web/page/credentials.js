/**
 * The caller's key or token, for as long as the page is open: in a closure, and nowhere else.
 *
 * A header may hold visible ASCII. Anything else is refused here, because the error of the browser would quote it.
 */

/** @typedef {"key" | "token"} Kind */

const VISIBLE = /^[\x21-\x7e]+$/;

export function createCredentials() {
  /** @type {Record<string, string>} */
  let headers = {};
  return {
    get present() {
      return Object.keys(headers).length > 0;
    },

    headers: () => ({ ...headers }),

    /** Whether it can be one; if so it is used from now on. @param {Kind} kind @param {string} secret */
    set(kind, secret) {
      const value = secret.trim();
      if (!VISIBLE.test(value)) return false;
      headers = kind === "key" ? { "X-API-Key": value } : { Authorization: `Bearer ${value}` };
      return true;
    },

    forget() {
      headers = {};
    },
  };
}
