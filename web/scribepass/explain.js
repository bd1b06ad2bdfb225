/**
 * Words for the ends of a stream that nobody wanted. Pure.
 *
 * What Transcribe says itself is passed on. What a browser says about a failed connection is 1006 and nothing
 * more, so those words are a guess, with the reasons that are most often the right ones.
 */
import { StreamError } from "./errors.js";

const AGAIN = "Start again to go on.";
const LATER = "Wait a minute, then start again.";
const OPERATOR = "Whoever runs this service has to look at its AWS credentials and their policy.";

/** By AWS's names, without `Exception`. @type {Record<string, readonly [message: string, advice: string]>} */
const EXCEPTIONS = {
  BadRequest: ["Transcribe did not accept the stream.", "Start again; if it stays, try other settings."],
  LimitExceeded: ["Too many transcriptions are running at the moment.", LATER],
  InternalFailure: ["Transcribe had a fault of its own.", AGAIN],
  ServiceUnavailable: ["Transcribe is not available at the moment.", LATER],
  Conflict: ["Another stream took this one's place.", AGAIN],
  AccessDenied: ["Transcribe did not allow this stream.", OPERATOR],
  UnrecognizedClient: ["Transcribe does not know the credentials behind this ticket.", OPERATOR],
};

/**
 * @param {string} kind AWS's exception name
 * @param {string} said AWS's message
 */
export function explainException(kind, said) {
  const [message, advice] = EXCEPTIONS[kind.replace(/Exception$/, "")] ?? ["Transcribe ended the stream.", AGAIN];
  return new StreamError(kind, message, { details: [said || kind], advice });
}

/**
 * @param {string} state in which it took too long
 * @param {string} host
 */
export function explainSlowness(state, host) {
  if (state === "connecting") {
    return new StreamError("ConnectionFailed", "Transcribe does not answer.", {
      details: [`No connection to ${host} came about.`],
      advice: blockedPort(host),
    });
  }
  return state === "draining"
    ? new StreamError("DrainTimeout", "Transcribe did not finish in time.", { advice: "The last words may be missing." })
    : new StreamError("Stalled", "The connection to Transcribe has gone silent.", { details: [host], advice: AGAIN });
}

/**
 * A close that came without an exception and not at our wish.
 *
 * @param {{
 *   state: string,
 *   heard: boolean,
 *   wasClean: boolean,
 *   reason: string,
 *   host: string,
 *   expired: boolean,
 *   online: boolean,
 * }} close `heard`: any message had arrived · `expired`: the ticket, by now · `reason`: the server's
 */
export function explainClose({ state, heard, wasClean, reason, host, expired, online }) {
  const details = reason ? [reason] : [];
  if (!online) return new StreamError("ConnectionLost", "This device is offline.", { details, advice: AGAIN });
  if (state === "connecting") {
    return new StreamError("ConnectionFailed", "The connection to Transcribe could not be opened.", {
      details: [`${host} did not accept the connection; the browser does not say why.`],
      advice: expired ? "The ticket had expired before it was used. Start again." : blockedPort(host),
    });
  }
  if (!heard) {
    return new StreamError("ConnectionFailed", "Transcribe closed the connection before saying anything.", {
      details,
      advice: "Most often the ticket had expired, or the service's clock is wrong. Start again.",
    });
  }
  const advice = state === "draining" ? "The last words may be missing." : `What was heard until now is kept. ${AGAIN}`;
  return wasClean
    ? new StreamError("StreamEnded", "Transcribe ended the stream.", { details, advice })
    : new StreamError("ConnectionLost", "The connection to Transcribe was lost.", { details, advice });
}

/** @param {string} host */
function blockedPort(host) {
  const port = /:(\d+)$/.exec(host)?.[1] ?? "443";
  return `Most often a network that does not let port ${port} out, or a content security policy without this address.`;
}
