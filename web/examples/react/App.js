/** Start, Stop, and what is said. Without JSX, so that any bundler takes it as it is. */
import { createElement as h, useState } from "react";
import { useTranscriber } from "./useTranscriber.js";

export function App() {
  const [shown, setShown] = useState(true);
  return h("main", null,
    h("button", { onClick: () => setShown(!shown) }, shown ? "Close" : "Open"),
    shown && h(Captions),
  );
}

function Captions() {
  const { state, transcript, error, start, stop } = useTranscriber({ presign: "http://localhost:8000/presign" });
  return h("section", null,
    h("button", { onClick: () => start(), disabled: state !== "idle" }, "Start"),
    h("button", { onClick: () => stop(), disabled: state === "idle" }, "Stop"),
    h("p", { role: "status" }, state),
    h("p", { role: "alert" }, error && [error.message, ...(error.details ?? []), error.advice].join(" ")),
    h("div", { "aria-live": "polite" }, transcript.segments.map(Line)),
  );
}

/** A segment keeps its id from its first guess to its final words. */
function Line({ id, text, isFinal }) {
  return h("p", { key: id, style: { opacity: isFinal ? 1 : 0.6 } }, text);
}
