import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { inspect } from "node:util";

import { LocalProtocolError, MicrophoneError, StreamError, TicketError } from "../../web/scribepass/errors.js";
import { Transcriber } from "../../web/scribepass/transcriber.js";
import { answer, fakeFetch, FakeSource, FakeWebSocket, settle, ticketBody } from "./support/fakes.mjs";
import { awsResult, exception, transcriptEvent } from "./support/frames.mjs";

const PCM = () => new ArrayBuffer(3200);
const AUDIO_BYTES = 104 + 3200;
const END_BYTES = 104;

let source, fetch, transcriber, log;

function make(options = {}) {
  source = new FakeSource();
  fetch = fakeFetch(answer(201, ticketBody()));
  transcriber = new Transcriber({ fetch, WebSocket: FakeWebSocket, ...options });
  log = [];
  transcriber.addEventListener("state", (event) => log.push(event.state));
  transcriber.addEventListener("error", (event) => log.push(event.error));
}

/** A transcriber that is streaming, its server, and the promise of start(). */
async function streaming() {
  const started = transcriber.start(source);
  source.opened.resolve();
  await settle();
  FakeWebSocket.last.accept();
  await started;
  return FakeWebSocket.last;
}

const sizes = (server) => server.received.map((frame) => frame.length);

beforeEach(() => make());
afterEach(() => transcriber.abort());

test("one stream from start to stop: states, audio, words, in order", async () => {
  const server = await streaming();
  source.speak(PCM());
  server.deliver(transcriptEvent([awsResult("a", "hel", { IsPartial: true })]));
  source.last = [new ArrayBuffer(512)];
  const stopped = transcriber.stop();
  await settle();
  assert.deepEqual(sizes(server), [AUDIO_BYTES, 104 + 512, END_BYTES]);
  server.deliver(transcriptEvent([awsResult("a", "hello")]));
  server.finish();
  await stopped;
  assert.deepEqual(log, ["opening", "connecting", "streaming", "draining", "idle"]);
  assert.deepEqual(transcriber.transcript.segments.map(({ text }) => text), ["hello"]);
  assert.equal(transcriber.state, "idle");
  assert.ok(source.stopped >= 1);
});

test("a stream that is over is reported once, however it ended", async () => {
  const reports = () => fetch.calls.filter(({ url }) => url.endsWith("/closed")).length;
  const server = await streaming();
  const stopped = transcriber.stop();
  await settle();
  assert.equal(reports(), 0);
  server.finish();
  await stopped;
  await settle();
  assert.equal(reports(), 1);
  await streaming();
  transcriber.abort();
  await settle();
  assert.equal(reports(), 2);
});

test("the source is opened in the same turn as start, for the tap that it needs", () => {
  transcriber.start(source).catch(() => {});
  assert.ok(source.sink);
});

test("the ticket is asked for after the source is open, at the rate that it really has", async () => {
  make({ presign: "/api/presign", language: "de-DE", region: "eu-central-1", parameters: { "show-speaker-label": true } });
  source = new FakeSource(44_100);
  const started = transcriber.start(source);
  await settle();
  assert.equal(fetch.calls.length, 0);
  source.opened.resolve();
  await settle();
  assert.equal(fetch.calls[0].url, "/api/presign");
  assert.deepEqual(JSON.parse(fetch.calls[0].body), {
    "language-code": "de-DE",
    "media-encoding": "pcm",
    "sample-rate": 44_100,
    region: "eu-central-1",
    "show-speaker-label": true,
  });
  FakeWebSocket.last.accept();
  await started;
});

test("what is said before the stream is open is not lost", async () => {
  const started = transcriber.start(source);
  source.opened.resolve();
  source.speak(PCM());
  await settle();
  source.speak(PCM());
  FakeWebSocket.last.accept();
  await started;
  source.speak(PCM());
  assert.deepEqual(sizes(FakeWebSocket.last), [AUDIO_BYTES, AUDIO_BYTES, AUDIO_BYTES]);
});

test("levels and transcripts are events", async () => {
  const seen = [];
  transcriber.addEventListener("level", ({ level }) => seen.push(level));
  transcriber.addEventListener("transcript", ({ transcript }) => seen.push(transcript.segments[0].text));
  const server = await streaming();
  source.speak(PCM());
  server.deliver(transcriptEvent([awsResult("a", "hello")]));
  assert.deepEqual(seen, [{ rms: -20, peak: -10 }, "hello"]);
});

test("a second start while one is running is a mistake of the page", async () => {
  await streaming();
  await assert.rejects(transcriber.start(new FakeSource()), LocalProtocolError);
  assert.equal(transcriber.state, "streaming");
});

test("after a stop it starts again, with an empty transcript, of which it tells, and a fresh ticket", async () => {
  const lengths = [];
  transcriber.addEventListener("transcript", ({ transcript }) => lengths.push(transcript.segments.length));
  const first = await streaming();
  first.deliver(transcriptEvent([awsResult("a", "one")]));
  const stopped = transcriber.stop();
  await settle();
  first.finish();
  await stopped;

  source = new FakeSource();
  const second = await streaming();
  assert.notEqual(second, first);
  assert.deepEqual(lengths, [1, 0]);
  assert.equal(fetch.calls.filter(({ url }) => url.endsWith("/presign")).length, 2);
  assert.deepEqual(transcriber.transcript.segments, []);
});

test("stop when nothing runs is no fault", async () => {
  await transcriber.stop();
  transcriber.abort();
  assert.deepEqual(log, []);
});

test("several stops end together", async () => {
  const server = await streaming();
  const stops = [transcriber.stop(), transcriber.stop()];
  await settle();
  server.finish();
  await Promise.all(stops);
  assert.deepEqual(sizes(server), [END_BYTES]);
});

