/** What the service sets, and what is wrong: notes in the settings panel. */
import { find, make } from "./dom.js";

/**
 * Words at the foot of a setting; empty is none.
 *
 * @param {HTMLElement} row
 * @param {"set" | "fault"} kind
 * @param {string} words
 */
export function note(row, kind, words) {
  const found = row.querySelector(`.${kind}`);
  if (found && found.textContent === words) return;
  found?.remove();
  if (!words) return;
  const element = make("span", { className: kind, textContent: words });
  if (kind === "fault") element.setAttribute("role", "alert");
  row.append(element);
}

/**
 * The list of what this service sets, by AWS's names.
 *
 * @param {Record<string, string>} locked
 * @param {Record<string, string>} defaults
 */
export function showFixed(locked, defaults) {
  const fixed = find("fixed");
  const said = [
    ...Object.entries(locked).map(([name, value]) => `${name}: ${value}`),
    ...Object.entries(defaults).map(([name, value]) => `${name}: ${value}, where nothing else is chosen`),
  ];
  fixed.hidden = said.length === 0;
  fixed.replaceChildren(
    make("h3", { textContent: "Set by this service" }),
    make("ul", {}, ...said.map((words) => make("li", { textContent: words }))),
  );
}
