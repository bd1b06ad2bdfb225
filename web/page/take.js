/** One start and what belongs to it: the transcriber, its sound, its figures. */
import { file, microphone, screenAudio, Transcriber } from "../scribepass/index.js";
import { createLatency } from "./latency.js";
import { isStereo, requestFor } from "./parameters.js";
import { recorded, Recording } from "./recording.js";
import { size } from "./words.js";

/**
 * @typedef {import("./catalogue.js").Catalogue} Catalogue
 * @typedef {import("./settings.js").Settings} Settings
 * @typedef {import("../scribepass/types.d.ts").Transcript} Transcript
 */

export class Take {
  recording = new Recording();
  latency = createLatency();
  /** Connections after the first. */
  reconnects = 0;
  /** Of the last stream, also when it is over. @type {import("../scribepass/types.d.ts").SessionDetails | null} */
  session = null;
  level = "";

  /**
   * @param {Settings} settings
   * @param {Catalogue} catalogue
   * @param {{ presign: string, headers: () => Record<string, string> }} service
   * @param {{ file: File | null, devices: readonly string[] }} local what this browser has
   */
  constructor(settings, catalogue, service, { file: blob, devices }) {
    const channels = isStereo(settings, catalogue) ? 2 : 1;
    const device = devices.includes(settings.device) ? { deviceId: { exact: settings.device } } : {};
    this.live = settings.source !== "file" || !blob;
    const source =
      settings.source === "file" && blob
        ? file(blob, { channels })
        : settings.source === "screen"
          ? screenAudio({ channels })
          : microphone(device, { channels });
    this.source = recorded(source, this.recording);
    this.transcriber = new Transcriber({ ...service, ...requestFor(settings, catalogue) });
    this.transcriber.addEventListener("state", () => this.#noted());
  }

  get transcript() {
    return this.transcriber.transcript;
  }

  /** The transcriber forgets its session when that is over. */
  #noted() {
    return (this.session = this.transcriber.session ?? this.session);
  }

  /** What may be known of it, as names and values. @returns {[name: string, value: string][]} */
  figures() {
    const session = this.#noted();
    const [median, tail] = [0.5, 0.95].map((share) => this.latency.percentile(share));
    /** @param {number | null | undefined} value */
    const time = (value) => (value == null ? "–" : `${Math.round(value)} ms`);
    const hidden = new Set(["media-encoding", "sample-rate", "session-id"]);
    const parameters = Object.entries(session?.parameters ?? {}).filter(([name]) => !hidden.has(name));
    return [
      ["Latency, median", time(median)],
      ["Latency, 95th percentile", time(tail)],
      ["Sound", size(this.recording.bytes)],
      ["Level", this.level || "–"],
      ["Reconnects", String(this.reconnects)],
      ["Region", session?.region ?? "–"],
      ["Operation", session?.operation ?? "–"],
      ["Session", session?.sessionId ?? "–"],
      ["Ticket", session ? `${session.ticketId.slice(0, 12)}…` : "–"],
      ...parameters.map(([name, value]) => /** @type {[string, string]} */ ([name, String(value)])),
    ];
  }
}

/**
 * All takes as one transcript, each after the one before.
 *
 * @param {readonly Take[]} takes
 * @returns {Transcript}
 */
export function joined(takes) {
  let from = 0;
  const all = takes.map(({ transcript, recording }) => {
    const part = later(transcript, from);
    from += recording.seconds;
    return part;
  });
  return { segments: all.flatMap(({ segments }) => segments), gaps: all.flatMap(({ gaps }) => gaps) };
}

/** @param {Transcript} transcript @param {number} seconds @returns {Transcript} */
function later({ segments, gaps }, seconds) {
  if (!seconds) return { segments, gaps };
  const move = (/** @type {number} */ time) => Math.round(1000 * (time + seconds)) / 1000;
  const shift = (/** @type {any} */ { startTime, endTime, ...rest }) => ({
    ...rest,
    startTime: move(startTime),
    endTime: move(endTime),
  });
  return {
    segments: segments.map((segment) => ({
      ...shift(segment),
      items: segment.items.map(shift),
      ...(segment.entities && { entities: segment.entities.map(shift) }),
    })),
    gaps: gaps.map((gap) => ({ ...gap, at: move(gap.at) })),
  };
}
