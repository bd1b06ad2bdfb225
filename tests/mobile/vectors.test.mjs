/** The browser's codec against the vectors for phones. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Decoder, encode } from "../../web/scribepass/eventstream.js";

const { valid, invalid } = JSON.parse(
  readFileSync(new URL("../../web/mobile/vectors.json", import.meta.url), "utf8"),
);
const unhex = (text) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** A value of the codec as the vectors write it. */
const WRITTEN = {
  boolean: (value) => [String(value).toUpperCase(), value],
  bytes: (value) => ["BYTES", hex(value)],
  long: (value) => ["LONG", String(value)],
  timestamp: (value) => ["TIMESTAMP", String(value.getTime())],
};
const written = ([name, { type, value }]) => [name, ...(WRITTEN[type]?.(value) ?? [type.toUpperCase(), value])];

function read(bytes) {
  const decoder = new Decoder();
  const messages = [];
  decoder.receiveData(bytes);
  try {
    for (let message; (message = decoder.nextMessage()); ) messages.push(message);
  } catch (error) {
    return { messages, error: error.kind };
  }
  return { messages, error: decoder.buffered ? "framing" : undefined };
}

for (const { name, bytes, messages, error } of [...valid, ...invalid]) {
  test(name, () => {
    const found = read(unhex(bytes));
    assert.equal(found.error, error);
    const shown = found.messages.map(({ headers, payload }) => ({
      headers: [...headers].map(written),
      payload: hex(payload),
    }));
    const wanted = messages.map(({ headers, payload }) => ({ headers, payload: payload.replaceAll(" ", "") }));
    assert.deepEqual(shown, wanted);
    if (!error) assert.equal(hex(Buffer.concat(found.messages.map(encode))), bytes.replaceAll(" ", ""));
  });
}

test("there are vectors of both kinds", () => assert.ok(valid.length > 10 && invalid.length > 10));
