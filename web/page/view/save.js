/** Copy and download. */
import { anchor, find, make } from "./dom.js";

const COPIED_MS = 1_500;
const TYPES = { txt: "text/plain", srt: "application/x-subrip", vtt: "text/vtt", json: "application/json" };

/** @typedef {keyof typeof TYPES} Format */

/**
 * @param {(format: Format) => string} write what there is to take along
 * @param {() => void} onRefused the browser does not let the page copy
 */
export function createSave(write, onRefused) {
  const [copy, save, sheet] = [find("copy", HTMLButtonElement), find("save", HTMLButtonElement), find("formats")];
  anchor(sheet, save);
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(write("txt"));
      find("copy-label").textContent = "Copied";
      setTimeout(() => (find("copy-label").textContent = "Copy"), COPIED_MS);
    } catch {
      onRefused();
    }
  });
  for (const button of sheet.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      const format = /** @type {Format} */ (button.dataset["format"]);
      download(write(format), format);
      sheet.hidePopover();
    });
  }

  /** @param {boolean} enabled */
  return (enabled) => {
    copy.disabled = save.disabled = !enabled;
  };
}

/** @param {string} text @param {Format} format */
function download(text, format) {
  const href = URL.createObjectURL(new Blob([text], { type: `${TYPES[format]};charset=utf-8` }));
  const stamp = new Date().toISOString().slice(0, 16).replace("T", "-").replace(":", "");
  make("a", { href, download: `transcript-${stamp}.${format}` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
