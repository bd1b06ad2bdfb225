import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";

import { MicrophoneError } from "../../web/scribepass/errors.js";
import { microphone } from "../../web/scribepass/microphone.js";
import { screenAudio } from "../../web/scribepass/screen.js";
import { stream } from "../../web/scribepass/stream.js";
import { FakeContext, FakeNode, FakeStream, FakeTrack, FakeWorkletNode } from "./support/browser.mjs";
import { installBrowser, makeSink } from "./support/browser.mjs";

// The limit for a context's start is left behind; it must not keep this process.
const { setTimeout } = globalThis;
globalThis.setTimeout = (done, delay) => (delay < 3_000 ? setTimeout(done, delay) : setTimeout(done, delay).unref());

const chunk = (bytes = 3200) => ({ pcm: new ArrayBuffer(bytes), level: { rms: -20, peak: 0 } });
const failing = (name, message = "") => async () => {
  throw new DOMException(message, name);
};

/** A recording in a browser, and all that belongs to it. */
async function recording(browser, open = () => microphone()) {
  const installed = installBrowser(browser);
  const sink = makeSink();
  const capture = await open(installed).open(sink);
  return { ...installed, sink, capture, node: FakeWorkletNode.last, context: FakeContext.last };
}

test("the microphone comes at 16 kHz, chunk by chunk, each with its level", async () => {
  const { sink, capture, node, context } = await recording();
  node.post(chunk());
  assert.deepEqual({ ...capture, stop: null }, { sampleRate: 16_000, channels: 1, live: true, stop: null });
  assert.deepEqual(node.options.processorOptions, { channels: 1, rate: 16_000 });
  assert.match(context.modules[0], /scribepass\/capture-worklet\.js$/);
  assert.deepEqual([sink.chunks[0].byteLength, sink.levels, sink.states], [3200, [{ rms: -20, peak: 0 }], []]);
});

test("the audio thread's part is where the page says; two channels are two", async () => {
  const options = { channels: 2, worklet: "/assets/w.js" };
  const { node, context, capture } = await recording({}, () => microphone({}, options));
  assert.deepEqual([context.modules, capture.channels], [["/assets/w.js"], 2]);
  assert.equal(node.options.processorOptions.channels, 2);
});

test("the audio leads to the context's end: an unconnected node is not run everywhere", async () => {
  const { node, context } = await recording();
  assert.deepEqual(node.connectedTo, [context.destination]);
  assert.deepEqual(FakeNode.made[0].connectedTo, [node]);
});

for (const [channels, voice] of [
  [1, true],
  [2, false],
]) {
  test(`${channels} channels are asked for, voice processing ${voice}, and the page's wishes come last`, async () => {
    const wishes = { deviceId: "usb", autoGainControl: "mine" };
    const { asked } = await recording({}, () => microphone(wishes, { channels }));
    const audio = {
      channelCount: channels,
      echoCancellation: voice,
      noiseSuppression: voice,
      autoGainControl: "mine",
      deviceId: "usb",
    };
    assert.deepEqual(asked, [{ audio }]);
  });
}

test("the context is made and resumed in the same turn as the tap", () => {
  installBrowser({ getUserMedia: () => new Promise(() => {}) });
  microphone().open(makeSink());
  assert.equal(FakeContext.last.resumed, 1);
});

for (const [what, device] of [
  ["a context", { refusesConstruction: true, rate: 44_100 }],
  ["a stream in such a context", { refusesStream: true, rate: 96_000 }],
]) {
  test(`where a browser refuses ${what} of 16 kHz the audio thread resamples`, async () => {
    const { capture, node, context } = await recording({ device });
    assert.equal(capture.sampleRate, 16_000);
    assert.deepEqual([node.context, node.options.processorOptions.rate], [context, device.rate]);
    const others = FakeContext.made.slice(0, -1);
    assert.deepEqual(others.map(({ state }) => state), others.map(() => "closed"));
  });
}

