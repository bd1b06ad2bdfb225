/** What a take tells, on the page. */
import { behind, countdown, resumed, SOURCES, STATES, UNHEARD } from "./words.js";

/**
 * @typedef {import("./take.js").Take} Take
 * @typedef {ReturnType<typeof import("./view.js").createView>} View
 */

/** A microphone in a quiet room has -60 dBFS and more; one that is muted has -100. */
const SILENCE = -75;
const SILENT_CHUNKS = 30;
const NEWS_MS = 5_000;

/**
 * @param {Take} take
 * @param {View} view
 * @param {{ onStreaming: () => void, onError: (error: unknown) => void }} wishes `onStreaming`: for the first time
 */
export function follow(take, view, { onStreaming, onError }) {
  const { transcriber } = take;
  let silent = 0;
  let streamed = false;
  let news = "";
  let retry = { attempt: 0, at: 0 };
  /** @type {Record<"source" | "backlog", string>} */
  const banners = { source: "", backlog: "" };
  const banner = (/** @type {Partial<typeof banners>} */ change) => {
    Object.assign(banners, change);
    view.showBanner([banners.backlog, banners.source].filter(Boolean).join(" "));
  };
  const tick = setInterval(() => {
    if (transcriber.state !== "reconnecting") return view.setCountdown("");
    view.setCountdown(countdown(retry.attempt, (retry.at - performance.now()) / 1000));
  }, 250);

  transcriber.addEventListener("state", ({ state }) => {
    view.setState(
      state,
      state === "idle" && !streamed ? "Ready" : news && state === "streaming" ? news : STATES[state],
    );
    if (state === "streaming" && !streamed) onStreaming();
    streamed ||= state === "streaming";
    if (state !== "idle") return;
    clearInterval(tick);
    view.setCountdown("");
    banner({ source: "" });
    if (streamed && !transcriber.transcript.segments.length) view.transcript.hint("No words were heard.");
  });
  transcriber.addEventListener("transcript", ({ transcript, latency }) => {
    take.latency.add(latency);
    view.transcript.show(transcript);
    view.captions.show(transcript);
    if (transcript.segments.length) view.setSavable(true);
  });
  transcriber.addEventListener("gap", () => view.transcript.show(transcriber.transcript));
  transcriber.addEventListener("level", ({ level }) => {
    silent = level.peak > SILENCE ? 0 : silent + 1;
    take.level = `${Math.round(level.rms)} dBFS`;
    view.setLevel(level);
    view.setElapsed(take.recording.seconds);
    if (transcriber.state !== "streaming" || news) return;
    view.setStatus(silent < SILENT_CHUNKS || !take.live ? STATES.streaming : UNHEARD);
  });
  transcriber.addEventListener("source", ({ source }) => {
    banner({ source: SOURCES[source] });
    if (source === "switched") setTimeout(() => banners.source === SOURCES.switched && banner({ source: "" }), NEWS_MS);
  });
  transcriber.addEventListener("reconnecting", ({ attempt, delay }) => {
    retry = { attempt, at: performance.now() + 1000 * delay };
  });
  transcriber.addEventListener("resumed", ({ resent }) => {
    take.reconnects += 1;
    const said = (news = resumed(resent));
    if (transcriber.state === "streaming") view.setStatus(news);
    setTimeout(() => (news = news === said ? "" : news), NEWS_MS);
  });
  transcriber.addEventListener("backlog", (backlog) => banner({ backlog: behind(backlog) }));
  transcriber.addEventListener("error", ({ error }) => onError(error));
}