for (const [what, prepare, expected] of [
  ["the source fails", () => source.opened.reject(new MicrophoneError("denied", "no", "")), MicrophoneError],
  ["the ticket is refused", () => ((fetch = fakeFetch(answer(429, {}))), source.opened.resolve()), TicketError],
]) {
  test(`start rejects when ${what}, and the microphone is off`, async () => {
    make({ fetch: (...args) => fetch(...args) });
    prepare();
    await assert.rejects(transcriber.start(source), expected);
    assert.equal(log.at(-1), "idle");
    assert.equal(log.some((entry) => entry instanceof Error), false);
    if (expected === TicketError) assert.equal(source.stopped, 1);
  });
}

test("start rejects when the socket does not open however often it is tried, and the microphone is off", async () => {
  make({ timing: { patience: 0.1 } });
  const started = transcriber.start(source);
  const failed = assert.rejects(started, StreamError);
  source.opened.resolve();
  await settle();
  const first = FakeWebSocket.last;
  first.drop();
  await settle();
  assert.notEqual(FakeWebSocket.last, first);
  FakeWebSocket.last.drop();
  await failed;
  assert.deepEqual([log.at(-1), source.stopped], ["idle", 1]);
});

test("a stream that fails is idle first and then an error event, with the words kept", async () => {
  const server = await streaming();
  server.deliver(transcriptEvent([awsResult("a", "hello")]));
  server.deliver(exception("AccessDeniedException", "x"));
  await settle();
  assert.deepEqual(log.slice(3, 4), ["idle"]);
  assert.equal(log[4].kind, "AccessDeniedException");
  assert.equal(source.stopped, 1);
  assert.equal(transcriber.transcript.segments.length, 1);
});

test("stop resolves even when the stream fails while draining", async () => {
  const server = await streaming();
  const stopped = transcriber.stop();
  await settle();
  server.deliver(exception("BadRequestException", "x"));
  await stopped;
  assert.equal(log.at(-1).kind, "BadRequestException");
});

test("a microphone that goes away is told, and its last words still arrive", async () => {
  const server = await streaming();
  source.sink.onEnd(new MicrophoneError("ended", "gone", ""));
  await settle();
  assert.equal(log.at(-2).kind, "ended");
  assert.equal(transcriber.state, "draining");
  assert.deepEqual(sizes(server), [END_BYTES]);
  server.deliver(transcriptEvent([awsResult("a", "bye")]));
  server.finish();
  await transcriber.stop();
  assert.equal(transcriber.transcript.segments[0].text, "bye");
});

test("a microphone that goes away before the stream is open makes start reject", async () => {
  const started = transcriber.start(source);
  source.opened.resolve();
  await settle();
  const gone = new MicrophoneError("ended", "gone", "");
  source.sink.onEnd(gone);
  await assert.rejects(started, gone);
  assert.equal(transcriber.state, "idle");
});

for (const how of ["stop", "abort", "signal"]) {
  test(`${how} during the question for permission gives up; a permission that comes later opens nothing`, async () => {
    const controller = new AbortController();
    const started = transcriber.start(source, { signal: controller.signal });
    if (how === "signal") controller.abort();
    else transcriber[how]();
    await assert.rejects(started, { name: "AbortError" });
    assert.equal(transcriber.state, "idle");
    source.opened.resolve();
    await settle();
    assert.equal(source.stopped, 1);
    assert.equal(fetch.calls.length, 0);
  });
}

test("stop while connecting gives up, and the microphone is off", async () => {
  const started = transcriber.start(source);
  source.opened.resolve();
  await settle();
  const server = FakeWebSocket.last;
  await Promise.all([transcriber.stop(), assert.rejects(started, { name: "AbortError" })]);
  assert.deepEqual([server.readyState, source.stopped, transcriber.state], [2, 1, "idle"]);
});

test("abort while draining does not wait for the server", async () => {
  const server = await streaming();
  const stopped = transcriber.stop();
  await settle();
  transcriber.abort();
  await stopped;
  assert.deepEqual([server.readyState, transcriber.state], [2, "idle"]);
});

test("a signal that was aborted before starts nothing", async () => {
  await assert.rejects(transcriber.start(source, { signal: AbortSignal.abort() }), { name: "AbortError" });
  assert.equal(source.sink, undefined);
  assert.deepEqual(log, []);
});

test("an earlier run has no say in a later one", async () => {
  const first = source;
  await streaming();
  transcriber.abort();
  await settle();
  source = new FakeSource();
  await streaming();
  const levels = [];
  transcriber.addEventListener("level", () => levels.push(1));
  first.speak(PCM());
  first.sink.onEnd(new Error("late"));
  assert.deepEqual([levels.length, transcriber.state, FakeWebSocket.last.received.length], [0, "streaming", 0]);
});

test("neither the transcriber nor its events know the URL", async () => {
  const events = [];
  const types = ["state", "transcript", "level", "error", "reconnecting", "resumed", "backlog", "gap", "source"];
  for (const type of types) transcriber.addEventListener(type, (event) => events.push(event));
  const server = await streaming();
  source.speak(PCM());
  server.deliver(transcriptEvent([awsResult("a", "hello")]));
  server.drop();
  await settle();
  assert.ok(events.some(({ type }) => type === "reconnecting"));
  FakeWebSocket.last.accept();
  FakeWebSocket.last.deliver(exception("AccessDeniedException", "x"));
  await settle();
  assert.ok(events.some(({ type }) => type === "error"));
  for (const each of [transcriber, transcriber.session, ...events]) {
    assert.doesNotMatch(inspect(each, { depth: 9, showHidden: true }), /Signature|5ec2e7/);
  }
});