test("stop turns the microphone off, hands over the last part of a chunk, and closes the context", async () => {
  const { track, sink, capture, node, context, asked } = await recording();
  node.rest = [chunk(512)];
  const stopping = capture.stop();
  assert.equal(track.readyState, "ended");
  await Promise.race([capture.stop(), stopping]);
  assert.equal(context.state, "closed");
  assert.deepEqual(sink.chunks.map((pcm) => pcm.byteLength), [512]);
  assert.deepEqual([sink.ended, sink.states, asked.length], [[], [], 1]);
});

test("stop does not wait for an audio thread that is gone, and what fails then is no news", async () => {
  const { capture, node, context, sink, track } = await recording();
  node.dead = true;
  const stopping = capture.stop();
  node.onprocessorerror();
  track.end();
  await stopping;
  await turn();
  assert.deepEqual([context.state, sink.ended], ["closed", []]);
});

test("when the audio thread fails, the last chunk comes, then the end, once, and all is off", async () => {
  const { sink, node, track, context, capture } = await recording();
  node.rest = [chunk(512)];
  node.onprocessorerror();
  track.end();
  await capture.stop();
  await turn();
  assert.deepEqual([sink.chunks.length, sink.ended.map(({ kind }) => kind)], [1, ["ended"]]);
  assert.deepEqual([track.readyState, context.state], ["ended", "closed"]);
});

/** Microphones one after the other, then none. */
function plugged(...tracks) {
  return async () => {
    const track = tracks.shift();
    if (!track) throw new DOMException("", "NotFoundError");
    return new FakeStream([track]);
  };
}

test("when the microphone is unplugged the default one takes over, and the stream's clock goes on", async () => {
  const [usb, own, last] = [new FakeTrack(), new FakeTrack(), new FakeTrack()];
  const wanted = { deviceId: "usb", groupId: "desk", noiseSuppression: false };
  const { sink, asked, node } = await recording({ getUserMedia: plugged(usb, own, last) }, () => microphone(wanted));
  usb.end();
  node.post(chunk());
  await turn();
  assert.deepEqual(asked[1].audio, { ...asked[0].audio, deviceId: undefined, groupId: undefined });
  assert.deepEqual([sink.states, sink.ended, sink.chunks.length], [["switched"], [], 1]);
  assert.deepEqual(FakeNode.made.filter((each) => each.stream).map((each) => each.connectedTo), [[], [node]]);
  assert.equal(FakeContext.made.length, 1);

  own.end();
  await turn();
  assert.deepEqual([sink.states, sink.ended], [["switched", "switched"], []]);
});

test("another microphone of another rate, where the browser minds, gets another context", async () => {
  const [usb, own] = [new FakeTrack(), new FakeTrack()];
  const { sink, capture, context } = await recording({ getUserMedia: plugged(usb, own) });
  FakeContext.device.refusesStream = true;
  usb.end();
  await turn();
  assert.deepEqual([context.state, FakeContext.last.state, FakeContext.made.length], ["closed", "running", 2]);
  const node = FakeWorkletNode.last;
  assert.deepEqual([node.context, node.options.processorOptions.rate], [FakeContext.last, 48_000]);
  node.post(chunk());
  assert.deepEqual([sink.states, sink.ended, sink.chunks.length], [["interrupted", "flowing", "switched"], [], 1]);
  await capture.stop();
  assert.deepEqual([own.readyState, FakeContext.last.state], ["ended", "closed"]);
});

test("when there is no other microphone, or it is not permitted, the source has ended", async () => {
  const [only] = [new FakeTrack()];
  const { sink, node, context } = await recording({ getUserMedia: plugged(only) });
  node.rest = [chunk(512)];
  only.end();
  await turn();
  assert.deepEqual([sink.chunks.length, sink.ended.map(({ kind }) => kind), context.state], [1, ["ended"], "closed"]);
  assert.ok(sink.ended[0] instanceof MicrophoneError);
});

test("a microphone that comes when the recording was stopped meanwhile is turned off", async () => {
  const [usb, late] = [new FakeTrack(), new FakeTrack()];
  let permit;
  const answers = [async () => new FakeStream([usb]), () => new Promise((resolve) => (permit = resolve))];
  const { sink, capture } = await recording({ getUserMedia: () => answers.shift()() });
  usb.end();
  await capture.stop();
  permit(new FakeStream([late]));
  await turn();
  assert.equal(late.readyState, "ended");
  assert.deepEqual([sink.states, sink.ended], [[], []]);
});

