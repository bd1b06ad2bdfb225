/** The settings panel: shows what is chosen, tells what changes, and says what does not go together. */
import { FIELD_OF, FIELDS, NEWER_PII_TYPES, OPERATIONS, PII_TYPES, SPECIALTIES } from "../choices.js";
import { createChecks } from "./checks.js";
import { find, options } from "./dom.js";
import { note, showFixed } from "./fixed.js";

/**
 * @typedef {import("../catalogue.js").Language} Language
 * @typedef {import("../parameters.js").Conflict} Conflict
 * @typedef {import("../settings.js").Settings} Settings
 * @typedef {{
 *   settings: Settings,
 *   operations: readonly string[],
 *   regions: readonly string[],
 *   defaultRegion: string | null,
 *   languages: Language[],
 *   locked: Record<string, string>,
 *   defaults: Record<string, string>,
 *   conflicts: Conflict[],
 * }} Shown
 */

/** @param {(change: Partial<Settings>) => void} onChange */
export function createSettings(onChange) {
  const dialog = find("settings", HTMLDialogElement);
  const form = find("settings-form", HTMLFormElement);
  const spoken = createChecks("options", "options-search", (codes) => onChange({ options: codes }));
  const pii = createChecks("pii-types", null, (types) => onChange({ piiTypes: types }));
  const rows = /** @type {HTMLElement[]} */ ([...form.querySelectorAll("[data-field]")]);
  form.addEventListener("submit", (event) => event.preventDefault());
  // Each sign, not when the field is left: Esc may close the panel before.
  form.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement) || !target.name) return;
    const value = target instanceof HTMLInputElement && target.type === "checkbox" ? target.checked : target.value;
    onChange({ [target.name]: value });
  });
  const open = () => {
    spoken.sort();
    if (!dialog.open) dialog.showModal();
  };
  find("open-settings").addEventListener("click", open);
  closable(dialog);

  return {
    open,

    /** @param {Shown} shown */
    show(shown) {
      const { settings, languages } = shown;
      fill(form, shown);
      spoken.show(
        languages.map(({ code, name }) => [code, `${name} (${code})`]),
        settings.options,
      );
      find("options-count").textContent = settings.options.length ? settings.options.join(", ") : "At least two";
      const types = settings.operation === "standard" ? [...PII_TYPES, ...NEWER_PII_TYPES] : PII_TYPES;
      pii.show(
        types.map((type) => [type, type.replaceAll("_", " ").toLowerCase()]),
        settings.piiTypes,
      );
      for (const row of rows) showRow(row, shown);
      for (const group of ["language", "pii"]) {
        const set = form.querySelector(`[data-group="${group}"]`);
        if (set instanceof HTMLElement)
          set.hidden = [...set.querySelectorAll(".row")].every((row) => row.matches("[hidden]"));
      }
      showFixed(shown.locked, shown.defaults);
    },
  };
}

/** Esc, the cross, and a click beside it. @param {HTMLDialogElement} dialog */
export function closable(dialog) {
  dialog.querySelector(".close")?.addEventListener("click", () => dialog.close());
  dialog.addEventListener("pointerdown", (event) => event.target === dialog && beside(dialog, event) && dialog.close());
}

/** @param {HTMLElement} element @param {PointerEvent} event */
function beside(element, { clientX, clientY }) {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}

/** @param {HTMLFormElement} form @param {Shown} shown */
function fill(form, { settings, operations, regions, defaultRegion, languages }) {
  const names = new Map(languages.map(({ code, name }) => [code, name]));
  const automatic = defaultRegion ? `Default: ${defaultRegion}` : "The service's default";
  /** @type {Record<string, readonly (readonly [string, string])[]>} */
  const lists = {
    operation: operations.map((operation) => [operation, OPERATIONS[operation] ?? operation]),
    region: [["", automatic], ...regions.map((region) => /** @type {const} */ ([region, region]))],
    specialty: SPECIALTIES,
    preferred: [
      ["", "None"],
      ...settings.options.map((code) => /** @type {const} */ ([code, names.get(code) ?? code])),
    ],
  };
  for (const [name, value] of Object.entries(settings)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLSelectElement && lists[name])
      field.replaceChildren(...options(lists[name] ?? [], String(value)));
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = value === true;
    else if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = String(value);
  }
  for (const [name, value, gone] of [
    ["identification", "several", settings.operation === "call-analytics"],
    ["pii", "redact", settings.operation === "medical"],
  ]) {
    const option = form.querySelector(`[name=${name}] [value=${value}]`);
    if (option instanceof HTMLOptionElement) option.disabled = Boolean(gone);
  }
}

/**
 * Whether it counts, whether it can be changed, and what is wrong with it.
 *
 * @param {HTMLElement} row
 * @param {Shown} shown
 */
function showRow(row, { settings, locked, defaults, conflicts }) {
  const field = row.dataset["field"] ?? "";
  /** @type {Record<string, boolean>} */
  const needs = {
    options: settings.identification !== "off",
    preferred: settings.identification === "one",
    filterMethod: settings.filter !== "",
    piiTypes: settings.pii !== "off",
  };
  const always = field === "operation" || field === "region";
  row.hidden = !always && !((FIELDS[settings.operation] ?? []).includes(field) && (needs[field] ?? true));
  const decides = (/** @type {[name: string, value: string]} */ [name]) => FIELD_OF[name] === field;
  const lock = Object.entries(locked).find(decides);
  const fallback = Object.entries(defaults).find(decides);
  for (const control of row.querySelectorAll("input, select")) {
    if (control instanceof HTMLInputElement || control instanceof HTMLSelectElement) control.disabled = Boolean(lock);
  }
  const set = lock
    ? `Set by the service: ${lock[1]}`
    : fallback
      ? `Unless set here, the service takes ${fallback[1]}`
      : "";
  const fault = row.hidden ? "" : (conflicts.find((conflict) => conflict.field === field)?.message ?? "");
  note(row, "set", set);
  note(row, "fault", fault);
  row.querySelector("input, select")?.setAttribute("aria-invalid", String(Boolean(fault)));
}
