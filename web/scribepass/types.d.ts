/** Shapes that several modules share, and what the audio thread has and lib.dom does not describe. */

/** One word or mark. Times are seconds since the stream began. */
export interface Item {
  readonly content: string;
  readonly type: string;
  readonly startTime: number;
  readonly endTime: number;
  /** 0 to 1; words of final results have it. */
  readonly confidence?: number;
  readonly speaker?: string;
  readonly stable?: boolean;
  readonly vocabularyFilterMatch?: boolean;
}

/** A segment of speech, as far as it is known. A later result with the same id replaces it. */
export interface Result {
  readonly resultId: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly isPartial: boolean;
  readonly alternatives: readonly { readonly transcript: string; readonly items: readonly Item[] }[];
  readonly channelId?: string;
  readonly languageCode?: string;
}

/** What Transcribe says on a stream. */
export type StreamEvent =
  | { readonly type: "transcript"; readonly results: readonly Result[] }
  | { readonly type: "failure"; readonly kind: string; readonly message: string }
  | { readonly type: "unknown"; readonly name: string };

/** One line of a transcript. */
export interface Segment {
  readonly id: string;
  readonly isFinal: boolean;
  readonly text: string;
  readonly items: readonly Item[];
  readonly startTime: number;
  readonly endTime: number;
  readonly channelId?: string;
  readonly languageCode?: string;
}

/** Everything heard, in the order of its beginning. Immutable: a change is another object. */
export interface Transcript {
  readonly segments: readonly Segment[];
}

/** Loudness of the last 100 ms in dB below full scale: -100 (silence) to 0. */
export interface Level {
  readonly rms: number;
  readonly peak: number;
}

/** Where audio goes. */
export interface AudioSink {
  /** Signed 16-bit little-endian mono, a tenth of a second at a time, the last one shorter. */
  onChunk(pcm: ArrayBuffer, level: Level): void;
  /** The source ended by itself. Nothing follows. */
  onEnd(error: Error): void;
}

/** Audio that is flowing. */
export interface Capture {
  readonly sampleRate: number;
  /** Resolves when the last chunk was handed over and the device is free. Never rejects. */
  stop(): Promise<void>;
}

/** Where audio comes from: what `Transcriber.start` takes. */
export interface AudioSource {
  /** Called in the same turn as `start`, so that it may use the tap that caused it. */
  open(sink: AudioSink): Promise<Capture>;
}

/** `idle` → `opening` (the source) → `connecting` → `streaming` → `draining` (the last words) → `idle`. */
export type TranscriberState = "idle" | "opening" | "connecting" | "streaming" | "draining";

export interface TranscriberOptions {
  /** Where tickets come from; relative to the page. Default "/presign". */
  presign?: string;
  /** Headers for each ticket request, such as Authorization; called anew each time. */
  headers?: () => HeadersInit | Promise<HeadersInit>;
  /** Default "en-US". */
  language?: string;
  /** AWS region; the service has a default. */
  region?: string;
  /** More stream parameters by AWS's own names: `{ "show-speaker-label": true }`. */
  parameters?: Record<string, string | number | boolean>;
  fetch?: typeof globalThis.fetch;
  WebSocket?: typeof globalThis.WebSocket;
}

/** What each event of a transcriber carries. */
export interface TranscriberEvents {
  state: Event & { readonly state: TranscriberState };
  transcript: Event & { readonly transcript: Transcript };
  level: Event & { readonly level: Level };
  error: Event & { readonly error: Error };
}

/** An EventTarget whose events are known by name. */
export interface TypedEventTarget<Events> {
  addEventListener<Type extends keyof Events>(
    type: Type,
    listener: (event: Events[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof Events>(
    type: Type,
    listener: (event: Events[Type]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  dispatchEvent(event: Event): boolean;
}

declare global {
  // The audio thread's own scope: https://webaudio.github.io/web-audio-api/#AudioWorkletGlobalScope
  abstract class AudioWorkletProcessor {
    readonly port: MessagePort;
    abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
  }
  function registerProcessor(name: string, processor: new (options: AudioWorkletNodeOptions) => AudioWorkletProcessor): void;
}
