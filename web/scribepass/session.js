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
import { decodeEvent, encodeAudio, encodeConfiguration, encodeEndOfAudio } from "./events.js";
import { explainClose, explainException, explainSlowness } from "./explain.js";
import { FrameDecoder, TRANSCRIBE_LIMITS } from "./frames.js";
import { readHeaders } from "./headers.js";
import { settleable } from "./waits.js";

/**
 * @typedef {import("./types.d.ts").StreamEvent} StreamEvent
 * @typedef {"connecting" | "streaming" | "draining" | "closed" | "failed"} SessionState
 */

/** Who is on which channel of a call, if nobody says otherwise. */
const CALL = {
  ChannelDefinitions: [
    { ChannelId: 0, ParticipantRole: "AGENT" },
    { ChannelId: 1, ParticipantRole: "CUSTOMER" },
  ],
};

export class Session {
  /** @type {SessionState} */
  #state = "connecting";
  #decoder = new FrameDecoder(TRANSCRIBE_LIMITS, readHeaders);
  #heard = false;
  #answered = false;
  #ticket;
  #onEvent;
  #drain;
  #socket;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #opened = settleable();
  #closed = settleable();

  /**
   * Opens the socket at once.
   *
   * @param {import("./tickets.js").Ticket} ticket
   * @param {{
   *   onEvent: (event: StreamEvent) => void,
   *   WebSocket?: typeof globalThis.WebSocket | undefined,
   *   connect?: number,
   *   drain?: number,
   * }} options `onEvent` gets all but failures · seconds: `connect` until the socket has to be open, `drain` until
   *   the next event has to be there after the end of the audio
   */
  constructor(ticket, { onEvent, WebSocket = globalThis.WebSocket, connect = 10, drain = 5 }) {
    this.#ticket = ticket;
    this.#onEvent = onEvent;
    this.#drain = drain;
    this.#socket = ticket.connect(WebSocket);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.#open();
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = (event) => this.#close(event);
    this.#limit(connect);
  }

  get state() {
    return this.#state;
  }

  /** Whether anything has arrived after the end of the audio. */
  get answered() {
    return this.#answered;
  }

  /** Bytes that were sent and have not left this device. */
  get buffered() {
    return this.#socket.bufferedAmount;
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
   * The first event of a Call Analytics stream.
   *
   * @param {Record<string, unknown>} [configuration] in AWS's own form
   */
  configure(configuration = CALL) {
    if (this.#state === "streaming") this.#socket.send(encodeConfiguration(configuration));
  }

  /**
   * Sends a chunk, while the stream is open.
   *
   * @param {Uint8Array} pcm whole samples; an empty one is ignored, as it would be the end
   */
  send(pcm) {
    if (pcm.byteLength && this.#state === "streaming") this.#socket.send(encodeAudio(pcm));
  }

  /** No more audio. The last results still arrive; `closed` says when. */
  stop() {
    if (this.#state !== "streaming") return;
    this.#socket.send(encodeEndOfAudio());
    this.#state = "draining";
    this.#limit(this.#drain);
  }

  /** Ends now. What has not arrived is lost. */
  abort() {
    this.#finish("closed");
  }

  /** Ends now, because of this. @param {Error} error */
  fail(error) {
    this.#finish("failed", error);
  }

  get #over() {
    return this.#state === "closed" || this.#state === "failed";
  }

  /** @param {number} seconds that the state of now may last */
  #limit(seconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.fail(explainSlowness(this.#state, this.#ticket.host)), 1000 * seconds);
  }

  #open() {
    clearTimeout(this.#timer);
    this.#state = "streaming";
    this.#opened.resolve();
  }

  /** @param {unknown} data */
  #receive(data) {
    if (this.#over) return;
    this.#heard = true;
    if (this.#state === "draining") {
      this.#answered = true;
      this.#limit(this.#drain);
    }
    try {
      if (!(data instanceof ArrayBuffer)) throw new RemoteProtocolError("framing", "a text message");
      this.#decoder.receiveData(new Uint8Array(data));
      for (let message; !this.#over && (message = this.#decoder.nextMessage()); ) this.#handle(decodeEvent(message));
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error;
      this.fail(error);
    }
  }

  /** @param {StreamEvent} event */
  #handle(event) {
    if (event.type === "failure") this.fail(explainException(event.kind, event.message));
    else this.#onEvent(event);
  }

  /** @param {CloseEvent} event */
  #close(event) {
    if (this.#state === "draining" && event.wasClean && !this.#decoder.buffered) return this.abort();
    const online = globalThis.navigator?.onLine ?? true;
    this.fail(explainClose(event, this.#ticket, { state: this.#state, heard: this.#heard, online }));
  }

  /** @param {"closed" | "failed"} state @param {Error} [error] */
  #finish(state, error) {
    if (this.#over) return;
    clearTimeout(this.#timer);
    this.#state = state;
    this.#socket.close();
    this.#opened.reject(error ?? new StreamError("Aborted", "The stream was aborted."));
    if (error) this.#closed.reject(error);
    else this.#closed.resolve();
  }
}
