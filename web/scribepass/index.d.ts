/** What `scribepass` exports. Shapes stand in types.d.ts; captions are apart, as `scribepass/captions`. */
import type {
  AudioSource,
  Segment,
  SessionDetails,
  Transcript,
  TranscriberEvents,
  TranscriberOptions,
  TranscriberState,
  TypedEventTarget,
} from "./types.d.ts";

export type {
  Alternative,
  AudioSink,
  AudioSource,
  Capture,
  Category,
  Entity,
  Gap,
  Item,
  Level,
  Result,
  Segment,
  SessionDetails,
  SourceState,
  Timing,
  Transcript,
  TranscriberEvents,
  TranscriberOptions,
  TranscriberState,
  TypedEventTarget,
} from "./types.d.ts";

export interface Transcriber extends TypedEventTarget<TranscriberEvents> {}

/** A source of audio, and what is heard of it, as events. */
export class Transcriber {
  constructor(options?: TranscriberOptions);
  get state(): TranscriberState;
  /** What was heard since the last start. */
  get transcript(): Transcript;
  /** What may be known of the stream of now; null when there is none. Nothing of it is secret. */
  get session(): SessionDetails | null;
  /**
   * Resolves when words can arrive; rejects with what keeps them from it. Call it in the handler of a tap or a
   * click: the source may need that. Later faults are `error` events. Aborting is as abort().
   */
  start(source: AudioSource, options?: { signal?: AbortSignal }): Promise<void>;
  /** No more audio; resolves when the last words have arrived or cannot arrive any more. */
  stop(): Promise<void>;
  /** Ends at once, without the last words. A start() that is under way rejects with an AbortError. */
  abort(): Promise<void>;
}

export interface CaptureOptions {
  /** 1: all of the source's are mixed; 2: one transcript for each. Default 1. */
  channels?: 1 | 2;
  /** Where capture-worklet.js is, if a bundler has moved it. Default: beside the library. */
  worklet?: string | URL;
}

/** The microphone. Its permission is asked for when a transcriber starts with it. */
export function microphone(constraints?: MediaTrackConstraints, options?: CaptureOptions): AudioSource;
/** The sound of a tab or screen that the person chooses when a transcriber starts with it. */
export function screenAudio(options?: CaptureOptions): AudioSource;
/** The first audio track of a stream of the page's own. It goes on when the transcriber stops. */
export function stream(mediaStream: MediaStream, options?: CaptureOptions): AudioSource;
/** A recording that the browser can decode. `speed` 2 is twice as fast as it was said. */
export function file(blob: Blob, options?: { channels?: 1 | 2; speed?: number }): AudioSource;

/** What was said, a line for each segment. */
export function plainText(transcript: Transcript): string;
/** The segment's text in pieces, those that are words with their confidence. Joined they are the text exactly. */
export function spans(segment: Segment): { text: string; confidence?: number }[];

/** Every error that the library raises on purpose. All of it is plain text: show it as text. */
export class ScribepassError extends Error {
  constructor(message: string, words?: { details?: readonly string[]; advice?: string });
  /** A stable slug. */
  code: string;
  /** What the other side said. */
  details: readonly string[];
  /** What to do. */
  advice: string;
}

export class ProtocolError extends ScribepassError {}

/** This side tried to do what the protocol does not allow. Nothing was sent. */
export class LocalProtocolError extends ProtocolError {}

/** The other side's bytes are not a valid event stream. */
export class RemoteProtocolError extends ProtocolError {
  constructor(kind: RemoteProtocolError["kind"], detail: string);
  kind: "checksum" | "framing" | "header" | "limit" | "payload";
}

/** The source of audio cannot be had, or was lost. */
export class MicrophoneError extends ScribepassError {
  constructor(kind: MicrophoneError["kind"], message: string, advice: string);
  kind:
    | "insecure"
    | "unsupported"
    | "denied"
    | "blocked"
    | "missing"
    | "busy"
    | "silent"
    | "suspended"
    | "unloaded"
    | "ended"
    | "unreadable";
}

/** The service gave no ticket. */
export class TicketError extends ScribepassError {
  constructor(
    message: string,
    more: {
      details?: readonly string[];
      advice?: string;
      status?: number;
      problem?: Record<string, unknown>;
      retryAfter?: number | null;
    },
  );
  /** Of HTTP; 0 when the service could not be reached. */
  status: number;
  /** The service's problem details (RFC 9457). */
  problem: Record<string, unknown>;
  /** Seconds, where the service named them. */
  retryAfter: number | null;
}

/** Transcribe ended the stream with an exception, or the connection was lost. */
export class StreamError extends ScribepassError {
  constructor(kind: string, message: string, words?: { details?: readonly string[]; advice?: string });
  /** AWS's name of the exception, or `ConnectionFailed`, `ConnectionLost`, `StreamEnded`, … */
  kind: string;
}
