/**
 * The event-stream codec of the browser client beside @smithy/eventstream-codec.
 *
 *     node tests/bench/codec.mjs NAME=MODULE ...      → JSON: { title: { contestant: microseconds } }
 *
 * Each MODULE is a build of the peer. Every round times each contestant once, in turn; figures are medians over the
 * rounds. A page can import this file too: the same race in a browser.
 */
import { encodeAudio } from "../../web/scribepass/events.js";
import { decode, Decoder, encode, TRANSCRIBE_LIMITS } from "../../web/scribepass/eventstream.js";

const OURS = "scribepass";
const ROUNDS = 41;
const ROUND_MS = 20;

const CHUNK = Uint8Array.from({ length: 3200 }, (_, at) => at * 31);
const AUDIO = { ":content-type": "application/octet-stream", ":event-type": "AudioEvent", ":message-type": "event" };

const words = "so we go forward ten metres and then to the left until somebody says that it is enough".split(" ");
const items = words.map((Content, at) => ({
  Confidence: at ? 0.98 : null,
  Content,
  EndTime: (at + 1) * 0.31,
  Speaker: null,
  Stable: true,
  StartTime: at * 0.31,
  Type: "pronunciation",
  VocabularyFilterMatch: false,
}));
const result = {
  Alternatives: [{ Entities: [], Items: items, Transcript: words.join(" ") }],
  ChannelId: null,
  EndTime: 5.58,
  IsPartial: true,
  LanguageCode: null,
  LanguageIdentification: null,
  ResultId: "9b4c0d0e-3a0f-4a0e-8f0a-0d6a2f1c7b11",
  StartTime: 0,
};
const EVENT = { ":content-type": "application/json", ":event-type": "TranscriptEvent", ":message-type": "event" };
const BODY = new TextEncoder().encode(JSON.stringify({ Transcript: { Results: [result] } }));

const ours = (headers) => Object.entries(headers).map(([name, value]) => [name, { type: "string", value }]);
const theirs = (headers) => Object.fromEntries(ours(headers));

/** The contestants. A stream's decoder is fed frame after frame, as a socket does it. */
function races(peers) {
  const frame = encode({ headers: ours(EVENT), payload: BODY });
  const decoder = new Decoder(TRANSCRIBE_LIMITS);
  const codecs = peers.map(([name, peer]) => [name, new peer.EventStreamCodec(peer.toUtf8, peer.fromUtf8)]);
  const audioHeaders = { ours: ours(AUDIO), theirs: theirs(AUDIO) };
  const raced = (call) => Object.fromEntries(codecs.map(([name, codec]) => [name, () => call(codec)]));
  return {
    [`encode one audio event (${CHUNK.length} bytes of PCM)`]: {
      [OURS]: () => encodeAudio(CHUNK),
      "  its headers encoded anew": () => encode({ headers: audioHeaders.ours, payload: CHUNK }),
      ...raced((codec) => codec.encode({ headers: audioHeaders.theirs, body: CHUNK })),
    },
    [`decode one transcript event (${frame.length} bytes)`]: {
      [OURS]: () => {
        decoder.receiveData(frame);
        return decoder.nextMessage();
      },
      "  a whole frame at once": () => decode(frame, TRANSCRIBE_LIMITS),
      ...raced((codec) => codec.decode(frame)),
    },
  };
}

/** What a call makes goes here, so that no call can be left out. */
let kept;

/** @returns milliseconds for `count` calls */
function time(call, count) {
  const started = performance.now();
  for (let done = 0; done < count; done++) kept = call();
  return performance.now() - started;
}

/** Microseconds a call, the median over interleaved rounds. */
function medians(contestants) {
  const counts = new Map();
  for (const call of Object.values(contestants)) {
    let count = 1000;
    time(call, count); // compiled before it is timed
    while (time(call, count) < ROUND_MS) count *= 2;
    counts.set(call, count);
  }
  const samples = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, call] of Object.entries(contestants)) {
      const count = counts.get(call);
      samples[name].push(time(call, count) / count);
    }
  }
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1] * 1000;
  return Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, middle(values)]));
}

/** @param peers [name, its module] each */
export function measure(peers) {
  return Object.fromEntries(Object.entries(races(peers)).map(([title, contestants]) => [title, medians(contestants)]));
}

if (globalThis.process) {
  const told = process.argv.slice(2).map((each) => each.split("="));
  const peers = await Promise.all(told.map(async ([name, module]) => [name, await import(module)]));
  console.log(JSON.stringify(measure(peers)));
}
