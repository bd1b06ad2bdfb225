/** The lines by keyboard: one stop of the tab key, up and down between lines, left and right between words. */

/**
 * @param {HTMLElement} takes
 * @param {(element: Element) => void} play
 */
export function steerable(takes, play) {
  takes.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (!(target instanceof HTMLButtonElement)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    const jump = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (step) moveTo(takes, target, step);
    if (jump) playNext(target, jump, play);
    if (step || jump) event.preventDefault();
  });
}

/** Of all lines one is in the order of the tab key: the first, until another was gone to. @param {HTMLElement} takes */
export function keepOneStop(takes) {
  if (takes.querySelector('button.at[tabindex="0"]')) return;
  const first = takes.querySelector("button.at");
  if (first instanceof HTMLButtonElement) first.tabIndex = 0;
}

/** @param {HTMLElement} takes @param {HTMLButtonElement} from @param {number} step */
function moveTo(takes, from, step) {
  const stops = /** @type {HTMLButtonElement[]} */ ([...takes.querySelectorAll("button.at")]);
  const next = stops[stops.indexOf(from) + step];
  if (!next) return;
  from.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

/** @param {HTMLButtonElement} stop @param {number} jump @param {(element: Element) => void} play */
function playNext(stop, jump, play) {
  const words = [...(stop.closest(".line")?.querySelectorAll(".word") ?? [])];
  const at = words.findIndex((word) => word.classList.contains("playing"));
  const word = words[Math.max(0, at + jump)];
  if (word) play(word);
}
