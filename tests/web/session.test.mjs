import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { inspect } from "node:util";

import { RemoteProtocolError, StreamError } from "../../web/scribepass/errors.js";
import { decode } from "../../web/scribepass/eventstream.js";
import { encodeAudio, encodeEndOfAudio } from "../../web/scribepass/events.js";
import { Session } from "../../web/scribepass/session.js";
import { Ticket } from "../../web/scribepass/tickets.js";
import { FakeWebSocket, SECRET_URL, stopTheClock } from "./support/fakes.mjs";
import { awsResult, exception, message, toHex, transcriptEvent } from "./support/frames.mjs";

const pcm = (...bytes) => Uint8Array.from(bytes);
const [ONE, TWO] = [pcm(1, 0), pcm(2, 0)];
const hex = (frames) => frames.map(toHex);
const WORDS = transcriptEvent([awsResult("a", "hello")]);

let session, server, heard;

function open({ expiresIn = 60, ...options } = {}) {
  session?.abort();
  heard = [];
  const ticket = new Ticket(SECRET_URL, { expires_in: expiresIn });
  const onEvent = ({ results = [] }) => heard.push(...results.map((result) => result.alternatives[0].transcript));
  session = new Session(ticket, { onEvent, WebSocket: FakeWebSocket, ...options });
  server = FakeWebSocket.last;
}

const streaming = (options) => {
  open(options);
  server.accept();
};

/** How the stream ended: the error, or null if it was as it should be. */
const end = () => session.closed.then(() => null, (error) => error);

beforeEach(() => open());
afterEach(() => session.abort());

test("a session connects, streams, drains and is closed", async () => {
  const states = [session.state];
  server.accept();
  states.push(session.state);
  session.stop();
  states.push(session.state);
  server.finish("Streaming completed successfully");
  states.push(session.state);
  assert.deepEqual(states, ["connecting", "streaming", "draining", "closed"]);
  assert.equal(await end(), null);
});

test("audio goes out as audio events, and stop sends the empty one", () => {
  server.accept();
  session.send(ONE);
  session.send(TWO);
  session.stop();
  assert.deepEqual(hex(server.received), hex([encodeAudio(ONE), encodeAudio(TWO), encodeEndOfAudio()]));
});

test("before the socket is open nothing is sent, and it has no end", () => {
  session.send(ONE);
  session.stop();
  assert.equal(session.state, "connecting");
  server.accept();
  session.send(TWO);
  assert.deepEqual([session.state, hex(server.received)], ["streaming", hex([encodeAudio(TWO)])]);
});

test("a call begins with who is on which channel", () => {
  const configuration = { ChannelDefinitions: [{ ChannelId: 0, ParticipantRole: "AGENT" }] };
  server.accept();
  session.configure(configuration);
  const message = decode(server.received[0]);
  assert.equal(message.headers.get(":event-type").value, "ConfigurationEvent");
  assert.equal(message.headers.get(":content-type").value, "application/json");
  assert.deepEqual(JSON.parse(new TextDecoder().decode(message.payload)), configuration);
});

test("what waits in the socket is known", () => {
  server.accept();
  server.bufferedAmount = 7;
  assert.equal(session.buffered, 7);
});

test("an empty chunk is not the end by mistake, and nothing follows the end", () => {
  server.accept();
  session.send(pcm());
  session.stop();
  session.send(ONE);
  session.stop();
  assert.deepEqual(hex(server.received), hex([encodeEndOfAudio()]));
});

test("the last words arrive after stop: the server closes, not this side", async () => {
  server.accept();
  session.stop();
  assert.equal(server.readyState, 1);
  server.deliver(WORDS);
  server.finish();
  await session.closed;
  assert.deepEqual(heard, ["hello"]);
});

for (const [how, deliver] of [
  ["whole", (frame) => server.deliver(frame)],
  ["byte by byte", (frame) => frame.forEach((byte) => server.deliver(Uint8Array.of(byte)))],
  ["two in one message", (frame) => server.deliver(Uint8Array.of(...frame.subarray(0, -5)))
    ?? server.deliver(Uint8Array.of(...frame.subarray(-5)))],
]) {
  test(`events are read however they are cut: ${how}`, () => {
    server.accept();
    deliver(transcriptEvent([awsResult("a", "one"), awsResult("b", "two")]));
    assert.deepEqual(heard, ["one", "two"]);
  });
}

test("events that nobody knows are passed on and are no fault", () => {
  const types = [];
  streaming({ onEvent: ({ type }) => types.push(type) });
  server.deliver(transcriptEvent([]));
  server.deliver(message({ ":message-type": "event", ":event-type": "CategoryEvent" }, "{}"));
  server.deliver(message({ ":message-type": "event", ":event-type": "constructor" }, "{}"));
  assert.deepEqual(types, ["transcript", "category", "unknown"]);
  assert.equal(session.state, "streaming");
});

