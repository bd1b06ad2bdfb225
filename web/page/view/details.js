/** Of the session and its speed, what may be known: names and figures, nothing secret. */
import { anchor, find, make } from "./dom.js";

/** @typedef {readonly (readonly [name: string, value: string])[]} Figures */

/** @param {() => Figures} figures asked for while it is open */
export function createDetails(figures) {
  const sheet = find("details");
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  const list = make("dl");
  sheet.append(list);
  const show = () => {
    list.replaceChildren(
      ...figures().flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]),
    );
  };
  anchor(sheet, find("open-details"));
  sheet.addEventListener("beforetoggle", (event) => {
    clearInterval(timer);
    if (!("newState" in event) || event.newState !== "open") return;
    show();
    timer = setInterval(show, 500);
  });
}
