/** The codec against the same vectors as the one in Python: tests/vectors/eventstream/. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { RemoteProtocolError } from "../../web/scribepass/errors.js";
import { Decoder, encode, HARD_LIMITS } from "../../web/scribepass/eventstream.js";
import { toHex } from "./support/frames.mjs";

const load = (name) => JSON.parse(readFileSync(new URL(`../vectors/eventstream/${name}.json`, import.meta.url), "utf8")).cases;

/** Hex with spaces; `61*64` is a byte that repeats 64 times. */
function unhex(text) {
  const parts = text.split(" ").map((word) => {
    const [hex, times = "1"] = word.split("*");
    return Buffer.from(hex.repeat(Number(times)), "hex");
  });
  return new Uint8Array(Buffer.concat(parts));
}

/** A value as the vectors write it, as this codec has it. */
const VALUES = {
  TRUE: () => ({ type: "boolean", value: true }),
  FALSE: () => ({ type: "boolean", value: false }),
  BYTE: (value) => ({ type: "byte", value: Number(value) }),
  SHORT: (value) => ({ type: "short", value: Number(value) }),
  INTEGER: (value) => ({ type: "integer", value: Number(value) }),
  LONG: (value) => ({ type: "long", value: BigInt(value) }),
  BYTES: (value) => ({ type: "bytes", value: unhex(value) }),
  STRING: (value) => ({ type: "string", value }),
  TIMESTAMP: (value) => ({ type: "timestamp", value: new Date(Number(value)) }),
  UUID: (value) => ({ type: "uuid", value }),
};
const messageOf = ({ headers, payload }) => ({
  headers: headers.map(([name, type, value]) => [name, VALUES[type](value)]),
  payload: unhex(payload),
});

const limitsOf = ({ message_bytes, headers_bytes, header_count, value_bytes } = {}) => ({
  messageBytes: message_bytes ?? HARD_LIMITS.messageBytes,
  headersBytes: headers_bytes ?? HARD_LIMITS.headersBytes,
  headerCount: header_count ?? HARD_LIMITS.headerCount,
  valueBytes: value_bytes ?? HARD_LIMITS.valueBytes,
});

/** What a decoder makes of pieces: messages, then the kind of the first error, which has to stay. */
function read(pieces, limits) {
  const decoder = new Decoder(limits);
  const messages = [];
  for (const piece of pieces) {
    decoder.receiveData(piece);
    try {
      for (let message; (message = decoder.nextMessage()); ) {
        messages.push({ headers: [...message.headers], payload: Uint8Array.from(message.payload) });
      }
    } catch (error) {
      assert.ok(error instanceof RemoteProtocolError, String(error));
      assert.throws(() => decoder.nextMessage(), error);
      return { messages, error: error.kind, buffered: decoder.buffered };
    }
  }
  return { messages, error: null, buffered: decoder.buffered };
}

/** So long a vector is cut into few pieces: byte by byte it would only take time. */
const LONG = 200_000;

/** The ways to cut bytes into pieces; a generator of its own, so that each run cuts alike. */
function* cuts(bytes) {
  yield [bytes];
  if (bytes.length < LONG) yield Array.from(bytes, (byte) => Uint8Array.of(byte));
  let state = 1;
  const below = (limit) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % limit;
  for (let round = 0; round < 5; round++) {
    const pieces = [];
    const longest = bytes.length < LONG ? 64 : 65_536;
    for (let at = 0; at < bytes.length; ) pieces.push(bytes.subarray(at, (at += below(longest))));
    yield pieces;
  }
}

for (const { name, bytes, messages, limits } of load("valid")) {
  test(`valid: ${name}, however it is cut`, () => {
    const expected = { messages: messages.map(messageOf), error: null, buffered: 0 };
    for (const pieces of cuts(unhex(bytes))) assert.deepEqual(read(pieces, limitsOf(limits)), expected);
  });

  test(`valid: ${name}, made here`, () => {
    const made = Buffer.concat(messages.map((message) => encode(messageOf(message))));
    assert.equal(Buffer.compare(made, unhex(bytes)), 0, toHex(made.subarray(0, 64)));
  });
}

for (const { name, bytes, messages, limits, error, at_end: atEnd = false } of load("invalid")) {
  test(`invalid: ${name} is ${error}, however it is cut`, () => {
    for (const pieces of cuts(unhex(bytes))) {
      const seen = read(pieces, limitsOf(limits));
      assert.deepEqual(seen.messages, messages.map(messageOf));
      // A stream that ends inside a frame: the decoder waits, and says that it holds something.
      if (atEnd) assert.deepEqual([seen.error, seen.buffered > 0], [null, true]);
      else assert.equal(seen.error, error);
    }
  });
}

test("there are at least 150 vectors, 80 of them invalid", () => {
  const [valid, invalid] = [load("valid").length, load("invalid").length];
  assert.ok(valid + invalid >= 150 && invalid >= 80, `${valid} and ${invalid}`);
});
