/**
 * A field that one types into and a list to choose from: the combobox of the ARIA Authoring Practices, with list
 * autocompletion. https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
 */
import { find, make } from "./dom.js";

/** @typedef {{ code: string, name: string }} Choice */

/**
 * @param {{ field: string, list: string }} ids
 * @param {(text: string) => Choice[]} search
 * @param {(choice: Choice) => void} onChoose
 */
export function createCombobox(ids, search, onChoose) {
  const [field, list] = [find(ids.field, HTMLInputElement), find(ids.list)];
  /** @type {Choice} */
  let chosen = { code: "", name: field.value };
  /** @type {Choice[]} */
  let found = [];
  let active = -1;
  let typed = "";

  const isOpen = () => !list.hidden;
  const close = () => {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
    field.value = chosen.name;
  };
  /** @param {number} at */
  const point = (at) => {
    active = at;
    [...list.children].forEach((item, place) => item.classList.toggle("active", place === at));
    const item = list.children[at];
    if (item && found.length) field.setAttribute("aria-activedescendant", item.id);
    else field.removeAttribute("aria-activedescendant");
    item?.scrollIntoView({ block: "nearest" });
  };
  /** @param {string} text empty is all */
  const open = (text) => {
    typed = text;
    found = search(text);
    const none = make("li", { className: "none", textContent: "No language of that name" });
    none.setAttribute("role", "option");
    none.setAttribute("aria-disabled", "true");
    none.setAttribute("aria-selected", "false");
    list.replaceChildren(
      ...(found.length ? found.map((choice, at) => item(choice, at, choice.code === chosen.code)) : [none]),
    );
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    const current = text ? 0 : found.findIndex(({ code }) => code === chosen.code);
    point(found.length ? Math.max(current, 0) : -1);
  };
  /** @param {number} at */
  const choose = (at) => {
    const choice = found[at];
    if (choice) chosen = choice;
    close();
    if (choice) onChoose(choice);
  };
  /** @param {number} step */
  const move = (step) => {
    if (!isOpen()) return open("");
    if (found.length) point((active + step + found.length) % found.length);
  };

  field.addEventListener("click", () => {
    if (isOpen() || field.disabled) return;
    field.select();
    open("");
  });
  field.addEventListener("input", () => open(field.value));
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      PageDown: () => point(Math.min(active + 8, found.length - 1)),
      PageUp: () => point(Math.max(active - 8, 0)),
      Enter: () => (isOpen() ? choose(active) : open("")),
      Escape: close,
    };
    const act = keys[event.key];
    if (!act || (event.key.startsWith("Page") && !isOpen())) return;
    event.preventDefault();
    act();
  });
  // Before the field loses the focus, which closes the list.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", ({ target }) => {
    const at = [...list.children].findIndex((each) => target instanceof Node && each.contains(target));
    if (at !== -1) choose(at);
  });

  return {
    /**
     * What is chosen by now, and may be chosen: a list that is open stays open.
     *
     * @param {Choice} choice
     * @param {boolean} disabled
     */
    show(choice, disabled) {
      chosen = choice;
      field.disabled = disabled;
      if (isOpen() && !disabled) open(typed);
      else close();
    },
  };

  /** @param {Choice} choice @param {number} at @param {boolean} selected */
  function item({ code, name }, at, selected) {
    const element = make("li", { id: `${ids.list}-${at}` }, name, make("span", { textContent: code }));
    element.setAttribute("role", "option");
    element.setAttribute("aria-selected", String(selected));
    return element;
  }
}
