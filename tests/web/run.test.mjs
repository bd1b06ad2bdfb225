/** One run over several streams: what breaks, what is sent again, what the application hears. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { decode } from "../../web/scribepass/eventstream.js";
import { Transcriber } from "../../web/scribepass/transcriber.js";
import { answer, fakeFetch, FakeSource, FakeWebSocket, settle, ticketBody } from "./support/fakes.mjs";
import { awsResult, exception, message, transcriptEvent } from "./support/frames.mjs";

const RATE = 16_000;
const CHUNK = RATE / 10;
const [LOUD, QUIET] = [-10, -100];

let source, fetch, transcriber, log, spoken;

/** Sample n of the source has the value n, so that a chunk tells where it is from. */
function speak(chunks = 1, peak = LOUD) {
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const pcm = Int16Array.from({ length: CHUNK }, (_, at) => spoken + at);
    spoken += CHUNK;
    source.speak(pcm.buffer, peak);
  }
}

/** What a server has got, as the first and the last sample's numbers (mod 65536), and whether the end was among it. */
function got(server) {
  const payloads = server.received.map((frame) => decode(frame)).filter(({ headers }) =>
    headers.get(":event-type").value === "AudioEvent").map(({ payload }) => payload);
  const audio = payloads.filter(({ length }) => length);
  const samples = audio.flatMap((payload) => [...new Int16Array(payload.slice().buffer)]);
  return {
    first: samples.length ? samples[0] & 0xffff : undefined,
    count: samples.length,
    whole: samples.every((sample, at) => ((sample - samples[0] - at) & 0xffff) === 0),
    ended: payloads.some(({ length }) => !length),
  };
}

const result = (id, text, startTime, endTime, more = {}) =>
  transcriptEvent([awsResult(id, text, { StartTime: startTime, EndTime: endTime, ...more })]);
const types = () => log.map(({ type, state }) => state ?? type);
const asked = (at) => JSON.parse(fetch.calls.filter(({ url }) => url.endsWith("/presign")).at(at).body);
const closed = () => fetch.calls.filter(({ url }) => url.endsWith("/closed")).length;
const texts = () => transcriber.transcript.segments.map(({ text }) => text);
const pass = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what) {
  for (let turn = 0; turn < 400; turn += 1) {
    if (what()) return;
    await pass(10);
  }
  assert.fail(`never: ${what}`);
}

function make({ timing, ...options } = {}, form = {}) {
  spoken = 0;
  log = [];
  source = new FakeSource(RATE, form);
  source.opened.resolve();
  FakeWebSocket.opened = [];
  let count = 0;
  fetch = options.fetch ?? fakeFetch(() => answer(201, ticketBody({ ticket_id: `tk_${(count += 1)}` })));
  transcriber = new Transcriber({ fetch, WebSocket: FakeWebSocket, timing: { speed: 1e6, ...timing }, ...options });
  for (const type of ["state", "reconnecting", "resumed", "backlog", "gap", "error", "source", "category"]) {
    transcriber.addEventListener(type, (event) => log.push(event));
  }
}

async function streaming() {
  const started = transcriber.start(source);
  await settle();
  FakeWebSocket.last.accept();
  await started;
  return FakeWebSocket.last;
}

/** The socket that takes over from this one. */
async function next(server) {
  await until(() => FakeWebSocket.last !== server);
  FakeWebSocket.last.accept();
  await pass(150); // one second goes at once, the rest with the next tick
  return FakeWebSocket.last;
}

beforeEach(() => make());
afterEach(() => transcriber.abort());

test("a lost connection is resumed from the end of the last final result, on one timeline", async () => {
  const first = await streaming();
  speak(20);
  first.deliver(result("a", "one", 0, 1));
  first.deliver(result("b", "tw", 1.2, 2, { IsPartial: true }));
  first.drop();
  speak(5);
  const second = await next(first);
  assert.deepEqual(got(second), { first: RATE, count: 1.5 * RATE, whole: true, ended: false });
  second.deliver(result("c", "two", 0.2, 1.1));
  assert.deepEqual(
    transcriber.transcript.segments.map(({ text, startTime, endTime }) => [text, startTime, endTime]),
    [["one", 0, 1], ["two", 1.2, 2.1]],
  );
  assert.deepEqual(types(), ["opening", "connecting", "streaming", "reconnecting", "reconnecting", "streaming", "resumed"]);
  const [, told] = log.filter(({ type, state }) => type === "reconnecting" || state === "reconnecting");
  assert.deepEqual([told.error.kind, told.attempt, told.delay], ["ConnectionLost", 1, 0]);
  assert.equal(log.at(-1).resent, 1.5);
});

