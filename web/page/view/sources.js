/** Where the sound comes from: the button that says so, and what it opens. */
import { anchor, find, options } from "./dom.js";

/**
 * @typedef {"microphone" | "screen" | "file"} Source
 * @typedef {{ source: string, device: string, file: File | null }} Chosen
 */

/** @type {Record<Source, { sign: string, name: string, title: string, text: string }>} */
const WORDS = {
  microphone: {
    sign: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM6 11a6 6 0 0 0 12 0M12 17v4",
    name: "Microphone",
    title: "Press Start and speak",
    text: "Your words appear here while you say them.",
  },
  screen: {
    sign: "M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2ZM8 21h8M12 17v4",
    name: "Tab or screen",
    title: "Press Start and choose a tab",
    text: "What it plays appears here as text. Let the browser share its sound too.",
  },
  file: {
    sign: "M6 3h8l4 4v14H6ZM14 3v4h4M9 16v-3M12 17v-6M15 16v-3",
    name: "File",
    title: "Choose a file, or drop one here",
    text: "Audio or video, whatever this browser can play.",
  },
};

/**
 * @param {(change: Partial<Chosen>) => void} onChange
 * @param {() => void} onOpen when the list of devices may be wanted
 */
export function createSources(onChange, onOpen) {
  const [sheet, device, file] = [find("sources"), find("device", HTMLSelectElement), find("file", HTMLInputElement)];
  const radios = /** @type {HTMLInputElement[]} */ ([...sheet.querySelectorAll("[name=source]")]);
  anchor(sheet, find("source"));
  sheet.addEventListener("toggle", onOpen);
  for (const radio of radios) {
    radio.addEventListener("change", () => onChange({ source: radio.value }));
  }
  device.addEventListener("change", () => onChange({ source: "microphone", device: device.value }));
  file.addEventListener("change", () => take(file.files?.[0]));
  acceptDrops(take);

  /** @param {File | null | undefined} dropped */
  function take(dropped) {
    if (dropped) onChange({ source: "file", file: dropped });
    if (sheet.matches(":popover-open")) sheet.hidePopover();
    file.value = "";
  }

  return {
    /** @param {Chosen} chosen */
    show(chosen) {
      const { sign, name, title, text } = WORDS[/** @type {Source} */ (chosen.source)];
      const named = chosen.source === "file" && chosen.file;
      for (const radio of radios) radio.checked = radio.value === chosen.source;
      for (const id of ["source-sign", "empty-sign"])
        find(id, /** @type {any} */ (SVGPathElement)).setAttribute("d", sign);
      find("source-name").textContent = named ? named.name : name;
      find("file-name").textContent = chosen.file ? chosen.file.name : "Or drop one anywhere on this page.";
      find("empty-title").textContent = named ? `Press Start to transcribe ${named.name}` : title;
      find("empty-text").textContent = text;
      find("device-row").hidden = chosen.source !== "microphone";
      find("file-row").hidden = chosen.source !== "file";
    },

    /**
     * Before the browser has been asked for permission they have no names.
     *
     * @param {MediaDeviceInfo[]} devices
     * @param {string} chosen
     */
    showDevices(devices, chosen) {
      const named = devices.filter(({ deviceId, label }) => deviceId && deviceId !== "default" && label);
      device.replaceChildren(
        ...options(
          [["", "Default microphone"], ...named.map(({ deviceId, label }) => /** @type {const} */ ([deviceId, label]))],
          chosen,
        ),
      );
    },

    /** @param {boolean} busy */
    setBusy(busy) {
      find("source", HTMLButtonElement).disabled = busy;
    },
  };
}

/** @param {(file: File | null | undefined) => void} take */
function acceptDrops(take) {
  const { body } = document;
  const holdsFile = (/** @type {DragEvent} */ { dataTransfer }) => dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    body.dataset["drop"] = "";
  });
  addEventListener("dragleave", ({ relatedTarget }) => {
    if (!relatedTarget) delete body.dataset["drop"];
  });
  addEventListener("drop", (event) => {
    delete body.dataset["drop"];
    if (!holdsFile(event)) return;
    event.preventDefault();
    if (body.dataset["state"] === "idle") take(event.dataTransfer?.files[0]);
  });
}
