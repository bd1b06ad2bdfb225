import assert from "node:assert/strict";
import { test } from "node:test";

import { MicrophoneError } from "../../web/scribepass/errors.js";
import { microphone } from "../../web/scribepass/microphone.js";
import { FakeContext, FakeWorkletNode, installBrowser } from "./support/browser.mjs";
import { stopTheClock } from "./support/fakes.mjs";

/** A sink that notes what it gets. */
function makeSink() {
  const sink = { chunks: [], levels: [], ended: [] };
  sink.onChunk = (pcm, level) => (sink.chunks.push(pcm), sink.levels.push(level));
  sink.onEnd = (error) => sink.ended.push(error);
  return sink;
}

const chunk = (bytes = 3200) => ({ pcm: new ArrayBuffer(bytes), rms: 0.1, peak: 1 });
const failing = (name, message = "") => async () => {
  throw new DOMException(message, name);
};

test("the microphone comes at 16 kHz, 1,600 samples a chunk, levels in dBFS", async () => {
  installBrowser();
  const sink = makeSink();
  const capture = await microphone().open(sink);
  const node = FakeWorkletNode.last;
  node.post(chunk());
  assert.equal(capture.sampleRate, 16_000);
  assert.equal(node.options.processorOptions.chunkFrames, 1600);
  assert.match(FakeContext.last.modules[0], /scribepass\/capture-worklet\.js$/);
  assert.deepEqual([sink.chunks[0].byteLength, sink.levels], [3200, [{ rms: -20, peak: 0 }]]);
});

test("the audio leads to the context's end: an unconnected node is not run everywhere", async () => {
  installBrowser();
  await microphone().open(makeSink());
  assert.deepEqual(FakeWorkletNode.last.connectedTo, [FakeContext.last.destination]);
});

test("one channel is asked for, with voice processing, and the page's wishes come last", async () => {
  const { asked } = installBrowser();
  await microphone({ deviceId: "usb", autoGainControl: false }).open(makeSink());
  assert.deepEqual(asked, [
    {
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: false, deviceId: "usb" },
    },
  ]);
});

test("the context is made and resumed in the same turn as the tap, before the question for permission", () => {
  installBrowser({ getUserMedia: () => new Promise(() => {}) });
  microphone().open(makeSink());
  assert.equal(FakeContext.last.state, "running");
});

for (const [what, device] of [
  ["a context", { refusesConstruction: true, rate: 44_100 }],
  ["a stream in such a context", { refusesStream: true, rate: 44_100 }],
]) {
  test(`a browser that refuses ${what} of 16 kHz gives the device's own rate`, async () => {
    installBrowser({ device });
    const capture = await microphone().open(makeSink());
    assert.equal(capture.sampleRate, 44_100);
    assert.equal(FakeWorkletNode.last.options.processorOptions.chunkFrames, 4410);
    assert.deepEqual(FakeContext.made.map(({ state }) => state).slice(0, -1), FakeContext.made.slice(1).map(() => "closed"));
  });
}

const unplugged = async () => {
  const { track } = installBrowser();
  const sink = makeSink();
  const capture = await microphone().open(sink);
  return { track, sink, capture, node: FakeWorkletNode.last, context: FakeContext.last };
};

test("stop turns the microphone off, hands over the last part of a chunk, and closes the context", async () => {
  const { track, sink, capture, node, context } = await unplugged();
  node.rest = [chunk(512)];
  const stopping = capture.stop();
  assert.equal(track.readyState, "ended");
  await stopping;
  assert.deepEqual(sink.chunks.map((pcm) => pcm.byteLength), [512]);
  assert.equal(context.state, "closed");
  await capture.stop();
  assert.deepEqual(sink.ended, []);
});

test("stop does not wait for an audio thread that is gone", async () => {
  const { capture, node, context } = await unplugged();
  node.dead = true;
  await capture.stop();
  assert.equal(context.state, "closed");
});

for (const [what, happen] of [
  ["the microphone is unplugged", ({ track }) => track.unplug()],
  ["the audio thread fails", ({ node }) => node.onprocessorerror()],
]) {
  test(`when ${what}, the last chunk comes, then the end, once, and all is off`, async () => {
    const everything = await unplugged();
    const { sink, node, track, context, capture } = everything;
    node.rest = [chunk(512)];
    happen(everything);
    await new Promise((resolve) => (sink.onEnd = (error) => resolve(sink.ended.push(error))));
    track.unplug();
    await capture.stop();
    assert.deepEqual(sink.chunks.length, 1);
    assert.deepEqual(sink.ended.map(({ kind }) => kind), ["ended"]);
    assert.deepEqual([track.readyState, context.state], ["ended", "closed"]);
  });
}

for (const [what, kind, browser] of [
  ["an insecure page", "insecure", { isSecureContext: false }],
  ["a browser without microphones", "unsupported", { getUserMedia: null }],
  ["a refused permission", "denied", { getUserMedia: failing("NotAllowedError", "Permission denied") }],
  ["a permission that the system refuses", "blocked", { getUserMedia: failing("NotAllowedError", "Permission denied by system") }],
  ["a policy of the page around", "denied", { getUserMedia: failing("SecurityError") }],
  ["no device", "missing", { getUserMedia: failing("NotFoundError") }],
  ["a chosen device that is gone", "missing", { getUserMedia: failing("OverconstrainedError") }],
  ["a device in use", "busy", { getUserMedia: failing("NotReadableError") }],
  ["a device that gave up", "busy", { getUserMedia: failing("AbortError") }],
  ["something else", "unsupported", { getUserMedia: failing("TypeError") }],
  ["a file of this page that cannot be loaded", "unloaded", { device: { hasNoModule: true } }],
  ["a device of 96 kHz that nothing converts", "unsupported", { device: { refusesStream: true, rate: 96_000 } }],
]) {
  test(`${what} is told apart: ${kind}, and nothing stays open`, async () => {
    const { track } = installBrowser(browser);
    const error = await microphone().open(makeSink()).then(assert.fail, (reason) => reason);
    assert.ok(error instanceof MicrophoneError, String(error));
    assert.equal(error.kind, kind);
    assert.ok(error.message.endsWith(".") && error.advice.endsWith("."));
    assert.deepEqual([...new Set(FakeContext.made.map(({ state }) => state))], FakeContext.made.length ? ["closed"] : []);
    if (browser.device) assert.equal(track.readyState, "ended");
  });
}

test("a context that does not start within three seconds is told, and the microphone is off", async (t) => {
  const { track } = installBrowser({ device: { runs: false } });
  stopTheClock(t);
  const opening = microphone().open(makeSink()).then(assert.fail, (reason) => reason);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  t.mock.timers.tick(3_000);
  assert.equal((await opening).kind, "suspended");
  assert.deepEqual([track.readyState, FakeContext.last.state], ["ended", "closed"]);
});