test("the session goes on: its next ticket names the last one, and it is reported closed once, at the end", async () => {
  const first = await streaming();
  first.drop();
  const second = await next(first);
  assert.deepEqual([asked(0)["ticket-id"], asked(1)["ticket-id"]], [undefined, "tk_1"]);
  assert.equal(closed(), 0);
  const stopped = transcriber.stop();
  await settle();
  second.finish();
  await stopped;
  assert.equal(closed(), 1);
});

test("a service that does not let a session go on is asked for another", async () => {
  let count = 0;
  make({
    fetch: fakeFetch((init) => {
      const refuses = String(init.body).includes("ticket-id");
      return refuses ? answer(403, { title: "no" }) : answer(201, ticketBody({ ticket_id: `tk_${(count += 1)}` }));
    }),
  });
  const first = await streaming();
  first.drop();
  await next(first);
  assert.deepEqual([asked(1)["ticket-id"], asked(2)["ticket-id"]], ["tk_1", undefined]);
  assert.equal(closed(), 1);
  assert.equal(transcriber.state, "streaming");
});

for (const [what, end] of [
  ["an InternalFailureException", (server) => server.deliver(exception("InternalFailureException", "x"))],
  ["a ServiceUnavailableException", (server) => server.deliver(exception("ServiceUnavailableException", "x"))],
  ["a LimitExceededException", (server) => server.deliver(exception("LimitExceededException", "x"))],
  ["an expired ticket", (server) => server.deliver(exception("RequestExpired", "Request has expired"))],
  ["a close that nobody asked for", (server) => server.finish()],
  ["a frame that is garbage", (server) => server.deliver(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))],
]) {
  test(`${what} ends a stream and not the run`, async () => {
    const first = await streaming();
    speak(3);
    end(first);
    const second = await next(first);
    assert.deepEqual(got(second), { first: 0, count: 3 * CHUNK, whole: true, ended: false });
    assert.equal(transcriber.state, "streaming");
  });
}

test("a conflict begins another session, once", async () => {
  const first = await streaming();
  first.deliver(exception("ConflictException", "taken"));
  const second = await next(first);
  assert.equal(asked(1)["ticket-id"], undefined);
  assert.equal(closed(), 1);
  second.deliver(exception("ConflictException", "taken"));
  await settle();
  assert.deepEqual([transcriber.state, log.at(-1).error.kind], ["idle", "ConflictException"]);
});

test("a socket that is refused is tried again, and what is said meanwhile is kept", async () => {
  const first = await streaming();
  speak(1);
  first.drop();
  await until(() => FakeWebSocket.last !== first);
  const refused = FakeWebSocket.last;
  refused.drop();
  speak(2);
  const third = await next(refused);
  assert.deepEqual(got(third), { first: 0, count: 3 * CHUNK, whole: true, ended: false });
  assert.deepEqual(log.filter(({ type }) => type === "reconnecting").map(({ attempt }) => attempt), [1, 2]);
});

test("a ticket that is refused for now is asked for again when the service says", async () => {
  let asked = 0;
  make({
    fetch: fakeFetch(() => ((asked += 1) === 2 ? answer(429, {}, { "Retry-After": "0" }) : answer(201, ticketBody()))),
  });
  const first = await streaming();
  first.drop();
  await until(() => FakeWebSocket.opened.length === 2);
  assert.equal(log.filter(({ type }) => type === "reconnecting").at(-1).error.status, 429);
});

test("a ticket that is refused for good ends the run with the service's words", async () => {
  let asked = 0;
  make({ fetch: fakeFetch(() => ((asked += 1) > 1 ? answer(403, { detail: "not you" }) : answer(201, ticketBody({ ticket_id: "" })))) });
  const first = await streaming();
  first.drop();
  await until(() => transcriber.state === "idle");
  assert.deepEqual([log.at(-1).error.status, log.at(-1).error.details], [403, ["not you"]]);
});

