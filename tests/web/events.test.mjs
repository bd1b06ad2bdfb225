import assert from "node:assert/strict";
import { test } from "node:test";

import { RemoteProtocolError } from "../../web/scribepass/errors.js";
import { decodeEvent, encodeAudio, encodeConfiguration, encodeEndOfAudio } from "../../web/scribepass/events.js";
import { decode } from "../../web/scribepass/eventstream.js";
import { awsResult, exception, fromHex, message, toHex, transcriptEvent } from "./support/frames.mjs";

const event = (frame) => decodeEvent(decode(frame));
const EVENT = { ":message-type": "event", ":event-type": "TranscriptEvent" };

test("an audio event is, byte for byte, the one that AWS's own clients send", () => {
  const pcm = fromHex("0100020003000400");
  assert.equal(
    toHex(encodeAudio(pcm)),
    "0000007000000058f940e6600d3a636f6e74656e742d747970650700186170706c69636174696f6e2f6f637465742d73747265616d" +
      "0b3a6576656e742d7479706507000a417564696f4576656e740d3a6d6573736167652d747970650700056576656e74" +
      "0100020003000400562ffe45",
  );
});

test("the end of the audio is an audio event without audio", () => {
  assert.equal(
    toHex(encodeEndOfAudio()),
    "0000006800000058a9d03a230d3a636f6e74656e742d747970650700186170706c69636174696f6e2f6f637465742d73747265616d" +
      "0b3a6576656e742d7479706507000a417564696f4576656e740d3a6d6573736167652d747970650700056576656e745cc64095",
  );
});

test("a transcript event has all that Transcribe says about a result", () => {
  const item = {
    Content: "eins",
    Type: "pronunciation",
    StartTime: 0.5,
    EndTime: 1,
    Confidence: 0.75,
    Speaker: "spk_0",
    Stable: true,
    VocabularyFilterMatch: false,
  };
  const frame = transcriptEvent([
    awsResult("r1", "eins", {
      ChannelId: "ch_0",
      LanguageCode: "de-DE",
      Alternatives: [{ Transcript: "eins", Items: [item] }],
    }),
  ]);
  assert.deepEqual(event(frame), {
    type: "transcript",
    results: [
      {
        resultId: "r1",
        startTime: 0,
        endTime: 1.5,
        isPartial: false,
        channelId: "ch_0",
        languageCode: "de-DE",
        alternatives: [
          {
            transcript: "eins",
            items: [
              {
                content: "eins",
                type: "pronunciation",
                startTime: 0.5,
                endTime: 1,
                confidence: 0.75,
                speaker: "spk_0",
                stable: true,
                vocabularyFilterMatch: false,
              },
            ],
          },
        ],
      },
    ],
  });
});

for (const [promise, body] of [
  ["no results", { Transcript: { Results: [] } }],
  ["results left out", { Transcript: {} }],
]) {
  test(`a transcript event may have ${promise}`, () => {
    assert.deepEqual(event(message(EVENT, body)), { type: "transcript", results: [] });
  });
}

test("what is absent or null is absent, and what is unknown is left out", () => {
  const speakerChange = { Type: "speaker-change", StartTime: 1, EndTime: 1, Speaker: null, Invented: 1 };
  const frame = transcriptEvent([awsResult("r1", "", { Alternatives: [{ Transcript: "x", Items: [speakerChange] }] })]);
  assert.deepEqual(event(frame).results[0].alternatives[0].items, [
    { content: "", type: "speaker-change", startTime: 1, endTime: 1 },
  ]);
});

test("the exception that the real service was seen to send", () => {
  const captured = fromHex(
    "000000a30000006168106be10f3a657863657074696f6e2d7479706507001342616452657175657374457863657074696f6e" +
      "0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070009" +
      "657863657074696f6e7b224d657373616765223a22556e657870656374656420576562536f636b6574206672616d6520726563" +
      "65697665642e227dbdce4b8a",
  );
  const expected = { kind: "BadRequestException", message: "Unexpected WebSocket frame received." };
  assert.deepEqual(event(captured), { type: "failure", ...expected });
});

for (const [what, body, expected] of [
  ["in lower case", { message: "no" }, "no"],
  ["left out", {}, ""],
  ["not text", { Message: 5 }, ""],
  ["not JSON", "<html>", ""],
]) {
  test(`an exception counts, its message ${what}`, () => {
    const frame = message({ ":message-type": "exception", ":exception-type": "NewException" }, body);
    assert.deepEqual(event(frame), { type: "failure", kind: "NewException", message: expected });
  });
}

test("a result has its entities, and its languages with their scores", () => {
  const entity = { StartTime: 0.5, EndTime: 1, Category: "PII", Type: "NAME", Content: "[NAME]", Confidence: 0.9 };
  const [result] = event(
    transcriptEvent([
      awsResult("r1", "[NAME]", {
        LanguageIdentification: [{ LanguageCode: "en-US", Score: 0.8 }],
        Alternatives: [{ Transcript: "[NAME]", Items: [], Entities: [entity] }],
      }),
    ]),
  ).results;
  assert.deepEqual(result.languageIdentification, [{ languageCode: "en-US", score: 0.8 }]);
  assert.deepEqual(result.alternatives[0].entities, [
    { startTime: 0.5, endTime: 1, category: "PII", type: "NAME", content: "[NAME]", confidence: 0.9 },
  ]);
});

const called = (name, body) => event(message({ ":message-type": "event", ":event-type": name }, body));

