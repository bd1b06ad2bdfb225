/**
 * Live transcription for a React component (18 or newer).
 *
 * A transcriber is an external store: its events say that it changed, its getters say what it is now, and a transcript
 * never changes in place. So no words are copied into state, and every render sees one moment.
 */
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { microphone, Transcriber } from "scribepass";

/**
 * Another `presign` or `language` is another transcriber: what was running ends. `headers` may change at any time.
 * When the component goes, so does the recording; an effect that runs twice, as in StrictMode, does no harm.
 *
 * @param {{ presign?: string, language?: string, headers?: () => HeadersInit | Promise<HeadersInit> }} [options]
 */
export function useTranscriber({ presign = "/presign", language = "en-US", headers } = {}) {
  const newest = useRef(headers);
  useEffect(() => {
    newest.current = headers;
  });
  const transcriber = useMemo(
    () => new Transcriber({ presign, language, headers: () => newest.current?.() ?? {} }),
    [presign, language],
  );

  const [error, setError] = useState(/** @type {Error | null} */ (null));
  useEffect(() => {
    const fail = (event) => setError(event.error);
    transcriber.addEventListener("error", fail);
    return () => {
      transcriber.removeEventListener("error", fail);
      transcriber.abort();
    };
  }, [transcriber]);

  // To be called in the handler of a click: browsers want one.
  const start = useCallback(
    async (source = microphone()) => {
      setError(null);
      await transcriber.start(source).catch((reason) => {
        if (reason.name !== "AbortError") setError(reason);
      });
    },
    [transcriber],
  );
  const stop = useCallback(() => transcriber.stop(), [transcriber]);

  const state = useNow(transcriber, "state");
  const transcript = useNow(transcriber, "transcript");
  return { state, transcript, error, start, stop };
}

/** What a transcriber is now, by the name that its event has too. */
function useNow(transcriber, name) {
  const subscribe = useCallback(
    (changed) => {
      transcriber.addEventListener(name, changed);
      return () => transcriber.removeEventListener(name, changed);
    },
    [transcriber, name],
  );
  return useSyncExternalStore(subscribe, () => transcriber[name]);
}