test("a token that has expired is asked for anew, once", async () => {
  let made = 0;
  const headers = () => ({ Authorization: `Bearer ${(made += 1)}` });
  make({ headers, fetch: fakeFetch((init) => (init.headers.get("Authorization") === "Bearer 1" ? answer(401, {}) : answer(201, ticketBody()))) });
  await streaming();
  assert.equal(transcriber.state, "streaming");
});

test("stop while reconnecting waits for the last words", async () => {
  const first = await streaming();
  speak(4);
  first.drop();
  const stopped = transcriber.stop();
  const second = await next(first);
  assert.equal(transcriber.state, "draining");
  assert.deepEqual(got(second), { first: 0, count: 4 * CHUNK, whole: true, ended: true });
  second.deliver(result("a", "bye", 0, 0.4));
  second.finish();
  await stopped;
  assert.deepEqual([texts(), transcriber.state], [["bye"], "idle"]);
});

test("a connection that is lost after the end of the audio does not lose the last words", async () => {
  const first = await streaming();
  speak(4);
  const stopped = transcriber.stop();
  await settle();
  first.drop();
  const second = await next(first);
  assert.deepEqual(got(second), { first: 0, count: 4 * CHUNK, whole: true, ended: true });
  second.deliver(result("a", "bye", 0, 0.4));
  second.finish();
  await stopped;
  assert.deepEqual(texts(), ["bye"]);
});

test("a server that does not close after the end is asked once more, and owes nothing then", async () => {
  make({ timing: { drain: 0.4 } });
  const first = await streaming();
  speak(2);
  const stopped = transcriber.stop();
  await settle();
  const second = await next(first);
  second.deliver(result("a", "all", 0, 0.2));
  await stopped;
  assert.deepEqual([texts(), log.some(({ type }) => type === "error")], [["all"], false]);
});

test("a connection that has gone silent while somebody speaks is left", async () => {
  make({ timing: { stall: 0.3 } });
  const first = await streaming();
  speak(12);
  const second = await next(first);
  assert.equal(first.readyState, 2);
  assert.equal(log.find(({ type, error }) => type === "reconnecting" && error).error.kind, "Stalled");
  assert.equal(got(second).count, 12 * CHUNK);
});

test("bytes that do not leave are a dead connection too", async () => {
  make({ timing: { stall: 0.4 } });
  const first = await streaming();
  first.bufferedAmount = 1000;
  await next(first);
  assert.equal(first.readyState, 2);
});

test("a network that is slow is given no more than it takes", async () => {
  const first = await streaming();
  first.bufferedAmount = 40_000;
  speak(10);
  assert.equal(got(first).count, 0);
  first.bufferedAmount = 0;
  speak(1);
  assert.equal(got(first).count, 11 * CHUNK);
});

test("who speaks hears that audio waits before any is lost, and how much was; the gap stands in the transcript", async () => {
  const first = await streaming();
  first.bufferedAmount = 40_000;
  for (let second = 0; second < 62; second += 1) {
    first.bufferedAmount -= 1;
    speak(10);
  }
  const told = log.filter(({ type }) => type === "backlog");
  assert.deepEqual([told[0].seconds, told[0].limit, told[0].dropped], [5, 60, 0]);
  const warned = told.findIndex(({ seconds }) => seconds >= 30);
  const lost = told.findIndex(({ dropped }) => dropped > 0);
  assert.ok(warned < lost, `${warned} ${lost}`);
  assert.equal(Math.round(10 * told.at(-1).dropped), 20);
  const [gap, ...others] = transcriber.transcript.gaps;
  assert.deepEqual([gap.at, Math.round(10 * gap.seconds), gap.reason, others], [0, 20, "dropped", []]);
  first.bufferedAmount = 0;
  speak(1);
  assert.deepEqual([got(first).first, got(first).whole], [(2.1 * RATE) & 0xffff, true]);
  assert.equal(log.filter(({ type }) => type === "backlog").at(-1).seconds, 0);
});