for (const [kind, text, sentence] of [
  ["BadRequestException", "Your request timed out.", /did not accept/],
  ["LimitExceededException", "You have reached your limit.", /Too many/],
  ["InternalFailureException", "", /fault/],
  ["ServiceUnavailableException", "later", /not available/],
  ["ConflictException", "taken", /took this one's place/],
  ["AccessDeniedException", "User is not authorized", /did not allow/],
  ["UnrecognizedClientException", "The security token is invalid.", /credentials/],
  ["NeverHeardOfException", "?", /ended the stream/],
]) {
  test(`${kind} ends the stream with AWS's words and a human sentence`, async () => {
    server.accept();
    server.deliver(exception(kind, text));
    assert.equal(session.state, "failed");
    assert.equal(server.readyState, 2);
    const error = await end();
    assert.ok(error instanceof StreamError);
    assert.deepEqual([error.kind, error.details], [kind, [text || kind]]);
    assert.match(error.message, sentence);
  });
}

test("what follows an exception in the same message is not heard", async () => {
  server.accept();
  server.deliver(Buffer.concat([WORDS, exception("ConflictException", "x"), WORDS]));
  assert.deepEqual(heard, ["hello"]);
  assert.equal((await end()).kind, "ConflictException");
});

for (const [what, data, kind] of [
  ["a byte that was changed", WORDS.map((byte, at) => (at === 60 ? byte ^ 1 : byte)), "checksum"],
  ["text instead of bytes", "hello", "framing"],
  ["more than Transcribe ever sends", transcriptEvent([awsResult("a", "x".repeat(1024 * 1024))]), "limit"],
]) {
  test(`${what} is a malformed stream`, async () => {
    server.accept();
    server.deliver(data);
    const error = await end();
    assert.ok(error instanceof RemoteProtocolError);
    assert.equal(error.kind, kind);
    assert.equal(server.readyState, 2);
  });
}

for (const [what, arrange, kind, words] of [
  ["never opened", () => server.drop(), "ConnectionFailed", /could not be opened.*port 8443/s],
  ["never opened, expired", () => (open({ expiresIn: 0 }), server.drop()), "ConnectionFailed", /expired/],
  ["lost before a word", () => (server.accept(), server.drop()), "ConnectionFailed", /before saying anything.*expired/s],
  ["closed before a word", () => (server.accept(), server.finish("", 1000)), "ConnectionFailed", /before saying anything/],
  ["lost after words", () => (server.accept(), server.deliver(WORDS), server.drop()), "ConnectionLost", /lost.*kept/s],
  ["closed after words", () => (server.accept(), server.deliver(WORDS), server.finish("bye")), "StreamEnded", /ended.*bye/s],
  ["closed inside a frame", () => (server.accept(), session.stop(), server.deliver(WORDS.subarray(0, 50)), server.finish()), "StreamEnded", /last words/],
  ["lost while draining", () => (server.accept(), server.deliver(WORDS), session.stop(), server.drop()), "ConnectionLost", /last words/],
]) {
  test(`a connection that is ${what} is explained`, async () => {
    arrange();
    const error = await end();
    assert.ok(error instanceof StreamError);
    assert.equal(error.kind, kind);
    assert.match([error.message, ...error.details, error.advice].join(" "), words);
    assert.equal(session.state, "failed");
  });
}

test("a session that is told to fail does, once", async () => {
  server.accept();
  session.fail(new StreamError("Stalled", "gone silent"));
  session.fail(new StreamError("Other", "later"));
  assert.equal((await end()).kind, "Stalled");
  assert.equal(server.readyState, 2);
});

test("opened rejects too when the socket never opens", async () => {
  server.drop();
  await assert.rejects(session.opened, StreamError);
});

test("a socket that is not open after ten seconds is given up", async (t) => {
  session.abort();
  stopTheClock(t);
  open();
  t.mock.timers.tick(9_999);
  assert.equal(session.state, "connecting");
  t.mock.timers.tick(1);
  const error = await end();
  assert.deepEqual([error.kind, server.readyState], ["ConnectionFailed", 2]);
  assert.match(error.details[0], /transcribestreaming/);
});

test("a server that says nothing for five seconds after stop is given up, and it is said what may be missing", async (t) => {
  session.abort();
  stopTheClock(t);
  streaming();
  t.mock.timers.tick(60_000);
  session.stop();
  t.mock.timers.tick(4_999);
  server.deliver(WORDS);
  t.mock.timers.tick(4_999);
  assert.deepEqual([session.state, heard], ["draining", ["hello"]]);
  t.mock.timers.tick(1);
  const error = await end();
  assert.deepEqual([error.kind, server.readyState], ["DrainTimeout", 2]);
  assert.match(error.advice, /last words/);
});

for (const [when, prepare] of [
  ["connecting", () => {}],
  ["streaming", () => server.accept()],
  ["draining", () => (server.accept(), session.stop())],
]) {
  test(`abort while ${when} closes at once, and what comes later changes nothing`, async () => {
    prepare();
    session.abort();
    assert.deepEqual([session.state, server.readyState], ["closed", 2]);
    server.deliver(WORDS);
    server.drop();
    session.stop();
    session.send(ONE);
    assert.equal(await end(), null);
    assert.equal(session.state, "closed");
    assert.deepEqual(heard, []);
  });
}

test("a failed session stays failed", async () => {
  server.accept();
  server.deliver(exception("ConflictException", "x"));
  session.abort();
  session.stop();
  server.finish();
  assert.equal(session.state, "failed");
  assert.equal((await end()).kind, "ConflictException");
});

test("no error of a session knows the URL", async () => {
  server.drop();
  const seen = [await end(), session, session.opened].map((each) => inspect(each, { depth: 9, showHidden: true }));
  for (const text of seen) assert.doesNotMatch(text, /Signature|5ec2e7/);
});

for (const [what, said] of [
  ["a request that AWS quotes", "Canonical: X-Amz-Credential=AKID%2Fx&X-Amz-Security-Token=5ec2e7&X-Amz-Signature=5ec2e7' end"],
  ["an encoded one", "X-Amz-Signature%253D5ec2e7"],
  ["an address", "bad url wss://host:8443/path?language-code=en-US&X-Amz-Signature=5ec2e7 end"],
]) {
  test(`no error repeats a secret that the other side says: ${what}`, async () => {
    server.accept();
    server.deliver(exception("InvalidSignatureException", said));
    const { details } = await end();
    assert.doesNotMatch(details[0], /5ec2e7|AKID/);
    assert.match(details[0], /…/);
    assert.equal(details[0].endsWith(" end"), said.endsWith(" end"));
  });
}
