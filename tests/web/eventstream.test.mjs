import assert from "node:assert/strict";
import { test } from "node:test";

import { crc32 } from "../../web/scribepass/crc32.js";
import { LocalProtocolError, RemoteProtocolError } from "../../web/scribepass/errors.js";
import { decode, Decoder, encode, encodeFrame, HARD_LIMITS, TRANSCRIBE_LIMITS } from "../../web/scribepass/eventstream.js";
import { fromHex, toHex } from "./support/frames.mjs";

const EVERY_TYPE = [
  ["true", { type: "boolean", value: true }],
  ["false", { type: "boolean", value: false }],
  ["byte", { type: "byte", value: -128 }],
  ["short", { type: "short", value: -32768 }],
  ["integer", { type: "integer", value: -2147483648 }],
  ["long", { type: "long", value: -(2n ** 63n) }],
  ["bytes", { type: "bytes", value: Uint8Array.of(0, 255, 1) }],
  ["string", { type: "string", value: "\ufeffgrüße 你好 💥" }],
  ["timestamp", { type: "timestamp", value: new Date(1768478401250) }],
  ["uuid", { type: "uuid", value: "01020304-0506-0708-090a-0b0c0d0e0f10" }],
];
const PAYLOAD = new TextEncoder().encode("payload");

/** A frame around any bytes as headers, with checksums that are right. */
function frameAround(block, payload = new Uint8Array()) {
  return encodeFrame(block, payload);
}

/** A prelude whose checksum is right, whatever its lengths say. */
function prelude(total, headers) {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, total);
  view.setUint32(4, headers);
  view.setUint32(8, crc32(bytes.subarray(0, 8)));
  return bytes;
}

const kind = (call) => {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof RemoteProtocolError, String(error));
    return error.kind;
  }
  return assert.fail("nothing was raised");
};

/** Everything that comes out when bytes are fed in pieces. */
function feed(pieces, limits) {
  const decoder = new Decoder(limits);
  const messages = [];
  let error = null;
  for (const piece of pieces) {
    decoder.receiveData(piece);
    try {
      for (let message; (message = decoder.nextMessage()); ) messages.push(message);
    } catch (caught) {
      error ??= caught;
    }
  }
  return { messages, error, buffered: decoder.buffered };
}

test("all ten types come back as they went", () => {
  const message = decode(encode({ headers: EVERY_TYPE, payload: PAYLOAD }));
  assert.deepEqual([...message.headers], EVERY_TYPE);
  assert.deepEqual([...message.payload], [...PAYLOAD]);
});

for (const [header, hex] of [
  [{ type: "boolean", value: true }, "016100"],
  [{ type: "boolean", value: false }, "016101"],
  [{ type: "byte", value: 255 - 256 }, "016102ff"],
  [{ type: "short", value: 258 }, "0161030102"],
  [{ type: "integer", value: 16909060 }, "01610401020304"],
  [{ type: "long", value: 72623859790382856n }, "0161050102030405060708"],
  [{ type: "bytes", value: Uint8Array.of(1, 2) }, "01610600020102"],
  [{ type: "string", value: "ü" }, "0161070002c3bc"],
  [{ type: "timestamp", value: new Date(1) }, "0161080000000000000001"],
  [{ type: "timestamp", value: new Date(-1) }, "016108ffffffffffffffff"],
  [{ type: "uuid", value: "00112233-4455-6677-8899-AABBCCDDEEFF" }, "01610900112233445566778899aabbccddeeff"],
]) {
  test(`${header.type} ${header.value} is ${hex} on the wire`, () => {
    const frame = encode({ headers: [["a", header]], payload: new Uint8Array() });
    assert.equal(toHex(frame.subarray(12, -4)), hex);
  });
}

test("an empty message has sixteen bytes", () => {
  const frame = encode({ headers: [], payload: new Uint8Array() });
  assert.equal(toHex(frame), "000000100000000005c248eb7d98c8ff");
  assert.equal(decode(frame).headers.size, 0);
});

const many = (count) => Array.from({ length: count }, (_, at) => [`h${at}`, { type: "boolean", value: true }]);
const long = (length) => new Uint8Array(length);