test("silence of a minute ends the stream, and the next sound begins another, with the moment before it", async () => {
  make({ timing: { idle: 2 } });
  const first = await streaming();
  speak(5);
  speak(21, QUIET);
  assert.equal(got(first).ended, true);
  first.deliver(result("a", "one", 0, 0.5));
  first.finish();
  await settle();
  assert.equal(transcriber.state, "paused");
  assert.equal(closed(), 1);
  speak(50, QUIET);
  assert.equal(FakeWebSocket.last, first);
  speak(1);
  const second = await next(first);
  assert.equal(asked(1)["ticket-id"], undefined);
  assert.equal(transcriber.state, "streaming");
  const { count, whole } = got(second);
  assert.deepEqual([count, whole], [RATE + CHUNK, true]);
  second.deliver(result("b", "two", 1, 1.1));
  assert.deepEqual(transcriber.transcript.segments.map(({ text, endTime }) => [text, endTime]), [["one", 0.5], ["two", 7.7]]);
});

test("sound that comes while the stream is being ended is not lost", async () => {
  make({ timing: { idle: 2 } });
  const first = await streaming();
  speak(21, QUIET);
  assert.equal(got(first).ended, true);
  speak(3);
  first.finish();
  const second = await next(first);
  assert.equal(transcriber.state, "streaming");
  assert.equal(got(second).count, 24 * CHUNK);
});

test("stop in a pause ends it", async () => {
  make({ timing: { idle: 1 } });
  const first = await streaming();
  speak(11, QUIET);
  first.finish();
  await settle();
  assert.equal(transcriber.state, "paused");
  await transcriber.stop();
  assert.deepEqual([transcriber.state, FakeWebSocket.last], ["idle", first]);
});

test("Transcribe's complaint that no audio came is a pause until there is some", async () => {
  const first = await streaming();
  first.deliver(exception("BadRequestException", "Your request timed out because no new audio was received for 15 seconds."));
  await settle();
  assert.equal(transcriber.state, "paused");
  speak(1, QUIET);
  await next(first);
  assert.equal(transcriber.state, "streaming");
});

test("other bad requests are not tried again", async () => {
  const first = await streaming();
  first.deliver(exception("BadRequestException", "no such vocabulary"));
  await settle();
  assert.deepEqual([transcriber.state, log.at(-1).error.details, FakeWebSocket.last], ["idle", ["no such vocabulary"], first]);
});

test("a stream that has lived long enough hands over after a final result, and nobody hears of it but by `resumed`", async () => {
  make({ timing: { life: 0.2 } });
  const first = await streaming();
  speak(5);
  first.deliver(result("a", "one", 0, 0.3));
  const second = await next(first);
  assert.deepEqual([asked(1)["ticket-id"], closed()], [undefined, 1]);
  assert.deepEqual(types(), ["opening", "connecting", "streaming", "resumed"]);
  assert.deepEqual(got(second), { first: 0.3 * RATE, count: 2 * CHUNK, whole: true, ended: false });
});

test("two channels are asked for as two, but not in a call, which has them anyway", async () => {
  make({}, { channels: 2 });
  await streaming();
  assert.deepEqual([asked(0)["number-of-channels"], asked(0)["enable-channel-identification"]], [2, true]);
  transcriber.abort();
  await settle();
  make({ operation: "call-analytics" }, { channels: 2 });
  const server = await streaming();
  assert.deepEqual([asked(0)["number-of-channels"], asked(0).operation], [undefined, "call-analytics"]);
  const { headers, payload } = decode(server.received[0]);
  assert.equal(headers.get(":event-type").value, "ConfigurationEvent");
  assert.equal(JSON.parse(new TextDecoder().decode(payload)).ChannelDefinitions.length, 2);
});

