/** What a frontend writes, under `strict`: right uses compile, wrong ones do not. */
import { file, microphone, plainText, screenAudio, spans, stream, Transcriber } from "scribepass";
import {
  LocalProtocolError,
  MicrophoneError,
  ProtocolError,
  RemoteProtocolError,
  ScribepassError,
  StreamError,
  TicketError,
} from "scribepass";
import type { AudioSink, AudioSource, Capture, Gap, Segment, Transcript, TranscriberOptions } from "scribepass";

declare const token: string;
declare function render(transcript: Transcript): void;

export async function fiveLines() {
  const headers = () => ({ Authorization: `Bearer ${token}` });
  const transcriber = new Transcriber({ presign: "/presign", headers, language: "en-US" });
  transcriber.addEventListener("transcript", (event) => render(event.transcript));
  await transcriber.start(microphone());
  await transcriber.stop();
}

export const everyOption: Required<TranscriberOptions> = {
  presign: "https://captions.example/presign",
  headers: async () => new Headers({ Authorization: `Bearer ${token}` }),
  language: "de-DE",
  region: "eu-central-1",
  operation: "call-analytics",
  parameters: { "show-speaker-label": true, "vocabulary-name": "words", "number-of-channels": 2 },
  configuration: { ChannelDefinitions: [{ ChannelId: 0, ParticipantRole: "AGENT" }] },
  fetch: globalThis.fetch,
  WebSocket: globalThis.WebSocket,
  timing: { connect: 1, drain: 1, stall: 1, idle: 1, patience: 1, life: 1, speed: 1 },
};

export function everyEvent(transcriber: Transcriber): string[] {
  const said: string[] = [];
  const say = (...words: (string | number | boolean | null | undefined)[]) => said.push(words.join(" "));
  transcriber.addEventListener("state", ({ state }) => say(state satisfies Transcriber["state"]));
  transcriber.addEventListener("transcript", ({ transcript, latency }) => say(latency, plainText(transcript)));
  transcriber.addEventListener("level", ({ level }) => say(level.rms, level.peak));
  transcriber.addEventListener("source", ({ source }) => say(source));
  transcriber.addEventListener("reconnecting", ({ error, attempt, delay }) => say(error.message, attempt, delay));
  transcriber.addEventListener("resumed", ({ resent }) => say(resent));
  transcriber.addEventListener("backlog", ({ seconds, limit, dropped }) => say(seconds, limit, dropped));
  transcriber.addEventListener("gap", ({ gap }) => say(gapOf(gap)));
  transcriber.addEventListener("category", ({ category }) => say(...category.matchedCategories));
  transcriber.addEventListener("error", ({ error }) => say(...explain(error)), { once: true });
  return said;
}

function gapOf({ at, seconds, reason }: Gap): string {
  switch (reason) {
    case "sleep":
    case "dropped":
    case "interrupted":
      return `${at} ${seconds} ${reason}`;
    default:
      return reason satisfies never;
  }
}

export function explain(error: unknown): string[] {
  if (error instanceof TicketError) return [error.message, String(error.status), String(error.retryAfter ?? 0)];
  if (error instanceof MicrophoneError && error.kind === "denied") return [error.advice];
  if (error instanceof StreamError) return [error.kind, ...error.details];
  if (error instanceof RemoteProtocolError) return [error.kind];
  if (error instanceof LocalProtocolError || error instanceof ProtocolError) return [error.code];
  return error instanceof ScribepassError ? [error.code, error.message, ...error.details, error.advice] : [];
}

export const line = (segment: Segment) =>
  spans(segment).map(({ text, confidence = 1 }) => (confidence < 0.5 ? `${text}?` : text)).join("");

export const speakers = ({ segments }: Transcript) =>
  segments.flatMap(({ items, channelId, languageCode, participantRole, entities = [] }) => [
    ...items.map((item) => item.speaker ?? channelId ?? participantRole ?? languageCode),
    ...entities.map((entity) => entity.category),
  ]);

export async function everySource(transcriber: Transcriber, blob: Blob, call: MediaStream, signal: AbortSignal) {
  await transcriber.start(microphone({ deviceId: "default" }), { signal });
  await transcriber.start(microphone({}, { channels: 2, worklet: "/assets/worklet.js" }));
  await transcriber.start(screenAudio({ channels: 2 }));
  await transcriber.start(stream(call, { worklet: new URL("https://app.example/worklet.js") }));
  await transcriber.start(file(blob, { channels: 1, speed: 2 }));
  await transcriber.start(new Tone());
  transcriber.abort();
  return transcriber.session?.parameters["language-code"];
}

/** A source of the page's own. */
class Tone implements AudioSource {
  async open(sink: AudioSink): Promise<Capture> {
    sink.onChunk(new ArrayBuffer(3200), { rms: -20, peak: -17 });
    sink.onState?.("muted");
    if (sink.backlog < 30) sink.onEnd(null);
    return { sampleRate: 16000, channels: 1, live: false, stop: async () => {} };
  }
}

export function wrong(transcriber: Transcriber, segment: Segment) {
  // @ts-expect-error no such option
  new Transcriber({ presing: "/presign" });
  // @ts-expect-error headers are made anew for each ticket
  new Transcriber({ headers: { Authorization: token } });
  // @ts-expect-error no such operation
  new Transcriber({ operation: "medica" });
  // @ts-expect-error no such event
  transcriber.addEventListener("transcripts", () => {});
  // @ts-expect-error an error event has no transcript
  transcriber.addEventListener("error", (event) => event.transcript);
  // @ts-expect-error a source is wanted, not the function that makes one
  void transcriber.start(microphone);
  // @ts-expect-error a session holds nothing secret
  transcriber.session?.url;
  // @ts-expect-error a state is not set from outside
  transcriber.state = "idle";
  // @ts-expect-error a transcript does not change
  segment.text = "";
  // @ts-expect-error not every segment has one
  segment.languageCode.length;
  // @ts-expect-error three channels cannot be had
  void microphone({}, { channels: 3 });
  // @ts-expect-error a path is no recording
  void file("speech.wav");
}
