/** Where the service is, and what it offers. */
import { ScribepassError } from "../scribepass/index.js";
import { readCatalogue } from "./catalogue.js";

/**
 * The base of the service's addresses: `service` in config.json beside the page, relative to the page. Without the
 * file, or with one that says something else, it is where the page is.
 *
 * @param {string} page the page's own address
 */
export async function locate(page) {
  try {
    const { service } = await (await fetch(new URL("config.json", page))).json();
    const base = new URL(`${service}/`.replace(/\/+$/, "/"), page);
    if (/^https?:$/.test(base.protocol)) return base;
  } catch {
    // Below.
  }
  return new URL(".", page);
}

/**
 * @param {URL} base
 * @param {Record<string, string>} headers the caller's credentials
 * @returns {Promise<{ status: number, catalogue: import("./catalogue.js").Catalogue | null }>}
 * @throws {ScribepassError} when it cannot be reached
 */
export async function askCatalogue(base, headers) {
  try {
    const response = await fetch(new URL("catalogue", base), {
      headers: { Accept: "application/json", ...headers },
      redirect: "error",
      referrerPolicy: "no-referrer",
    });
    return { status: response.status, catalogue: response.ok ? readCatalogue(await response.json()) : null };
  } catch {
    throw new ScribepassError("The service cannot be reached.", {
      details: ["The list of languages could not be loaded."],
      advice: "Check the network, and that the service is running, then reload this page.",
    });
  }
}
