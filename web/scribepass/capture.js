/**
 * What every live source has in common: a context, the audio thread's part, and the life of a track, to an AudioSink.
 *
 * The browser resamples: an AudioContext of 16 kHz has a proper filter. Where it refuses (older Firefox with a
 * microphone at another rate) the context has the device's rate, and the audio thread resamples.
 */
import { MicrophoneError } from "./errors.js";
import { WIRE_RATE } from "./pcm.js";
import { settleable, within } from "./waits.js";

/**
 * @typedef {import("./types.d.ts").AudioSink} AudioSink
 * @typedef {import("./types.d.ts").Capture} Capture
 * @typedef {import("./types.d.ts").SourceState} SourceState
 *
 * @typedef {object} CaptureOptions
 * @property {1 | 2} [channels] 1: all of the source's are mixed; 2: interleaved, and a source of one is doubled
 * @property {string | URL} [worklet] where capture-worklet.js is, if a bundler has moved it
 *
 * @typedef {object} Device
 * @property {() => Promise<MediaStream>} ask called in the same turn as open()
 * @property {() => Promise<MediaStream>} [another] what takes over when it ends; without, its end is the source's
 * @property {boolean} [lent] its tracks are the page's, and not stopped
 */

/** An AudioContext that does not start by then is waiting for something that will not come. */
const LOAD_MS = 10_000;
const START_MS = 3_000;
/** The audio thread answers within one block; if it does not, it is gone. */
const FLUSH_MS = 300;
const WORKLET = new URL("./capture-worklet.js", import.meta.url);

/** What happened and what to do, by kind. */
const WORDS = {
  insecure: ["Only secure pages may record.", "Open this page by https:// or http://localhost."],
  unsupported: ["This browser cannot record this sound.", "Try another, or a newer one."],
  denied: ["This page may not use the microphone.", "Allow it in the address bar."],
  blocked: ["This browser may not use the microphone.", "Allow it in the settings of the system."],
  missing: ["No microphone was found.", "Connect one."],
  busy: ["The microphone does not answer.", "Close other programs that use it."],
  silent: ["No sound was shared.", "Share a tab, with its sound."],
  unloaded: ["A part of this page could not be loaded.", "Check the network."],
  suspended: ["The browser did not start recording.", "Connect headphones or a loudspeaker."],
  ended: ["The microphone went away.", "Connect or allow it."],
  unreadable: ["This file could not be read as sound.", "Choose one that this browser can play."],
};

/** @param {keyof typeof WORDS} kind */
export function fault(kind) {
  const [message = "", advice = ""] = WORDS[kind];
  return new MicrophoneError(kind, message, advice);
}

/** What a browser does for a voice, and would do to any other sound. @param {boolean} on */
export function voiceProcessing(on) {
  return { echoCancellation: on, noiseSuppression: on, autoGainControl: on };
}

/**
 * Audio from a device until it is stopped.
 *
 * @param {AudioSink} sink
 * @param {Device} device
 * @param {CaptureOptions & { signal?: AbortSignal }} [options] `signal`: nobody waits for it to open any more
 * @returns {Promise<Capture>}
 */
export async function capture(sink, device, { signal, ...options } = {}) {
  /** @type {Recording | undefined} */
  let recording;
  const release = () => recording?.release();
  signal?.addEventListener("abort", release);
  try {
    recording = new Recording(sink, device, options);
    return await recording.open();
  } catch (error) {
    release();
    if (error instanceof MicrophoneError) throw error;
    // What an insecure page is not given looks like what a browser does not have.
    throw fault(globalThis.isSecureContext ? "unsupported" : "insecure");
  } finally {
    signal?.removeEventListener("abort", release);
  }
}

class Recording {
  #sink;
  #device;
  #channels;
  #worklet;
  #context;
  /** @type {AudioWorkletNode | undefined} */
  #node;
  /** @type {MediaStreamAudioSourceNode | undefined} */
  #input;
  /** None while another is sought. @type {MediaStreamTrack | undefined} */
  #track;
  #listeners = new AbortController();
  #released = false;
  #flows = false;
  /** @type {SourceState} */
  #told = "flowing";
  /** @type {Promise<void> | undefined} */
  #stopping;
  /** Ends the wait for the context to run or the audio thread's last word. */
  #wake = () => {};

  /** @param {AudioSink} sink @param {Device} device @param {CaptureOptions} [options] */
  constructor(sink, device, { channels = 1, worklet = WORKLET } = {}) {
    this.#sink = sink;
    this.#device = device;
    this.#channels = channels;
    this.#worklet = worklet;
    // In the same turn as open(): Safari lets a context run only when it began inside the tap.
    this.#context = this.#start(WIRE_RATE);
  }

