import assert from "node:assert/strict";
import { test } from "node:test";

import { crc32 } from "../../web/scribepass/crc32.js";

const bytes = (text) => new TextEncoder().encode(text);

/** Bit by bit, as the definition has it. */
function definition(data) {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

for (const [text, expected] of [
  ["", 0],
  ["a", 0xe8b7be43],
  ["123456789", 0xcbf43926],
  ["The quick brown fox jumps over the lazy dog", 0x414fa339],
]) {
  test(`the checksum of "${text}" is the one that everybody has`, () => {
    assert.equal(crc32(bytes(text)), expected);
  });
}

test("every length up to 64, at every alignment, agrees with the definition", () => {
  const data = Uint8Array.from({ length: 80 }, (_, at) => (at * 197 + 13) & 255);
  for (let from = 0; from < 9; from++) {
    for (let length = 0; length <= 64; length++) {
      const part = data.subarray(from, from + length);
      assert.equal(crc32(part), definition(part), `${length} bytes from ${from}`);
    }
  }
});

test("a checksum can be continued", () => {
  const data = bytes("one part and another part");
  for (let cut = 0; cut <= data.length; cut++) {
    assert.equal(crc32(data.subarray(cut), crc32(data.subarray(0, cut))), crc32(data));
  }
});
