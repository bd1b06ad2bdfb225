/** Shapes that several modules share. */

/** One word or mark. Times are seconds since the run began. */
export interface Item {
  readonly content: string;
  readonly type: string;
  readonly startTime: number;
  readonly endTime: number;
  /** 0 to 1; words of final results have it. */
  readonly confidence?: number;
  /** Opaque. Transcribe counts anew on each connection: after a resume "0" may be somebody else. */
  readonly speaker?: string;
  readonly stable?: boolean;
  readonly vocabularyFilterMatch?: boolean;
}

/** Personal (`PII`) or health (`PHI`) data, in final results. Redacted content is like `[NAME]`. */
export interface Entity {
  readonly startTime: number;
  readonly endTime: number;
  readonly category?: string;
  readonly type?: string;
  readonly content?: string;
  readonly confidence?: number;
}

export interface Alternative {
  readonly transcript: string;
  readonly items: readonly Item[];
  readonly entities?: readonly Entity[];
}

/** What segments and results have in common. Times are seconds since the run began. */
interface Speech {
  readonly startTime: number;
  readonly endTime: number;
  /** `ch_0` or `ch_1`, with channel identification. */
  readonly channelId?: string;
  readonly languageCode?: string;
  readonly languageIdentification?: readonly { readonly languageCode: string; readonly score: number }[];
  /** Of Call Analytics: `AGENT` or `CUSTOMER`. */
  readonly participantRole?: string;
  /** Of Call Analytics: `POSITIVE`, `NEGATIVE`, `MIXED` or `NEUTRAL`. */
  readonly sentiment?: string;
  /** Of Call Analytics: where in the text the customer's issue is said, in characters. */
  readonly issues?: readonly { readonly begin: number; readonly end: number }[];
}

/** A segment of speech, as far as it is known. A later result with the same id replaces it. */
export interface Result extends Speech {
  readonly resultId: string;
  readonly isPartial: boolean;
  /** Transcribe gives one. None: what was shown under this id is withdrawn, and comes again under another. */
  readonly alternatives: readonly Alternative[];
}

/** Of Call Analytics: categories whose rules the call has matched by now. Times are seconds. */
export interface Category {
  readonly matchedCategories: readonly string[];
  readonly matchedDetails: Readonly<
    Record<string, readonly { readonly startTime: number; readonly endTime: number }[]>
  >;
}

/** What Transcribe says on a stream. */
export type StreamEvent =
  | { readonly type: "transcript"; readonly results: readonly Result[] }
  | { readonly type: "category"; readonly category: Category }
  | { readonly type: "failure"; readonly kind: string; readonly message: string }
  | { readonly type: "unknown"; readonly name: string };

/** One line of a transcript. */
export interface Segment extends Speech {
  readonly id: string;
  readonly isFinal: boolean;
  readonly text: string;
  readonly items: readonly Item[];
  readonly entities?: readonly Entity[];
}

/** Something that was said and not heard. `at` is where on the timeline, which does not count `sleep` and `interrupted`. */
export interface Gap {
  readonly at: number;
  readonly seconds: number;
  /** The computer slept, the system took the microphone away, or the network was away for too long. */
  readonly reason: "sleep" | "interrupted" | "dropped";
}

/** Everything heard, in the order of its beginning. Immutable: a change is another object. */
export interface Transcript {
  readonly segments: readonly Segment[];
  readonly gaps: readonly Gap[];
}

/** Loudness of the last 100 ms in dB below full scale: -100 (silence) to 0. Of two channels, the louder. */
export interface Level {
  readonly rms: number;
  readonly peak: number;
}

/** How a source is doing: audio flows; its device is muted; the system has taken it away; another device took over. */
export type SourceState = "flowing" | "muted" | "interrupted" | "switched";

/** Where audio goes. */
export interface AudioSink {
  /** Signed 16-bit little-endian, channels interleaved, a tenth of a second at a time, the last one shorter. */
  onChunk(pcm: ArrayBuffer, level: Level): void;
  /** The source ended by itself, with a fault or, as a file does, without. Nothing follows. */
  onEnd(error: Error | null): void;
  onState?(state: SourceState): void;
  /** Seconds of audio that wait to be sent. A source that can wait does so while there are more than 30. */
  readonly backlog: number;
}