  /** @returns {Promise<Capture>} */
  async open() {
    await this.#attach(await this.#device.ask());
    const woken = this.#wait(START_MS);
    this.#check();
    await woken;
    if (this.#context.state !== "running") throw fault("suspended");
    this.#flows = true;
    // What the system has suspended may need a tap, or the page in sight, to go on.
    this.#listen(globalThis, "visibilitychange", "pointerup", "keydown");
    return { sampleRate: WIRE_RATE, channels: this.#channels, live: true, stop: () => this.#stop() };
  }

  /** On every way out: the recording sign of the browser must not outlive the recording. */
  release() {
    this.#released = true;
    this.#listeners.abort();
    if (!this.#device.lent) this.#track?.stop();
    this.#context.close().catch(() => {});
  }

  /** @param {number} [sampleRate] the device's own if absent or refused */
  #start(sampleRate) {
    let context;
    try {
      context = new AudioContext({ sampleRate });
    } catch {
      context = new AudioContext();
    }
    context.resume().catch(() => {});
    this.#listen(context, "statechange");
    return context;
  }

  /** From here on the stream's sound is this recording's to stop. @param {MediaStream} stream */
  async #attach(stream) {
    const [track] = stream.getAudioTracks();
    if (!track) throw fault("silent");
    this.#track = track;
    if (this.#stopping || this.#released) return this.release();
    const connect = () => this.#context.createMediaStreamSource(new MediaStream([track]));
    let input;
    try {
      input = connect();
    } catch {
      // The context is not of the device's rate, and minds.
      this.#context.close();
      this.#context = this.#start();
      this.#node = undefined;
      input = connect();
    }
    this.#node ??= await this.#load();
    this.#input?.disconnect();
    this.#input = input;
    input.connect(this.#node);
    this.#listen(track, "ended", "mute", "unmute");
  }

  /** The audio thread's part. */
  async #load() {
    const context = this.#context;
    await within(LOAD_MS, context.audioWorklet.addModule(this.#worklet)).catch(() => {
      throw fault("unloaded");
    });
    const processorOptions = { channels: this.#channels, rate: context.sampleRate };
    const node = new AudioWorkletNode(context, "scribepass-capture", { processorOptions });
    node.port.onmessage = ({ data }) => {
      if (data === "flushed") return this.#wake();
      this.#sink.onChunk(data.pcm, data.level);
      // A page that stops a track of its own causes no event.
      this.#check();
    };
    node.onprocessorerror = () => this.#end(fault("ended"));
    // Its output is silence; but a node that leads nowhere is not run by every browser.
    node.connect(context.destination);
    return node;
  }

  /** @param {EventTarget} target @param {string[]} types */
  #listen(target, ...types) {
    for (const type of types) {
      target.addEventListener(type, () => this.#check(), this.#listeners);
    }
  }

  /** How the context and the device are by now. */
  #check() {
    const { state } = this.#context;
    // Never while it is "interrupted" (iOS, during a call): a context that is resumed then may stay silent for good.
    if (state === "suspended") this.#context.resume().catch(() => {});
    if (!this.#flows) return void (state === "running" && this.#wake());
    if (this.#stopping) return;
    if (this.#track?.readyState === "ended") return void this.#replace();
    this.#tell(state !== "running" ? "interrupted" : this.#track?.muted ? "muted" : "flowing");
  }

  /** @param {SourceState} state */
  #tell(state) {
    if (state !== this.#told) this.#sink.onState?.(state);
    this.#told = state;
  }

  /** The device is gone: unplugged, or no longer permitted. Until there is another, there is silence. */
  async #replace() {
    const { another } = this.#device;
    if (!another) return this.#end(null);
    this.#track = undefined;
    try {
      await this.#attach(await another());
      if (!this.#stopping) this.#sink.onState?.("switched");
    } catch {
      this.#end(fault("ended"));
    }
  }

  /** @param {Error | null} error */
  #end(error) {
    if (!this.#stopping) this.#stop().then(() => this.#sink.onEnd(error));
  }

  #stop() {
    return (this.#stopping ??= this.#finish());
  }

  /** @param {number} most ms */
  #wait(most) {
    const { promise, resolve } = settleable();
    this.#wake = resolve;
    return within(most, promise).catch(() => {});
  }

  /** The device is off at once; what was recorded is handed over. */
  async #finish() {
    if (!this.#device.lent) this.#track?.stop();
    const woken = this.#wait(FLUSH_MS);
    this.#node?.port.postMessage("flush");
    await woken;
    this.release();
  }
}