test("a call's utterances are results and its categories events, on one timeline", async () => {
  make({ operation: "call-analytics" }, { channels: 2 });
  const first = await streaming();
  const utterance = (id, text, begin, end) => message({ ":message-type": "event", ":event-type": "UtteranceEvent" }, {
    UtteranceId: id, BeginOffsetMillis: begin, EndOffsetMillis: end, IsPartial: false, Transcript: text, ParticipantRole: "AGENT", Sentiment: "NEUTRAL",
    IssuesDetected: [{ CharacterOffsets: { Begin: 0, End: 3 } }],
    Items: [{ BeginOffsetMillis: begin, EndOffsetMillis: end, Type: "pronunciation", Content: text }],
  });
  speak(10);
  first.deliver(utterance("a", "hello", 0, 500));
  const [segment] = transcriber.transcript.segments;
  assert.deepEqual(
    [segment.text, segment.endTime, segment.participantRole, segment.sentiment, segment.issues, segment.items[0].endTime],
    ["hello", 0.5, "AGENT", "NEUTRAL", [{ begin: 0, end: 3 }], 0.5],
  );
  first.drop();
  const second = await next(first);
  const { base } = { base: got(second).first / 2 / RATE };
  second.deliver(message({ ":message-type": "event", ":event-type": "CategoryEvent" }, {
    MatchedCategories: ["greeting"],
    MatchedDetails: { hello: { TimestampRanges: [{ BeginOffsetMillis: 0, EndOffsetMillis: 100 }] } },
  }));
  const { category } = log.find(({ type }) => type === "category");
  assert.deepEqual(category.matchedCategories, ["greeting"]);
  assert.equal(Math.round(1000 * (category.matchedDetails.hello[0].endTime - category.matchedDetails.hello[0].startTime)), 100);
  assert.ok(Number.isFinite(base));
});

test("languages that Transcribe identifies are not named", async () => {
  make({ parameters: { "identify-language": true, "language-options": "en-US,de-DE" } });
  await streaming();
  assert.deepEqual([asked(0)["language-code"], asked(0)["identify-language"]], [undefined, true]);
});

test("a source that ends by itself is drained as if it was stopped", async () => {
  make({}, { live: false });
  const first = await streaming();
  speak(3);
  source.sink.onEnd(null);
  assert.deepEqual([transcriber.state, got(first).ended, log.some(({ type }) => type === "error")], ["draining", true, false]);
  first.deliver(result("a", "all", 0, 0.3));
  first.finish();
  await transcriber.stop();
  assert.deepEqual([texts(), transcriber.state], [["all"], "idle"]);
});

test("a source that is over before the stream is open is still heard", async () => {
  make({}, { live: false });
  const started = transcriber.start(source);
  await settle();
  speak(3);
  source.sink.onEnd(null);
  FakeWebSocket.last.accept();
  await started;
  assert.deepEqual(got(FakeWebSocket.last), { first: 0, count: 3 * CHUNK, whole: true, ended: true });
});

test("a source that can wait learns how much does", async () => {
  const first = await streaming();
  speak(4);
  assert.equal(source.sink.backlog, 0);
  first.drop();
  await settle();
  assert.equal(source.sink.backlog, 0.4);
});

test("how the source is doing is told", async () => {
  await streaming();
  source.sink.onState("muted");
  assert.equal(log.at(-1).source, "muted");
});

test("a computer that slept leaves a gap, and another connection", async (t) => {
  const clock = t.mock.method(Date, "now", () => 1_000_000 + 1000 * (spoken / RATE + slept));
  let slept = 0;
  const first = await streaming();
  speak(20);
  first.deliver(result("a", "one", 0, 2));
  slept = 600;
  speak(20);
  assert.deepEqual(log.filter(({ type }) => type === "gap").map(({ gap }) => [Math.round(gap.seconds), gap.reason]), [[600, "sleep"]]);
  await next(first);
  assert.equal(transcriber.state, "streaming");
  assert.equal(Math.round(transcriber.transcript.gaps[0].at), 3);
  clock.mock.restore();
});

test("latency is from the last sound of a result to now", async () => {
  const latencies = [];
  const first = await streaming();
  transcriber.addEventListener("transcript", ({ latency }) => latencies.push(latency));
  speak(20);
  first.deliver(result("a", "one", 0, 1.5));
  assert.ok(latencies[0] >= 500 && latencies[0] < 1500, String(latencies));
});