for (const [what, headers, payload = new Uint8Array()] of [
  ["a name of no bytes", [["", { type: "boolean", value: true }]]],
  ["a name of 256 bytes", [["é".repeat(128), { type: "boolean", value: true }]]],
  ["a name that is not well-formed", [["\ud800", { type: "boolean", value: true }]]],
  ["a name twice", [["a", { type: "byte", value: 1 }], ["a", { type: "byte", value: 1 }]]],
  ["a type that does not exist", [["a", { type: "float", value: 1 }]]],
  ["a boolean that is a number", [["a", { type: "boolean", value: 1 }]]],
  ["a byte of 128", [["a", { type: "byte", value: 128 }]]],
  ["a short of -32769", [["a", { type: "short", value: -32769 }]]],
  ["an integer of 2**31", [["a", { type: "integer", value: 2 ** 31 }]]],
  ["an integer of 1.5", [["a", { type: "integer", value: 1.5 }]]],
  ["a long that is a number", [["a", { type: "long", value: 1 }]]],
  ["a long of 2**63", [["a", { type: "long", value: 2n ** 63n }]]],
  ["bytes that are a list", [["a", { type: "bytes", value: [1] }]]],
  ["32,768 bytes", [["a", { type: "bytes", value: long(32768) }]]],
  ["text of 32,768 bytes", [["a", { type: "string", value: "é".repeat(16384) }]]],
  ["text that is a number", [["a", { type: "string", value: 1 }]]],
  ["text that is not well-formed", [["a", { type: "string", value: "a\udfff" }]]],
  ["a date that is none", [["a", { type: "timestamp", value: new Date(NaN) }]]],
  ["a date that is a number", [["a", { type: "timestamp", value: 1 }]]],
  ["a date after the year 9999", [["a", { type: "timestamp", value: new Date(253402300800000) }]]],
  ["a UUID without dashes", [["a", { type: "uuid", value: "00112233445566778899aabbccddeeff" }]]],
  ["1,025 headers", many(1025)],
  ["more than 128 KiB of headers", ["a", "b", "c", "d", "e"].map((name) => [name, { type: "bytes", value: long(32767) }])],
  ["more than 24 MiB in all", [], long(24 * 1024 * 1024 - 15)],
]) {
  test(`${what} cannot be encoded`, () => {
    assert.throws(() => encode({ headers, payload }), LocalProtocolError);
  });
}

test("the longest of everything can be encoded, and decoded", () => {
  const headers = [
    ["é".repeat(127) + "x", { type: "bytes", value: long(32767) }],
    ["s", { type: "string", value: "x".repeat(32767) }],
    ...many(1022),
  ];
  assert.equal(decode(encode({ headers, payload: PAYLOAD })).headers.size, 1024);
});

for (const [what, expected, bytes] of [
  ["no byte", "framing", new Uint8Array()],
  ["part of a prelude", "framing", long(11)],
  ["a whole frame and a byte", "framing", Uint8Array.of(...encode({ headers: [], payload: PAYLOAD }), 0)],
  ["a frame without its last byte", "framing", encode({ headers: [], payload: PAYLOAD }).subarray(0, -1)],
  ["a prelude's checksum that is wrong", "checksum", prelude(16, 0).map((byte, at) => (at === 9 ? byte ^ 1 : byte))],
]) {
  test(`${what} is not one whole frame`, () => {
    assert.equal(kind(() => decode(bytes)), expected);
  });
}

for (const [total, headers, expected] of [
  [0, 0, "framing"],
  [12, 0, "framing"],
  [15, 0, "framing"],
  [16, 1, "framing"],
  [100, 85, "framing"],
  [100, 0xffffffff, "framing"],
  [24 * 1024 * 1024 + 1, 0, "limit"],
  [0xffffffff, 0, "limit"],
  [1024 * 1024, 128 * 1024 + 1, "limit"],
]) {
  test(`a prelude of ${total} bytes with ${headers} of headers is refused before anything is waited for`, () => {
    assert.equal(kind(() => { feedOne(prelude(total, headers)); }), expected);
  });
}

function feedOne(bytes, limits) {
  const { error } = feed([bytes], limits);
  if (error) throw error;
}

test("limits can be lowered, and Transcribe's are lower", () => {
  for (const name of ["messageBytes", "headersBytes", "headerCount"]) {
    assert.ok(TRANSCRIBE_LIMITS[name] < HARD_LIMITS[name]);
  }
  const frame = encode({ headers: many(3), payload: PAYLOAD });
  for (const lowered of [{ messageBytes: frame.length - 1 }, { headersBytes: 8 }, { headerCount: 2 }]) {
    assert.equal(kind(() => feedOne(frame, { ...HARD_LIMITS, ...lowered })), "limit");
  }
  const text = encode({ headers: [["a", { type: "string", value: "abc" }]], payload: PAYLOAD });
  assert.equal(kind(() => feedOne(text, { ...HARD_LIMITS, valueBytes: 2 })), "limit");
});

