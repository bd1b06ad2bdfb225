/** What goes wrong, in words for a person. Pure. */
import { ScribepassError, TicketError } from "../scribepass/index.js";

/**
 * @typedef {import("./parameters.js").Conflict} Conflict
 * @typedef {import("./view/notice.js").Fault} Fault
 */

export const WHO = "This service wants to know who is asking.";
export const UNKNOWN_CALLER = "This key or token is not known here.";

/** @type {Fault} */
export const NO_COPY = {
  message: "The browser did not allow this page to copy.",
  details: [],
  advice: "Mark the text and copy it by hand.",
};

/** @type {Fault} */
export const NO_FILE = {
  message: "There is no file yet.",
  details: [],
  advice: "Choose one beside the Start button, or drop one on this page.",
};

/** @param {Conflict[]} conflicts @param {() => void} change @returns {Fault} */
export function contradiction(conflicts, change) {
  return {
    message: "These settings do not go together.",
    details: conflicts.map(({ message }) => message),
    advice: "",
    action: ["Change them", change],
  };
}

/** Null where nobody has to know: a person has given up. @param {unknown} error @returns {Fault | null} */
export function explained(error) {
  if (error instanceof DOMException && error.name === "AbortError") return null;
  if (error instanceof ScribepassError) return error;
  const details = error instanceof Error ? [error.name] : [];
  return { message: "This page has a fault.", details, advice: "Reload it and try again." };
}

/** Whether the service wants another caller, or one at all. @param {unknown} error */
export function wantsCaller(error) {
  return error instanceof TicketError && error.status === 401;
}
