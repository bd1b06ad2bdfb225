/** The tickets of one run: which parameters they are asked with, and which session they are for. */
import { TicketError } from "./errors.js";
import { reportClosed, requestTicket } from "./tickets.js";

/**
 * @typedef {import("./types.d.ts").TranscriberOptions} Options
 * @typedef {import("./tickets.js").Ticket} Ticket
 * @typedef {{ sampleRate: number, channels: number }} Form
 */

/** The service will not let this session go on. */
const ENDED = [400, 403, 404];

export class Ticketing {
  #options;
  /** Of the session that the next stream goes on with. @type {Ticket | undefined} */
  #ticket;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * A fresh ticket: for the session of the last one, or, after leave() and where that is refused, for another.
   *
   * @param {Form} form of the audio
   * @param {AbortSignal} signal
   * @returns {Promise<Ticket>}
   */
  async next(form, signal) {
    const earlier = this.#ticket?.ticketId;
    const parameters = { ...this.#parameters(form), ...(earlier && { "ticket-id": earlier }) };
    try {
      const ticket = await requestTicket({ ...this.#where(), parameters, signal });
      this.#ticket = ticket;
      // One that comes too late is of no use to anybody.
      if (signal.aborted) this.leave();
      return ticket;
    } catch (error) {
      if (!earlier || !(error instanceof TicketError) || !ENDED.includes(error.status)) throw error;
      this.leave();
      return this.next(form, signal);
    }
  }

  /** The session is over, and the service is told. */
  leave() {
    if (this.#ticket) reportClosed(this.#ticket, this.#where());
    this.#ticket = undefined;
  }

  #where() {
    const { presign = "/presign", headers, fetch } = this.#options;
    return { url: presign, headers, fetch };
  }

  /** @param {Form} form */
  #parameters({ sampleRate, channels }) {
    const { language, region, operation, parameters = {} } = this.#options;
    const identifies = parameters["identify-language"] || parameters["identify-multiple-languages"];
    const stereo = channels === 2 && operation !== "call-analytics";
    // As JSON: what is undefined is left out.
    return {
      "language-code": identifies ? undefined : (language ?? "en-US"),
      "media-encoding": "pcm",
      "sample-rate": sampleRate,
      region: region || undefined,
      operation: operation || undefined,
      "enable-channel-identification": stereo || undefined,
      "number-of-channels": stereo ? channels : undefined,
      ...parameters,
    };
  }
}