test("a muted microphone is told, once, and when it is not any more; chunks go on", async () => {
  const { track, sink, node } = await recording();
  track.mute();
  node.post(chunk());
  node.post(chunk());
  track.mute(false);
  node.post(chunk());
  assert.deepEqual([sink.states, sink.chunks.length], [["muted", "flowing"], 3]);
});

test("an interrupted context is not touched; once it is suspended, it is resumed", async () => {
  const { context, sink, page } = await recording();
  const before = context.resumed;
  context.become("interrupted");
  page.dispatchEvent(new Event("visibilitychange"));
  page.dispatchEvent(new Event("pointerup"));
  assert.deepEqual([sink.states, context.resumed], [["interrupted"], before]);
  context.become("suspended");
  await turn();
  assert.deepEqual([sink.states, context.state], [["interrupted", "flowing"], "running"]);
});

for (const type of ["visibilitychange", "pointerup", "keydown"]) {
  test(`a context that did not resume is tried again with the next ${type}, and after the end never`, async () => {
    const { context, sink, page, capture } = await recording();
    FakeContext.device.runs = false;
    context.become("suspended");
    assert.deepEqual(sink.states, ["interrupted"]);
    FakeContext.device.runs = true;
    page.dispatchEvent(new Event(type));
    await turn();
    assert.deepEqual(sink.states, ["interrupted", "flowing"]);
    await capture.stop();
    const resumed = context.resumed;
    context.state = "suspended";
    page.dispatchEvent(new Event(type));
    assert.equal(context.resumed, resumed);
  });
}

for (const [what, kind, browser] of [
  ["an insecure page", "insecure", { isSecureContext: false, getUserMedia: null }],
  ["a browser without microphones", "unsupported", { getUserMedia: null }],
  ["a refused permission", "denied", { getUserMedia: failing("NotAllowedError", "Permission denied") }],
  ["a permission that the system refuses", "blocked", { getUserMedia: failing("NotAllowedError", "Denied by system") }],
  ["a policy of the page around", "denied", { getUserMedia: failing("SecurityError") }],
  ["no device", "missing", { getUserMedia: failing("NotFoundError") }],
  ["a chosen device that is gone", "missing", { getUserMedia: failing("OverconstrainedError") }],
  ["a device in use", "busy", { getUserMedia: failing("NotReadableError") }],
  ["a device that gave up", "busy", { getUserMedia: failing("AbortError") }],
  ["something else", "unsupported", { getUserMedia: failing("TypeError") }],
  ["a file of this page that cannot be loaded", "unloaded", { device: { hasNoModule: true } }],
]) {
  test(`${what} is told apart: ${kind}, and nothing stays open`, async () => {
    const { track } = installBrowser(browser);
    const error = await microphone().open(makeSink()).then(assert.fail, (reason) => reason);
    assert.ok(error instanceof MicrophoneError, String(error));
    assert.equal(error.kind, kind);
    assert.ok(error.message.endsWith(".") && error.advice.endsWith("."));
    assert.deepEqual([...new Set(FakeContext.made.map(({ state }) => state))], ["closed"]);
    if (browser.device) assert.equal(track.readyState, "ended");
  });
}

test("who gives up while a file of the page is loading leaves no microphone on, then or later", async () => {
  const { track } = installBrowser({ device: { moduleHangs: true } });
  const controller = new AbortController();
  microphone().open(makeSink(), { signal: controller.signal }).catch(() => {});
  await turn();
  assert.equal(track.readyState, "live");
  controller.abort();
  assert.deepEqual([track.readyState, FakeContext.last.state], ["ended", "closed"]);
});

test("a permission that comes after one gave up opens nothing", async () => {
  let allow;
  const { track } = installBrowser({ getUserMedia: () => new Promise((resolve) => (allow = resolve)) });
  const controller = new AbortController();
  microphone().open(makeSink(), { signal: controller.signal }).catch(() => {});
  await turn();
  controller.abort();
  allow({ getAudioTracks: () => [track], getTracks: () => [track] });
  await turn();
  assert.equal(track.readyState, "ended");
});

