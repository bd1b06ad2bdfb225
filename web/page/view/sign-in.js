/** The sign-in field. What is typed is handed over once; the field keeps nothing. */
import { find, say } from "./dom.js";
import { closable } from "./settings.js";

/** @typedef {import("../credentials.js").Kind} Kind */

/**
 * @param {(kind: Kind, secret: string) => boolean} onUse whether it can be a key or a token
 * @param {() => void} onForget
 */
export function createSignIn(onUse, onForget) {
  const dialog = find("sign-in", HTMLDialogElement);
  const form = find("sign-in-form", HTMLFormElement);
  const secret = find("secret", HTMLInputElement);
  closable(dialog);
  const open = (why = "For services that want to know who is asking.") => {
    find("sign-in-why").textContent = why;
    if (!dialog.open) dialog.showModal();
    secret.focus();
  };
  find("open-sign-in").addEventListener("click", () => open());
  find("sign-out").addEventListener("click", () => {
    dialog.close();
    onForget();
  });
  dialog.addEventListener("close", () => {
    secret.value = "";
    say(find("sign-in-fault"), "");
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const kind = new FormData(form).get("kind") === "token" ? "token" : "key";
    const typed = secret.value;
    secret.value = "";
    if (onUse(kind, typed)) return dialog.close();
    say(find("sign-in-fault"), "That cannot be one: keys and tokens have letters, digits and signs, and no spaces.");
    secret.focus();
  });

  return {
    open,

    /** @param {boolean} signedIn */
    show(signedIn) {
      const button = find("open-sign-in");
      button.toggleAttribute("data-on", signedIn);
      button.ariaLabel = signedIn ? "Signed in" : "Sign in";
      button.title = button.ariaLabel;
      find("sign-out").hidden = !signedIn;
    },
  };
}
