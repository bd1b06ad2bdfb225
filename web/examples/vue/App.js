/** Start, Stop, and what is said. With render functions, so that no compiler of templates is needed. */
import { h, shallowRef } from "vue";
import { useTranscriber } from "./useTranscriber.js";

const Captions = {
  setup() {
    const { state, transcript, error, start, stop } = useTranscriber({ presign: "http://localhost:8000/presign" });
    return () =>
      h("section", [
        h("button", { onClick: () => start(), disabled: state.value !== "idle" }, "Start"),
        h("button", { onClick: () => stop(), disabled: state.value === "idle" }, "Stop"),
        h("p", { role: "status" }, state.value),
        h("p", { role: "alert" }, error.value && explain(error.value)),
        h("div", { "aria-live": "polite" }, transcript.value.segments.map(line)),
      ]);
  },
};

/** A segment keeps its id from its first guess to its final words. */
const line = ({ id, text, isFinal }) => h("p", { key: id, style: { opacity: isFinal ? 1 : 0.6 } }, text);
const explain = ({ message, details = [], advice }) => [message, ...details, advice].join(" ");

export const App = {
  setup() {
    const shown = shallowRef(true);
    const toggle = () => (shown.value = !shown.value);
    return () =>
      h("main", [h("button", { onClick: toggle }, shown.value ? "Close" : "Open"), shown.value && h(Captions)]);
  },
};