for (const [what, expected, hex] of [
  ["a header's name that is cut off", "header", "05616263"],
  ["a header that is only a name", "header", "0161"],
  ["a name of no bytes", "header", "0000"],
  ["type 10", "header", "01610a"],
  ["type 255", "header", "0161ff"],
  ["a byte that is missing", "header", "016102"],
  ["a long that is cut off", "header", "01610501020304050607"],
  ["a length that is cut off", "header", "01610700"],
  ["a text longer than its block", "header", "016107000361"],
  ["bytes longer than the format allows", "limit", "0161068000"],
  ["a name twice", "header", "016100016101"],
  ["a name of bad UTF-8", "header", "01ff00"],
  ["text of bad UTF-8", "header", "0161070001ff"],
  ["text with half a surrogate pair", "header", "0161070003eda080"],
  ["a date after the year 9999", "header", "0161080000e677d21fdc00"],
  ["a date before the year 1", "header", "016108ffffc77cedd327ff"],
]) {
  test(`a block of headers with ${what} is refused, its checksum being right`, () => {
    assert.equal(kind(() => decode(frameAround(fromHex(hex), PAYLOAD))), expected);
  });
}

test("names that mean something to JavaScript are names like any other", () => {
  const headers = ["__proto__", "constructor", "toString"].map((name) => [name, { type: "string", value: "x" }]);
  assert.deepEqual([...decode(encode({ headers, payload: PAYLOAD })).headers.keys()], ["__proto__", "constructor", "toString"]);
  assert.equal({}.type, undefined);
});

/** A generator of numbers that are the same on each run. */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test("messages are the same however the bytes are cut", () => {
  const frames = [0, 1, 7, 300, 5000].map((size) => encode({ headers: EVERY_TYPE, payload: long(size).fill(size) }));
  const stream = Uint8Array.from(frames.flatMap((frame) => [...frame]));
  const expected = feed([stream]).messages;
  assert.equal(expected.length, frames.length);
  assert.deepEqual(feed(Array.from(stream, (byte) => Uint8Array.of(byte))).messages, expected);
  const next = random(1);
  for (let round = 0; round < 100; round++) {
    const pieces = [];
    for (let at = 0; at < stream.length; ) {
      const size = Math.floor(next() ** 3 * 800);
      pieces.push(stream.subarray(at, (at += size)));
    }
    const { messages, buffered, error } = feed(pieces);
    assert.deepEqual([messages, buffered, error], [expected, 0, null]);
  }
});

test("a decoder takes a copy: the bytes may be used again", () => {
  const decoder = new Decoder();
  const bytes = encode({ headers: [], payload: PAYLOAD });
  decoder.receiveData(bytes);
  bytes.fill(0);
  const { payload } = decoder.nextMessage();
  decoder.receiveData(encode({ headers: [], payload: long(9000) }));
  decoder.nextMessage();
  assert.deepEqual([...payload], [...PAYLOAD]);
});

test("a decoder says how much of an unfinished frame it holds", () => {
  const decoder = new Decoder();
  decoder.receiveData(encode({ headers: [], payload: PAYLOAD }).subarray(0, 20));
  assert.deepEqual([decoder.nextMessage(), decoder.buffered], [null, 20]);
});

test("what is whole before an error still comes out; then the error, again and again", () => {
  const decoder = new Decoder();
  decoder.receiveData(encode({ headers: [], payload: PAYLOAD }));
  decoder.receiveData(prelude(3, 0));
  assert.ok(decoder.nextMessage());
  const errors = [0, 1, 2].map(() => {
    try {
      return decoder.nextMessage();
    } catch (error) {
      decoder.receiveData(encode({ headers: [], payload: PAYLOAD }));
      return error;
    }
  });
  assert.ok(errors[0] instanceof RemoteProtocolError);
  assert.deepEqual(new Set(errors).size, 1);
  assert.equal(decoder.buffered, 0);
});

test("each byte is moved a bounded number of times, whatever the size of the pieces", (t) => {
  const stream = Uint8Array.from(Array.from({ length: 12 }, () => [...encode({ headers: [], payload: long(3000) })]).flat());
  let moved = 0;
  const { set } = Uint8Array.prototype;
  t.mock.method(Uint8Array.prototype, "set", function (source, offset) {
    moved += source.length;
    return set.call(this, source, offset);
  });
  for (const size of [1, 100, 4000]) {
    moved = 0;
    const decoder = new Decoder();
    for (let at = 0; at < stream.length; at += size) {
      decoder.receiveData(stream.subarray(at, at + size));
      while (decoder.nextMessage());
    }
    assert.ok(moved < 4 * stream.length, `pieces of ${size}: ${moved} bytes for ${stream.length}`);
  }
});

test("nothing but a RemoteProtocolError ever comes of changed bytes, the checksums repaired", () => {
  const next = random(2);
  const good = encode({ headers: EVERY_TYPE, payload: PAYLOAD });
  for (let round = 0; round < 5000; round++) {
    const bytes = good.slice();
    for (let changes = 1 + next() * 4; changes > 0; changes--) {
      bytes[12 + Math.floor(next() * (bytes.length - 16))] = Math.floor(next() * 256);
    }
    new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)));
    try {
      decode(bytes);
    } catch (error) {
      assert.ok(error instanceof RemoteProtocolError, String(error.stack));
    }
  }
});