test("what may be known of the session is, and nothing of its URL", async () => {
  assert.equal(transcriber.session, null);
  make({ fetch: fakeFetch(answer(201, ticketBody({ operation: "standard", parameters: { "language-code": "en-US" } }))) });
  await streaming();
  const { session } = transcriber;
  assert.equal(session.operation, "standard");
  assert.deepEqual(session.parameters, { "language-code": "en-US" });
  assert.ok(session.startedAt instanceof Date);
  assert.doesNotMatch(JSON.stringify(session), /wss|Signature/);
  transcriber.abort();
  await settle();
  assert.equal(transcriber.session, null);
});

test("a run that is aborted for a reason is over, and that is no error", async () => {
  const controller = new AbortController();
  const started = transcriber.start(source, { signal: controller.signal });
  await settle();
  FakeWebSocket.last.accept();
  await started;
  controller.abort(new Error("the page goes elsewhere"));
  await settle();
  assert.deepEqual([transcriber.state, log.some(({ type }) => type === "error")], ["idle", false]);
});

test("a source whose first sound comes late has not been taken away", async (t) => {
  const origin = performance.now();
  t.mock.method(performance, "now", () => origin + 3_600_000);
  const first = await streaming();
  await pass(250);
  assert.deepEqual([transcriber.state, got(first).ended], ["streaming", false]);
});

// What an attack has found, one by one.

test("headers that never come do not keep a run from being aborted, nor the microphone on", async () => {
  make({ headers: () => new Promise(() => {}) });
  const started = transcriber.start(source);
  await settle();
  await Promise.all([transcriber.abort(), assert.rejects(started, { name: "AbortError" })]);
  assert.deepEqual([transcriber.state, source.stopped], ["idle", 1]);
});

test("headers that fail while reconnecting are made again", async () => {
  let made = 0;
  const headers = () => ((made += 1) === 2 ? Promise.reject(new TypeError("Failed to fetch")) : {});
  make({ headers });
  const first = await streaming();
  speak(3);
  first.drop();
  const second = await next(first);
  assert.deepEqual([got(second).count, transcriber.state], [3 * CHUNK, "streaming"]);
  const errors = log.filter(({ type, error }) => type === "reconnecting" && error).map(({ error }) => error.code);
  assert.deepEqual(errors, ["stream_failed", "ticket_refused"]);
});

test("headers that fail at the start are why it does not start", async () => {
  make({ headers: () => Promise.reject(new TypeError("Failed to fetch")) });
  await assert.rejects(transcriber.start(source), { name: "TicketError", message: /could not ask/ });
});

for (const [how, end] of [
  ["and sound comes back", () => speak(1)],
  ["and it is stopped", () => void transcriber.stop()],
]) {
  test(`a rest whose stream is lost before its last words keeps what was said (${how})`, async (t) => {
    const now = performance.now.bind(performance);
    let later = 0;
    t.mock.method(performance, "now", () => now() + later);
    const first = await streaming();
    speak(50);
    first.deliver(result("a", "one", 0, 1));
    first.deliver(result("b", "tw", 1, 4, { IsPartial: true }));
    later = 11_000;
    await until(() => got(first).ended);
    first.drop();
    await settle();
    end();
    const second = await next(first);
    assert.equal(got(second).first, RATE);
    assert.ok(got(second).count >= 4 * RATE, String(got(second).count));
    second.deliver(result("c", "two", 0, 4));
    assert.deepEqual(texts(), ["one", "two"]);
  });
}

test("Transcribe's complaint that no audio came forgets nothing that was said", async () => {
  const first = await streaming();
  speak(50);
  first.deliver(result("a", "one", 0, 1));
  first.deliver(exception("BadRequestException", "no new audio was received for 15 seconds."));
  await settle();
  assert.equal(transcriber.state, "paused");
  speak(2);
  const second = await next(first);
  assert.deepEqual([got(second).first, got(second).count], [RATE, 4.2 * RATE]);
});

test("a source that cannot be stopped does not keep a run from its end", async () => {
  const first = await streaming();
  source.last = [{ get byteLength() { throw new Error("device busy"); } }];
  const stopped = transcriber.stop();
  await until(() => got(first).ended);
  first.finish();
  await stopped;
  assert.equal(transcriber.state, "idle");
});

