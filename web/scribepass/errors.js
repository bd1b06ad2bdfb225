/**
 * Every error that the library raises on purpose.
 *
 *     ScribepassError
 *     ├── ProtocolError
 *     │   ├── LocalProtocolError    protocol_misuse      this side tried what the protocol forbids
 *     │   └── RemoteProtocolError   malformed_stream     .kind: checksum, framing, header, limit, payload
 *     ├── MicrophoneError           microphone_failed    .kind: insecure, denied, missing, busy, …
 *     ├── TicketError               ticket_refused       .status, .problem (RFC 9457), .retryAfter
 *     └── StreamError               stream_failed        .kind: AWS's exception name, or ConnectionLost, …
 *
 * Each has a stable `code`, and words for a person: `message` says what happened, `details` is what
 * the other side said about it (plain text, show it as text), `advice` says what to do.
 * None ever holds a presigned URL, nor a `cause` that might.
 */

/** @typedef {{ details?: readonly string[], advice?: string }} Words */

/** @param {string} text */
function redacted(text) {
  return text
    .replace(/(wss?:\/\/[^\s"'<>?]*)\?[^\s"'<>]*/gi, "$1?…")
    .replace(/(x-amz-(?:signature|security-token|credential)(?:[=:]|%(?:25)*3d)\s*)[^\s&"'<>]+/gi, "$1…");
}

export class ScribepassError extends Error {
  /** A stable slug, the same as on the server where both have the error. */
  code = "error";

  /**
   * @param {string} message
   * @param {Words} [words]
   */
  constructor(message, { details = [], advice = "" } = {}) {
    super(message);
    this.name = new.target.name;
    /**
     * What the other side said. Plain text, from which secrets are struck: AWS quotes requests that it refuses.
     *
     * @type {readonly string[]}
     */
    this.details = details.map(redacted);
    this.advice = advice;
  }
}

export class ProtocolError extends ScribepassError {
  code = "protocol_error";
}

/** This side tried to do what the protocol does not allow. Nothing was sent. */
export class LocalProtocolError extends ProtocolError {
  code = "protocol_misuse";
}

/** The other side's bytes are not a valid event stream. `kind` says which rule they broke. */
export class RemoteProtocolError extends ProtocolError {
  code = "malformed_stream";

  /** @param {"checksum" | "framing" | "header" | "limit" | "payload"} kind @param {string} detail */
  constructor(kind, detail) {
    super("The server's answer could not be read.", {
      details: [detail],
      advice: "Start again. If it stays, something on the way alters the data.",
    });
    this.kind = kind;
  }
}

/** The source of audio cannot be had, or was lost: a microphone as a rule, a screen without sound, a file. */
export class MicrophoneError extends ScribepassError {
  code = "microphone_failed";

  /**
   * @param {"insecure" | "unsupported" | "denied" | "blocked" | "missing" | "busy" | "suspended" | "unloaded" | "ended" | "silent" | "unreadable"} kind
   * @param {string} message
   * @param {string} advice
   */
  constructor(kind, message, advice) {
    super(message, { advice });
    this.kind = kind;
  }
}

/** The service gave no ticket. `status` is 0 when it could not be reached; `problem` is its RFC 9457 body. */
export class TicketError extends ScribepassError {
  code = "ticket_refused";

  /**
   * @param {string} message
   * @param {Words & { status?: number, problem?: Record<string, unknown>, retryAfter?: number | null }} more
   */
  constructor(message, { status = 0, problem = {}, retryAfter = null, ...words }) {
    super(message, words);
    this.status = status;
    this.problem = problem;
    /** Seconds, where the service named them. */
    this.retryAfter = retryAfter;
  }
}

/** Transcribe ended the stream with an exception, or the connection was lost. */
export class StreamError extends ScribepassError {
  code = "stream_failed";

  /** @param {string} kind @param {string} message @param {Words} [words] */
  constructor(kind, message, words) {
    super(message, words);
    this.kind = kind;
  }
}
