/**
 * Words for the ends of a stream that nobody wanted. Pure.
 *
 * What Transcribe says itself is passed on. What a browser says about a failed connection is 1006 and nothing
 * more, so those words are a guess, with the reasons that are most often the right ones.
 */
import { StreamError } from "./errors.js";

const AGAIN = "Start again to go on.";
const LATER = "Wait a minute, then start again.";
const OPERATOR = "Whoever runs this service has to check its AWS credentials.";
const EXPIRED = "Most often the ticket had expired, or the service's clock is wrong. Start again.";
const ENDED = "Transcribe ended the stream.";
const INCOMPLETE = "The last words may be missing.";

/** By AWS's names, without `Exception`. @type {Record<string, readonly [message: string, advice: string]>} */
const EXCEPTIONS = {
  BadRequest: ["Transcribe did not accept the stream.", "Start again; if it stays, try other settings."],
  LimitExceeded: ["Too many transcriptions are running.", LATER],
  InternalFailure: ["Transcribe had a fault.", AGAIN],
  ServiceUnavailable: ["Transcribe is not available.", LATER],
  Conflict: ["Another stream took this one's place.", AGAIN],
  AccessDenied: ["Transcribe did not allow this stream.", OPERATOR],
  UnrecognizedClient: ["Transcribe does not know the service's credentials.", OPERATOR],
};

/**
 * @param {string} kind AWS's exception name
 * @param {string} said AWS's message
 */
export function explainException(kind, said) {
  const [message, advice] = EXCEPTIONS[kind.replace(/Exception$/, "")] ?? [ENDED, AGAIN];
  return new StreamError(kind, message, { details: [said || kind], advice });
}

/**
 * @param {string} state in which it took too long
 * @param {string} host
 */
export function explainSlowness(state, host) {
  const details = [host];
  if (state === "connecting") {
    return new StreamError("ConnectionFailed", "Transcribe does not answer.", { details, advice: blocked(host) });
  }
  return state === "draining"
    ? new StreamError("DrainTimeout", "Transcribe did not finish in time.", { advice: INCOMPLETE })
    : new StreamError("Stalled", "The connection to Transcribe has gone silent.", { details, advice: AGAIN });
}

/**
 * A close that came without an exception and not at our wish.
 *
 * @param {{ wasClean: boolean, reason: string }} event `reason`: the server's
 * @param {{ host: string, expired: boolean }} ticket
 * @param {{ state: string, heard: boolean, online: boolean }} session `heard`: any message had arrived
 */
export function explainClose({ wasClean, reason }, { host, expired }, { state, heard, online }) {
  const closed = (/** @type {string} */ kind, /** @type {string} */ message, /** @type {string} */ advice) =>
    new StreamError(kind, message, { details: [reason || host], advice });
  if (!online) return closed("ConnectionLost", "This device is offline.", AGAIN);
  if (state === "connecting") {
    const advice = expired ? EXPIRED : blocked(host);
    return closed("ConnectionFailed", "The connection to Transcribe could not be opened.", advice);
  }
  if (!heard) return closed("ConnectionFailed", "Transcribe closed the connection before saying anything.", EXPIRED);
  const advice = state === "draining" ? INCOMPLETE : `What was heard is kept. ${AGAIN}`;
  return wasClean
    ? closed("StreamEnded", ENDED, advice)
    : closed("ConnectionLost", "The connection to Transcribe was lost.", advice);
}

/** @param {string} host */
function blocked(host) {
  const port = /:(\d+)$/.exec(host)?.[1] ?? "443";
  return `Most often a network blocks port ${port}, or a content security policy this address.`;
}
