/**
 * The microphone as a source of 16 kHz PCM.
 *
 * The browser resamples: an AudioContext of 16 kHz has a proper filter. Where it refuses (older Firefox with a
 * microphone at another rate), audio is sent at the device's own rate, and that rate is what the ticket says.
 */
import { MicrophoneError } from "./errors.js";
import { decibels } from "./pcm.js";

/**
 * @typedef {import("./types.d.ts").AudioSink} AudioSink
 * @typedef {import("./types.d.ts").AudioSource} AudioSource
 * @typedef {import("./types.d.ts").Capture} Capture
 */

const WIRE_RATE = 16_000;
/** Transcribe's own bounds for `sample-rate`. */
const [LOWEST_RATE, HIGHEST_RATE] = [8_000, 48_000];
const CHUNKS_PER_SECOND = 10;
/** An AudioContext that does not start by then is waiting for something that will not come. */
const START_MS = 3_000;
/** The audio thread answers within one block; if it does not, it is gone. */
const FLUSH_MS = 300;
const WORKLET = new URL("./capture-worklet.js", import.meta.url);

/** By name of the browser's exception. @type {Record<string, ConstructorParameters<typeof MicrophoneError>>} */
const FAULTS = {
  NotAllowedError: [
    "denied",
    "This page may not use the microphone.",
    "Allow it in the browser's address bar (the microphone or settings sign), then start again.",
  ],
  NotFoundError: ["missing", "No microphone was found.", "Connect one, then start again."],
  NotReadableError: [
    "busy",
    "The microphone does not answer.",
    "Another program may be using it. Close that program or reconnect the microphone, then start again.",
  ],
};
const ALIASES = /** @type {Record<string, string>} */ ({
  SecurityError: "NotAllowedError",
  OverconstrainedError: "NotFoundError",
  AbortError: "NotReadableError",
});

/**
 * The microphone of this device. Its permission is asked for when a transcriber starts with it.
 *
 * @param {MediaTrackConstraints} [constraints] such as `{ deviceId }`; the browser's voice processing is on
 * @returns {AudioSource}
 */
export function microphone(constraints = {}) {
  return { open: (sink) => open(sink, constraints) };
}

/** @param {AudioSink} sink @param {MediaTrackConstraints} constraints @returns {Promise<Capture>} */
async function open(sink, constraints) {
  requireMicrophones();
  // Before the first await: Safari lets a context run only when it began inside the tap.
  let context = startContext(WIRE_RATE);
  /** @type {MediaStream | undefined} */
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...constraints },
    });
    let input = connectable(context, stream);
    if (!input) {
      context.close();
      context = startContext();
      input = connectable(context, stream);
    }
    if (!input || context.sampleRate < LOWEST_RATE || context.sampleRate > HIGHEST_RATE) throw unsupported();
    await addWorklet(context);
    await running(context);
    return capture(sink, context, stream, input);
  } catch (error) {
    release(stream, context);
    throw explain(error);
  }
}

/** @param {AudioContext} context */
async function addWorklet(context) {
  try {
    await context.audioWorklet.addModule(WORKLET);
  } catch {
    throw new MicrophoneError(
      "unloaded",
      "A part of this page could not be loaded.",
      "Check the network, and that the service is running, then start again.",
    );
  }
}

function requireMicrophones() {
  if (!globalThis.isSecureContext) {
    throw new MicrophoneError(
      "insecure",
      "A browser gives the microphone to secure pages only.",
      "Open this page by https://, or on this machine by http://localhost.",
    );
  }
  if (!navigator.mediaDevices?.getUserMedia || typeof AudioWorkletNode === "undefined") throw unsupported();
}

function unsupported() {
  return new MicrophoneError(
    "unsupported",
    "This browser cannot record from this microphone.",
    "Try another microphone, or a current Chrome, Edge, Firefox or Safari.",
  );
}

/** @param {number} [sampleRate] the device's own if absent or refused */
function startContext(sampleRate) {
  const options = { latencyHint: /** @type {const} */ ("interactive") };
  try {
    const context = new AudioContext(sampleRate ? { ...options, sampleRate } : options);
    context.resume().catch(() => {});
    return context;
  } catch (error) {
    if (!sampleRate) throw explain(error);
    return startContext();
  }
}

/** The stream as a node of the context, or null: the context's rate is not the microphone's, and it minds. @param {AudioContext} context @param {MediaStream} stream */
function connectable(context, stream) {
  try {
    return context.createMediaStreamSource(stream);
  } catch (error) {
    if (error instanceof Error && error.name === "NotSupportedError") return null;
    throw error;
  }
}

/** @param {AudioContext} context */
async function running(context) {
  if (context.state === "running") return;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(reject, START_MS, suspended());
  });
  try {
    await Promise.race([context.resume(), limit]);
  } finally {
    clearTimeout(timer);
  }
}

function suspended() {
  return new MicrophoneError(
    "suspended",
    "The browser did not start recording.",
    "Start again. If it stays: browsers also need a working audio output.",
  );
}

/**
 * @param {AudioSink} sink
 * @param {AudioContext} context
 * @param {MediaStream} stream
 * @param {MediaStreamAudioSourceNode} input
 * @returns {Capture}
 */
function capture(sink, context, stream, input) {
  const node = new AudioWorkletNode(context, "scribepass-capture", {
    processorOptions: { chunkFrames: Math.round(context.sampleRate / CHUNKS_PER_SECOND) },
  });
  const { port } = node;
  let stopped = false;
  /** @type {() => void} */
  let flushed = () => {};

  port.onmessage = ({ data }) => {
    if (data === "flushed") flushed();
    else sink.onChunk(data.pcm, { rms: decibels(data.rms), peak: decibels(data.peak) });
  };
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    for (const track of stream.getTracks()) track.stop();
    port.postMessage("flush");
    await new Promise((resolve) => {
      flushed = () => resolve(undefined);
      setTimeout(resolve, FLUSH_MS);
    });
    input.disconnect();
    node.disconnect();
    release(stream, context);
  };
  const end = () => {
    if (!stopped) stop().then(() => sink.onEnd(ended()));
  };
  node.onprocessorerror = end;
  for (const track of stream.getTracks()) track.onended = end;

  // Its output is silence; but a node that leads nowhere is not run by every browser.
  input.connect(node).connect(context.destination);
  return { sampleRate: context.sampleRate, stop };
}

function ended() {
  return new MicrophoneError(
    "ended",
    "The microphone went away.",
    "It was unplugged, or its permission was withdrawn. Connect it, then start again.",
  );
}

/** On every way out: the recording sign of the browser must not outlive the recording. @param {MediaStream | undefined} stream @param {AudioContext} context */
function release(stream, context) {
  for (const track of stream?.getTracks() ?? []) track.stop();
  if (context.state !== "closed") context.close().catch(() => {});
}

/** The browser's reason as one of ours. @param {unknown} error */
function explain(error) {
  if (error instanceof MicrophoneError || !(error instanceof Error)) return error;
  const fault = FAULTS[ALIASES[error.name] ?? error.name];
  if (!fault) return unsupported();
  // Chrome and Edge: it is not the page that was refused, but the browser.
  if (fault[0] === "denied" && /system/i.test(error.message)) {
    return new MicrophoneError(
      "blocked",
      "This computer does not let the browser use the microphone.",
      "Allow it in the system's privacy settings, then start again.",
    );
  }
  return new MicrophoneError(...fault);
}