test("a sleep while reconnecting does not use up the patience", async (t) => {
  const now = performance.now.bind(performance);
  let slept = 0;
  t.mock.method(performance, "now", () => now() + slept);
  let away = false;
  make({
    timing: { patience: 60 },
    fetch: fakeFetch(() => {
      if (away) throw new TypeError("Failed to fetch");
      return answer(201, ticketBody());
    }),
  });
  const first = await streaming();
  away = true;
  first.drop();
  await until(() => log.some(({ error }) => error?.code === "ticket_refused"));
  slept = 3_600_000;
  await pass(1200);
  assert.equal(transcriber.state, "reconnecting");
  away = false;
  await next(first);
  assert.equal(transcriber.state, "streaming");
});

test("a network that is away is not given up after five sockets, once there was a stream", async () => {
  const first = await streaming();
  first.drop();
  for (let refused = 0, last = first; refused < 4; refused += 1) {
    await until(() => FakeWebSocket.last !== last);
    last = FakeWebSocket.last;
    last.drop();
  }
  await settle();
  assert.equal(transcriber.state, "reconnecting");
});

test("a part of a sample waits for the rest", async () => {
  make({}, { channels: 2 });
  const first = await streaming();
  for (const size of [6401, 1, 2, 6397, 3]) source.speak(new ArrayBuffer(size));
  const sizes = first.received.map((frame) => decode(frame).payload.length);
  assert.equal(sizes.reduce((sum, size) => sum + size), 12_804);
  assert.ok(sizes.every((size) => size % 4 === 0), String(sizes));
});

test("stop waits for its own run and for no other", async () => {
  await streaming();
  const stopped = transcriber.stop();
  await transcriber.abort();
  source = new FakeSource();
  source.opened.resolve();
  const started = transcriber.start(source);
  await settle();
  FakeWebSocket.last.accept();
  await started;
  await stopped;
  assert.equal(transcriber.state, "streaming");
});

test("a start from within the start of another is a mistake of the page, and opens nothing", async () => {
  const first = await streaming();
  first.deliver(result("a", "one", 0, 1));
  await transcriber.abort();
  const inner = new FakeSource();
  let refused;
  const misuse = { code: "protocol_misuse" };
  transcriber.addEventListener("transcript", () => (refused ??= assert.rejects(transcriber.start(inner), misuse)));
  source = new FakeSource();
  source.opened.resolve();
  await streaming();
  await refused;
  assert.equal(inner.sink, undefined);
});

test("abort says when another start may follow", async () => {
  await streaming();
  await transcriber.abort();
  assert.equal(transcriber.state, "idle");
});

test("silence that follows an interruption in the same moment neither ends the run nor forgets what is kept", async () => {
  make({ timing: { idle: 0.3 } });
  const first = await streaming();
  speak(30);
  first.deliver(result("a", "one", 0, 1));
  first.deliver(exception("BadRequestException", "no new audio was received for 15 seconds."));
  await settle();
  speak(20, QUIET);
  const second = await next(first);
  assert.deepEqual([got(second).first, got(second).count], [RATE, 4 * RATE]);
});

test("sound in the very moment in which a socket opens is sent once", async () => {
  make({ timing: { idle: 1 } });
  const first = await streaming();
  speak(5);
  first.deliver(result("a", "one", 0, 0.2));
  speak(11, QUIET);
  first.finish();
  await settle();
  speak(2);
  await until(() => FakeWebSocket.last !== first);
  const second = FakeWebSocket.last;
  second.accept();
  speak(3);
  await pass(150);
  assert.equal(got(second).whole, true);
});

test("a server that closes in the middle of a line is asked once more, and believed then", async () => {
  const first = await streaming();
  speak(4);
  const stopped = transcriber.stop();
  await settle();
  first.deliver(result("a", "by", 0, 0.2, { IsPartial: true }));
  first.finish();
  const second = await next(first);
  assert.deepEqual(got(second), { first: 0, count: 4 * CHUNK, whole: true, ended: true });
  second.deliver(result("b", "by", 0, 0.2, { IsPartial: true }));
  second.finish();
  await stopped;
  assert.deepEqual([texts(), transcriber.state, FakeWebSocket.last], [["by"], "idle", second]);
});
