/**
 * Live transcription for a Vue component (3.5 or newer).
 *
 * A transcript never changes in place, so shallow references are enough: nothing walks through its words.
 */
import { shallowRef, toValue, watchSyncEffect } from "vue";
import { microphone, Transcriber } from "scribepass";

/**
 * Each option may be a value, a reference or a getter. Another `presign` or `language` is another transcriber: what was
 * running ends. When the component goes, so does the recording.
 *
 * @param {{
 *   presign?: import("vue").MaybeRefOrGetter<string>,
 *   language?: import("vue").MaybeRefOrGetter<string>,
 *   headers?: () => HeadersInit | Promise<HeadersInit>,
 * }} [options]
 */
export function useTranscriber({ presign = "/presign", language = "en-US", headers } = {}) {
  const state = shallowRef("idle");
  const transcript = shallowRef({ segments: [], gaps: [] });
  const error = shallowRef(/** @type {Error | null} */ (null));
  let transcriber;

  watchSyncEffect((onCleanup) => {
    const current = new Transcriber({
      presign: toValue(presign),
      language: toValue(language),
      headers: () => headers?.() ?? {},
    });
    current.addEventListener("state", (event) => {
      state.value = event.state;
      transcript.value = current.transcript;
    });
    current.addEventListener("transcript", (event) => (transcript.value = event.transcript));
    current.addEventListener("error", (event) => (error.value = event.error));
    transcriber = current;
    onCleanup(() => current.abort());
  });

  // To be called in the handler of a click: browsers want one.
  async function start(source = microphone()) {
    error.value = null;
    await transcriber.start(source).catch((reason) => {
      if (reason.name !== "AbortError") error.value = reason;
    });
  }

  return { state, transcript, error, start, stop: () => transcriber.stop() };
}
