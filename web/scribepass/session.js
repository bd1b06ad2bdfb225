/**
 * One stream over one WebSocket.
 *
 *     CONNECTING ──open──► STREAMING ──stop()──► DRAINING ──the server's close──► CLOSED
 *          └───────────────────┴─────────────────────┴──── exception, loss, garbage ──► FAILED
 *
 * Stop means drain: an empty audio event, then wait until the server closes. A browser discards messages that
 * arrive after its own close(), and the last words would be among them.
 */
import { RemoteProtocolError, StreamError } from "./errors.js";
import { decodeEvent, encodeAudio, encodeEndOfAudio } from "./events.js";
import { Decoder, TRANSCRIBE_LIMITS } from "./eventstream.js";
import { explainClose, explainException, explainSlowness } from "./explain.js";

/**
 * @typedef {import("./types.d.ts").Result} Result
 * @typedef {"connecting" | "streaming" | "draining" | "closed" | "failed"} SessionState
 */

/** A socket that is not open by then is being swallowed by something on the way. */
const CONNECT_MS = 10_000;
/** Transcribe's last results come within two seconds of the end of the audio. */
const DRAIN_MS = 5_000;

export class Session {
  /** @type {SessionState} */
  #state = "connecting";
  /** Frames that wait for the socket to open. @type {Uint8Array[]} */
  #waiting = [];
  #decoder = new Decoder(TRANSCRIBE_LIMITS);
  #heard = false;
  #ended = false;
  #ticket;
  #onResults;
  #socket;
  /** @type {ReturnType<typeof setTimeout>} */
  #timer;
  #opened = settleable();
  #closed = settleable();

  /**
   * Opens the socket at once.
   *
   * @param {import("./tickets.js").Ticket} ticket
   * @param {{
   *   onResults: (results: readonly Result[]) => void,
   *   WebSocket?: typeof globalThis.WebSocket,
   * }} options
   */
  constructor(ticket, { onResults, WebSocket = globalThis.WebSocket }) {
    this.#ticket = ticket;
    this.#onResults = onResults;
    this.#socket = ticket.connect(WebSocket);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.#open();
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = (event) => this.#close(event);
    this.#timer = setTimeout(() => this.#fail(explainSlowness("connecting", ticket.host)), CONNECT_MS);
  }

  get state() {
    return this.#state;
  }

  /** Resolves when the socket is open, which does not mean authorised: Transcribe refuses after the handshake. */
  get opened() {
    return this.#opened.promise;
  }

  /** Resolves when the stream has ended as it should, or was aborted; rejects with what went wrong. */
  get closed() {
    return this.#closed.promise;
  }

  /**
   * Sends a chunk, at once or as soon as the socket is open. After stop() nothing is sent.
   *
   * @param {ArrayBuffer} pcm whole samples; an empty one is ignored, as it would be the end
   */
  send(pcm) {
    if (pcm.byteLength && !this.#ended) this.#transmit(encodeAudio(pcm));
  }

  /**
   * No more audio. The last results still arrive; `closed` says when.
   */
  stop() {
    if (this.#ended || this.#over) return;
    this.#transmit(encodeEndOfAudio());
    this.#ended = true;
    if (this.#state === "streaming") this.#drain();
  }

  /** Ends now. What has not arrived is lost. */
  abort() {
    if (!this.#over) this.#finish("closed");
  }

  get #over() {
    return this.#state === "closed" || this.#state === "failed";
  }

  /** @param {Uint8Array} frame */
  #transmit(frame) {
    if (this.#state === "connecting") this.#waiting.push(frame);
    else if (this.#state === "streaming") this.#socket.send(frame);
  }

  #open() {
    clearTimeout(this.#timer);
    this.#state = "streaming";
    for (const frame of this.#waiting.splice(0)) this.#socket.send(frame);
    if (this.#ended) this.#drain();
    this.#opened.resolve();
  }

  #drain() {
    this.#state = "draining";
    this.#timer = setTimeout(() => this.#fail(explainSlowness("draining", this.#ticket.host)), DRAIN_MS);
  }

  /** @param {unknown} data */
  #receive(data) {
    if (this.#over) return;
    this.#heard = true;
    try {
      if (!(data instanceof ArrayBuffer)) throw new RemoteProtocolError("framing", "a text message");
      this.#decoder.receiveData(new Uint8Array(data));
      for (let message; !this.#over && (message = this.#decoder.nextMessage()); ) this.#handle(decodeEvent(message));
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error;
      this.#fail(error);
    }
  }

  /** @param {import("./types.d.ts").StreamEvent} event */
  #handle(event) {
    if (event.type === "failure") this.#fail(explainException(event.kind, event.message));
    else if (event.type === "transcript" && event.results.length) this.#onResults(event.results);
  }

  /** @param {CloseEvent} event */
  #close(event) {
    if (this.#over) return;
    if (this.#state === "draining" && event.wasClean && !this.#decoder.buffered) return this.#finish("closed");
    this.#fail(
      explainClose({
        state: this.#state,
        heard: this.#heard,
        wasClean: event.wasClean,
        reason: event.reason,
        host: this.#ticket.host,
        expired: this.#ticket.expired,
        online: globalThis.navigator?.onLine ?? true,
      }),
    );
  }

  /** @param {Error} error */
  #fail(error) {
    this.#finish("failed", error);
  }

  /** @param {"closed" | "failed"} state @param {Error} [error] */
  #finish(state, error) {
    clearTimeout(this.#timer);
    this.#state = state;
    this.#waiting = [];
    this.#socket.close();
    if (error) {
      this.#opened.reject(error);
      this.#closed.reject(error);
    } else {
      this.#opened.reject(new StreamError("Aborted", "The stream was aborted."));
      this.#closed.resolve();
    }
  }
}

/** A promise with its two ends outside. Nobody has to listen to it. */
function settleable() {
  /** @type {() => void} */
  let resolve = () => {};
  /** @type {(error: Error) => void} */
  let reject = () => {};
  const promise = /** @type {Promise<void>} */ (
    new Promise((fulfil, refuse) => {
      resolve = () => fulfil(undefined);
      reject = refuse;
    })
  );
  promise.catch(() => {});
  return { promise, resolve, reject };
}