test("a browser without an audio graph is told", async () => {
  installBrowser();
  globalThis.AudioContext = undefined;
  const error = await microphone().open(makeSink()).then(assert.fail, (reason) => reason);
  assert.equal(error.kind, "unsupported");
});

test("a context that does not start within three seconds is told, and the microphone is off", async (t) => {
  const { track } = installBrowser({ device: { runs: false } });
  const waits = [];
  t.mock.method(globalThis, "setTimeout", (done, delay) => (waits.push(delay), queueMicrotask(done)));
  const error = await microphone().open(makeSink()).then(assert.fail, (reason) => reason);
  assert.deepEqual([error.kind, waits], ["suspended", [10_000, 3_000]]);
  assert.deepEqual([track.readyState, FakeContext.last.state], ["ended", "closed"]);
});

test("a context that a call holds when recording begins is waited for", async () => {
  installBrowser();
  const opening = microphone().open(makeSink());
  const context = FakeContext.last;
  context.become("interrupted");
  await turn();
  assert.equal(context.resumed, 1);
  context.become("suspended");
  await opening;
  assert.deepEqual([context.resumed, context.state], [2, "running"]);
});

const shared = (...kinds) => {
  const tracks = kinds.map((kind) => new FakeTrack(kind));
  return { tracks, getDisplayMedia: async () => new FakeStream(tracks) };
};

test("what a tab plays is recorded as it is, and its picture is not", async () => {
  const { tracks, ...browser } = shared("video", "audio");
  const { asked, capture } = await recording(browser, () => screenAudio());
  const { audio, video } = asked[0];
  assert.equal(video, true);
  assert.deepEqual(audio, { echoCancellation: false, noiseSuppression: false, autoGainControl: false });
  assert.deepEqual(tracks.map(({ readyState }) => readyState), ["ended", "live"]);
  assert.deepEqual(FakeNode.made[0].stream.getTracks(), [tracks[1]]);
  await capture.stop();
  assert.deepEqual(tracks.map(({ readyState }) => readyState), ["ended", "ended"]);
});

for (const [what, browser] of [
  ["shares a tab without its sound", shared("video")],
  ["shares nothing", { tracks: [], getDisplayMedia: failing("NotAllowedError") }],
]) {
  test(`a person who ${what} reads what to do, and nothing stays open`, async () => {
    installBrowser(browser);
    const error = await screenAudio().open(makeSink()).then(assert.fail, (reason) => reason);
    assert.deepEqual([error.kind, FakeContext.last.state], ["silent", "closed"]);
    assert.deepEqual(browser.tracks.map(({ readyState }) => readyState), browser.tracks.map(() => "ended"));
  });
}

test("a browser that shares no screens is told", async () => {
  installBrowser({ getUserMedia: null });
  const error = await screenAudio().open(makeSink()).then(assert.fail, (reason) => reason);
  assert.equal(error.kind, "unsupported");
});

test("who stops sharing has finished: that is no error", async () => {
  const { tracks, ...browser } = shared("audio");
  const { sink, context, asked } = await recording(browser, () => screenAudio());
  tracks[0].end();
  await turn();
  assert.deepEqual([sink.ended, context.state, asked.length], [[null], "closed", 1]);
});

test("a stream of the page stays the page's, and is over when the page stops it", async () => {
  const track = new FakeTrack();
  const given = new FakeStream([new FakeTrack("video"), track, new FakeTrack()]);
  const first = await recording({}, () => stream(given));
  await first.capture.stop();
  assert.deepEqual(given.tracks.map(({ readyState }) => readyState), ["live", "live", "live"]);
  assert.deepEqual([first.sink.ended, first.context.state], [[], "closed"]);

  const { sink, node } = await recording({}, () => stream(given));
  assert.deepEqual(FakeNode.made[0].stream.getTracks(), [track]);
  track.stop();
  node.post(chunk());
  await turn();
  assert.deepEqual(sink.ended, [null]);
});

test("a stream of the page is not stopped either where recording fails", async () => {
  const track = new FakeTrack();
  installBrowser({ device: { hasNoModule: true } });
  const error = await stream(new FakeStream([track])).open(makeSink()).then(assert.fail, (reason) => reason);
  assert.deepEqual([error.kind, track.readyState], ["unloaded", "live"]);
});
