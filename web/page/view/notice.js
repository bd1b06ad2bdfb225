/** What went wrong, and what one should know. */
import { find, make, say } from "./dom.js";

/**
 * @typedef {[words: string, act: () => void]} Action
 * @typedef {{ message: string, details: readonly string[], advice: string, action?: Action }} Fault
 */

/** What went wrong, or nothing any more. @param {Fault | null} fault */
export function showFault(fault) {
  find("notice").replaceChildren(...(fault ? parts(fault) : []));
}

/** What the person should know while it is so; empty is nothing. @param {string} words */
export function showBanner(words) {
  say(find("banner"), words);
}

/** @param {Fault} fault */
function parts({ message, details, advice, action }) {
  const dismiss = make("button", { type: "button", textContent: "Dismiss" });
  dismiss.addEventListener("click", () => showFault(null));
  const buttons = make("div", {}, dismiss);
  if (action) {
    const act = make("button", { type: "button", textContent: action[0] });
    act.addEventListener("click", () => {
      showFault(null);
      action[1]();
    });
    buttons.prepend(act);
  }
  const said = make("ul", {}, ...details.map((detail) => make("li", { textContent: detail, dir: "auto" })));
  return [
    make("h2", { textContent: message }),
    buttons,
    ...(details.length ? [said] : []),
    ...(advice ? [make("p", { textContent: advice })] : []),
  ];
}