test("an utterance of a call is a result in seconds, with what only calls have", () => {
  const times = { BeginOffsetMillis: 500, EndOffsetMillis: 1250 };
  const utterance = called("UtteranceEvent", {
    UtteranceId: "u1",
    ...times,
    IsPartial: false,
    Transcript: "broken",
    Items: [{ ...times, Type: "pronunciation", Content: "broken", Confidence: 1 }],
    Entities: [{ ...times, Category: "PII" }],
    ParticipantRole: "CUSTOMER",
    Sentiment: "NEGATIVE",
    IssuesDetected: [{ CharacterOffsets: { Begin: 0, End: 6 } }],
  });
  const seconds = { startTime: 0.5, endTime: 1.25 };
  assert.deepEqual(utterance, {
    type: "transcript",
    results: [
      {
        resultId: "u1",
        ...seconds,
        isPartial: false,
        participantRole: "CUSTOMER",
        sentiment: "NEGATIVE",
        issues: [{ begin: 0, end: 6 }],
        alternatives: [
          {
            transcript: "broken",
            items: [{ content: "broken", type: "pronunciation", ...seconds, confidence: 1 }],
            entities: [{ ...seconds, category: "PII" }],
          },
        ],
      },
    ],
  });
});

test("a category has where it was found, in seconds", () => {
  const body = {
    MatchedCategories: ["angry"],
    MatchedDetails: { "__proto__": {}, no: { TimestampRanges: [{ BeginOffsetMillis: 1000, EndOffsetMillis: 2000 }] } },
  };
  assert.deepEqual(called("CategoryEvent", body), {
    type: "category",
    category: { matchedCategories: ["angry"], matchedDetails: { no: [{ startTime: 1, endTime: 2 }] } },
  });
});

for (const [name, body] of [
  ["UtteranceEvent", { UtteranceId: 7 }],
  ["UtteranceEvent", { UtteranceId: "u", BeginOffsetMillis: "0" }],
  ["UtteranceEvent", { UtteranceId: "u", BeginOffsetMillis: 0, EndOffsetMillis: 1, IssuesDetected: [{}] }],
  ["CategoryEvent", { MatchedCategories: "angry" }],
  ["CategoryEvent", { MatchedDetails: [] }],
  ["CategoryEvent", { MatchedDetails: { no: { TimestampRanges: [{ BeginOffsetMillis: 1 }] } } }],
]) {
  test(`a malformed ${name} is a malformed stream: ${JSON.stringify(body)}`, () => {
    assert.throws(() => called(name, body), { name: "RemoteProtocolError", kind: "payload" });
  });
}

test("a configuration is the JSON event that Call Analytics begins with", () => {
  const { headers, payload } = decode(encodeConfiguration({ ChannelDefinitions: [] }));
  assert.deepEqual(
    [...headers].map(([name, { value }]) => [name, value]),
    [[":content-type", "application/json"], [":event-type", "ConfigurationEvent"], [":message-type", "event"]],
  );
  assert.equal(new TextDecoder().decode(payload), '{"ChannelDefinitions":[]}');
});

test("an error message is a failure too", () => {
  const headers = { ":message-type": "error", ":error-code": "500", ":error-message": "down" };
  assert.deepEqual(event(message(headers)), { type: "failure", kind: "500", message: "down" });
});

test("an event that is not known is no fault", () => {
  for (const name of ["GossipEvent", "constructor", "__proto__"]) {
    const headers = { ":message-type": "event", ":event-type": name };
    assert.deepEqual(event(message(headers, "{}")), { type: "unknown", name });
  }
});

for (const [what, kind, headers, body] of [
  ["no message type", "header", {}, ""],
  ["an unknown message type", "header", { ":message-type": "gossip" }, ""],
  ["no event type", "header", { ":message-type": "event" }, ""],
  ["no exception type", "header", { ":message-type": "exception" }, "{}"],
  ["no JSON", "payload", EVENT, "{"],
  ["JSON that is no object", "payload", EVENT, "[]"],
  ["a number for an object", "payload", EVENT, { Transcript: 1 }],
  ["a transcript that is a list", "payload", EVENT, { Transcript: [] }],
  ["results that are no list", "payload", EVENT, { Transcript: { Results: {} } }],
  ["a result that is null", "payload", EVENT, { Transcript: { Results: [null] } }],
  ["a result without an id", "payload", EVENT, { Transcript: { Results: [awsResult(undefined, "x")] } }],
  ["a time that is text", "payload", EVENT, { Transcript: { Results: [awsResult("a", "x", { StartTime: "0" })] } }],
  ["a transcript that is a number", "payload", EVENT, { Transcript: { Results: [awsResult("a", 5)] } }],
]) {
  test(`${what} is a malformed stream`, () => {
    assert.throws(() => event(message(headers, body)), (error) => error instanceof RemoteProtocolError && error.kind === kind);
  });
}

test("a header that is there but is no text is a malformed stream", () => {
  const headers = new Map([[":message-type", { type: "integer", value: 1 }]]);
  assert.throws(() => decodeEvent({ headers, payload: new Uint8Array() }), RemoteProtocolError);
});

test("a body of bad UTF-8 is a malformed stream", () => {
  const headers = new Map(Object.entries(EVENT).map(([name, value]) => [name, { type: "string", value }]));
  const payload = Uint8Array.of(0x22, 0xff, 0x22);
  assert.throws(() => decodeEvent({ headers, payload }), RemoteProtocolError);
});

test("names of JavaScript's own in a body change nothing", () => {
  const body = '{"__proto__": {"polluted": 1}, "Transcript": {"Results": [], "constructor": {"prototype": {"polluted": 1}}}}';
  event(message(EVENT, body));
  assert.equal({}.polluted, undefined);
});

test("an exception's text is passed on as it is", () => {
  const text = "<img src=x onerror=alert(1)> \u202e 💥";
  assert.equal(event(exception("BadRequestException", text)).message, text);
});
