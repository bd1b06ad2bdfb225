/** A list of boxes to tick, which may be searched. */
import { find, make } from "./dom.js";

/**
 * @param {string} id
 * @param {string | null} searchId of the field that narrows the list
 * @param {(chosen: string[]) => void} onChange
 */
export function createChecks(id, searchId, onChange) {
  const list = find(id);
  const search = searchId === null ? null : find(searchId, HTMLInputElement);
  /** @type {readonly (readonly [value: string, words: string])[]} */
  let choices = [];
  const boxes = () => [...list.querySelectorAll("input")];
  const narrow = () => {
    const wanted = (search?.value ?? "").toLowerCase().split(/\s+/);
    for (const box of boxes()) {
      const label = box.closest("label");
      const words = (label?.textContent ?? "").toLowerCase().split(/[\s(]+/);
      const found = wanted.every((start) => words.some((word) => word.startsWith(start)));
      if (label) label.hidden = !found && !box.checked;
    }
  };
  search?.addEventListener("input", narrow);
  list.addEventListener("change", () =>
    onChange(
      boxes()
        .filter((box) => box.checked)
        .map((box) => box.value),
    ),
  );

  return {
    /** What is chosen first: not while one chooses, when it would move away under the pointer. */
    sort() {
      const labels = boxes().map((box) => ({ label: box.closest("label") ?? box, chosen: box.checked }));
      labels.sort((one, other) => Number(other.chosen) - Number(one.chosen));
      list.append(...labels.map(({ label }) => label));
    },

    /** @param {readonly (readonly [value: string, words: string])[]} offered @param {readonly string[]} chosen */
    show(offered, chosen) {
      if (JSON.stringify(offered) !== JSON.stringify(choices)) {
        choices = offered;
        list.replaceChildren(
          ...choices.map(([value, words]) => {
            const label = make("label");
            label.append(make("input", { type: "checkbox", value }), make("span", { textContent: words }));
            return label;
          }),
        );
      }
      for (const box of boxes()) box.checked = chosen.includes(box.value);
    },
  };
}