/** Audio that is flowing. */
export interface Capture {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Whether it is being said now: a file is not. */
  readonly live: boolean;
  /** Resolves when the last chunk was handed over and the device is free. Never rejects. */
  stop(): Promise<void>;
}

/** Where audio comes from: what `Transcriber.start` takes. */
export interface AudioSource {
  /**
   * Called in the same turn as `start`, so that it may use the tap that caused it. `signal`: nobody waits any more,
   * and a device that was opened has to be freed.
   */
  open(sink: AudioSink, options?: { signal: AbortSignal }): Promise<Capture>;
}

/**
 * `idle` → `opening` (the source) → `connecting` → `streaming` → `draining` (the last words) → `idle`.
 * While streaming: `reconnecting` (audio is kept) and `paused` (silence; it goes on with the next sound).
 */
export type TranscriberState =
  | "idle"
  | "opening"
  | "connecting"
  | "streaming"
  | "reconnecting"
  | "paused"
  | "draining";

/** Seconds. */
export interface Timing {
  /** A socket that is not open by then is being swallowed by something on the way. Default 10. */
  connect: number;
  /** How long Transcribe may be silent after the end of the audio. Default 5. */
  drain: number;
  /** Of audible sound without any answer, or of bytes that do not leave, until a connection counts as dead. Default 10. */
  stall: number;
  /** Of digital silence until the stream ends; it comes back with the next sound. Default 60. */
  idle: number;
  /** How long reconnecting is tried. Default 300. */
  patience: number;
  /** After which another stream takes over: 90 % of Transcribe's 4 h. Default 12960. */
  life: number;
  /** How much faster than it was spoken audio may be sent again: times, not seconds. Default 2. */
  speed: number;
}

/** What may be known of the stream of now: nothing of it is secret. */
export interface SessionDetails {
  readonly sessionId: string;
  readonly ticketId: string;
  readonly region: string;
  /** Host and port of the stream. */
  readonly host: string;
  readonly operation: string;
  /** The stream parameters that were signed, by AWS's names. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly startedAt: Date;
}

export interface TranscriberOptions {
  /** Where tickets come from; relative to the page. Default "/presign". */
  presign?: string;
  /** Headers for each ticket request, such as Authorization; called anew each time. */
  headers?: () => HeadersInit | Promise<HeadersInit>;
  /** Default "en-US", unless `parameters` let Transcribe identify it. */
  language?: string;
  /** AWS region; the service has a default. */
  region?: string;
  /** Default "standard". */
  operation?: "standard" | "medical" | "call-analytics";
  /** More stream parameters by AWS's own names: `{ "show-speaker-label": true }`. */
  parameters?: Record<string, string | number | boolean>;
  /** Call Analytics' first event, in AWS's own form. Default: channel 0 is the agent, 1 the customer. */
  configuration?: Record<string, unknown>;
  fetch?: typeof globalThis.fetch;
  WebSocket?: typeof globalThis.WebSocket;
  /** Other times than the usual ones. */
  timing?: Partial<Timing>;
}

/** What each event of a transcriber carries. */
export interface TranscriberEvents {
  state: Event & { readonly state: TranscriberState };
  /** `latency`: milliseconds from when the newest result's last sound was heard until now; null where that is unknown. */
  transcript: Event & { readonly transcript: Transcript; readonly latency: number | null };
  category: Event & { readonly category: Category };
  level: Event & { readonly level: Level };
  source: Event & { readonly source: SourceState };
  /** The connection was lost; nothing that is said is. The `attempt`-th try comes in `delay` seconds. */
  reconnecting: Event & { readonly error: Error; readonly attempt: number; readonly delay: number };
  /** Seconds of audio that are sent again. */
  resumed: Event & { readonly resent: number };
  /** `seconds` wait to be sent, of at most `limit`; beyond, the oldest are dropped: `dropped` until now. */
  backlog: Event & { readonly seconds: number; readonly limit: number; readonly dropped: number };
  gap: Event & { readonly gap: Gap };
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
