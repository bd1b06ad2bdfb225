/** The little that every part of the view needs. */

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [type]
 */
export function find(id, type) {
  const found = document.getElementById(id);
  if (!found || (type && !(found instanceof type))) throw new Error(`index.html has no such #${id}`);
  return /** @type {T} */ (found);
}

/**
 * An element; what stands in it is text, never markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} [members]
 * @param {(Node | string)[]} children
 */
export function make(tag, members, ...children) {
  const element = document.createElement(tag);
  Object.assign(element, members);
  element.append(...children);
  return element;
}

/** @param {readonly (readonly [value: string, words: string])[]} choices @param {string} chosen */
export function options(choices, chosen) {
  return choices.map(([value, words]) => new Option(words, value, value === chosen, value === chosen));
}

/** @param {number} seconds */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * Text that is only written where it changes: what is written is read out.
 *
 * @param {HTMLElement} element
 * @param {string} words
 */
export function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/**
 * Opens a sheet at the button that it belongs to, which stands below it.
 *
 * @param {HTMLElement} sheet
 * @param {HTMLElement} button
 */
export function anchor(sheet, button) {
  sheet.addEventListener("toggle", () => {
    const { left, right, top } = button.getBoundingClientRect();
    const limit = button.closest("footer")?.getBoundingClientRect().right ?? right;
    sheet.style.setProperty("--from-left", `${Math.max(8, Math.min(left, limit - sheet.offsetWidth))}px`);
    sheet.style.setProperty("--from-below", `${document.documentElement.clientHeight - top + 8}px`);
  });
}
