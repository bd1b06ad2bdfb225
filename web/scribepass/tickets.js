/**
 * Tickets: POST /presign → the right to open one stream.
 *
 * The presigned URL is a secret that anyone could use until it expires. It stays in a private field: a ticket can
 * open a socket with it, and nothing else can be done with it.
 */
import { StreamError, TicketError } from "./errors.js";
import { isBody } from "./results.js";
import { until } from "./waits.js";

/** @typedef {Record<string, unknown>} Json */

/** A service that has not answered by then does not work. */
const TIMEOUT_MS = 10_000;
/** What all requests have in common: none is followed to elsewhere, or tells from where it comes. */
const POST = /** @type {const} */ ({ method: "POST", redirect: "error", referrerPolicy: "no-referrer" });

/** What to do about a refusal, by HTTP status; what it was about, the service says itself. @type {Record<number, string>} */
const ADVICE = {
  401: "This service wants to know who is asking, by a key or a token.",
  403: "Ask whoever runs this service for permission.",
  429: "Wait a little.",
  500: "Try again. If it stays, tell whoever runs this service.",
  503: "Try again in a minute. If it stays, tell whoever runs this service.",
};

export class Ticket {
  #url;
  #expiresAt;

  /** Throws if the URL is not one of a WebSocket. @param {string} url @param {Json} body the service's answer */
  constructor(url, body) {
    const { protocol, host } = new URL(url);
    if (!/^wss?:$/.test(protocol)) throw new TypeError(protocol);
    this.#url = url;
    // By a clock that nobody sets: the browser's date may be wrong by hours.
    this.#expiresAt = performance.now() + 1000 * Number(body["expires_in"]);
    /** Host and port of the stream; not a secret. */
    this.host = host;
    const text = (/** @type {string} */ name) => String(body[name] ?? "");
    this.sessionId = text("session_id");
    this.ticketId = text("ticket_id");
    this.region = text("region");
    this.operation = text("operation");
    /** The stream parameters that were signed. */
    this.parameters = Object.freeze({ .../** @type {Record<string, string>} */ (body["parameters"]) });
  }

  get expired() {
    return performance.now() >= this.#expiresAt;
  }

  /**
   * A socket that is being opened. The error of a failed constructor would quote the URL, so it is replaced.
   *
   * @param {typeof WebSocket} Socket
   */
  connect(Socket) {
    try {
      return new Socket(this.#url);
    } catch {
      throw new StreamError("ConnectionFailed", "The browser does not allow a connection to Transcribe.", {
        details: [this.host],
        advice: "The page's content security policy (connect-src) has to allow this address.",
      });
    }
  }
}

/**
 * A fresh ticket.
 *
 * @param {{
 *   url: string,
 *   parameters: Json,
 *   headers?: (() => HeadersInit | Promise<HeadersInit>) | undefined,
 *   signal?: AbortSignal,
 *   fetch?: typeof globalThis.fetch | undefined,
 * }} request
 * @returns {Promise<Ticket>}
 * @throws {TicketError} also when the service cannot be reached
 */
export async function requestTicket({ url, parameters, headers, signal, fetch = globalThis.fetch }) {
  const limit = new AbortController();
  const abort = () => limit.abort();
  const timer = setTimeout(abort, TIMEOUT_MS);
  signal?.addEventListener("abort", abort);
  try {
    signal?.throwIfAborted();
    const all = await until(headersFrom(headers), limit.signal);
    all.set("Content-Type", "application/json");
    const body = JSON.stringify(parameters);
    const response = await fetch(url, { ...POST, headers: all, body, cache: "no-store", signal: limit.signal });
    return ticketOf(response, await readJson(response));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TicketError) throw error;
    throw new TicketError("The service cannot be reached.", { advice: "Check the network, and the service." });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/**
 * Tell the service that the ticket's session is over: until then it counts as one that may still be open. Nobody
 * waits for it, it outlives the page, and where it fails the service finds out by itself after a while.
 *
 * @param {Ticket} ticket
 * @param {{
 *   url: string,
 *   headers?: (() => HeadersInit | Promise<HeadersInit>) | undefined,
 *   fetch?: typeof globalThis.fetch | undefined,
 * }} request that of the ticket; a `url` that does not end in /presign is not scribepass's own, and is not asked
 */
export async function reportClosed(ticket, { url, headers, fetch = globalThis.fetch }) {
  const service = /^(.*)\/presign$/.exec(url)?.[1];
  if (service === undefined || !ticket.ticketId) return;
  try {
    await fetch(`${service}/sessions/${encodeURIComponent(ticket.ticketId)}/closed`, {
      ...POST,
      headers: new Headers(await headers?.()),
      keepalive: true,
    });
  } catch {
    // The lease ends by itself.
  }
}

/**
 * What the page puts in front of a request. It may have to fetch a token, over the network that was just lost.
 *
 * @param {(() => HeadersInit | Promise<HeadersInit>) | undefined} headers
 */
async function headersFrom(headers) {
  try {
    return new Headers(await headers?.());
  } catch {
    throw new TicketError("This page could not ask the service.", {
      details: ["The headers of its request failed."],
      advice: "Check the network, and sign in again.",
    });
  }
}

/** @param {Response} response @returns {Promise<Json>} empty if it is not a JSON object */
async function readJson(response) {
  const text = await response.text();
  try {
    const body = JSON.parse(text);
    return isBody(body) ? body : {};
  } catch {
    return {};
  }
}

/** @param {Response} response @param {Json} body */
function ticketOf(response, body) {
  const { status, ok } = response;
  if (!ok) throw refusal(response, body);
  try {
    return new Ticket(String(body["url"]), body);
  } catch {
    // What was wrong with it would quote it.
    throw new TicketError("The service's answer is not a ticket.", { status, advice: "Something else answers at this address." });
  }
}

/** @param {Response} response @param {Json} problem RFC 9457, with a list of `problems` for parameters */
function refusal(response, problem) {
  const seconds = parseInt(response.headers.get("Retry-After") ?? "");
  const retryAfter = seconds >= 0 ? seconds : null;
  const wait = retryAfter === null ? "" : ` The service asks to wait ${retryAfter} s.`;
  return new TicketError("The service did not give a ticket.", {
    status: response.status,
    problem,
    retryAfter,
    details: sentences(problem, response.status),
    advice: (ADVICE[response.status] ?? "") + wait,
  });
}

/** What the service says, as sentences. @param {Json} problem @param {number} status */
function sentences(problem, status) {
  const { title, detail, problems } = problem;
  const faults = Array.isArray(problems) ? problems : [];
  const said = [detail ?? title, ...faults.map((fault) => `${fault?.field}: ${fault?.message}`)];
  const texts = said.filter((sentence) => typeof sentence === "string");
  return texts.length ? texts : [`It answered with status ${status}.`];
}

