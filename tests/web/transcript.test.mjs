import assert from "node:assert/strict";
import { test } from "node:test";

import { EMPTY, plainText, reduce, reduceGap, spans } from "../../web/scribepass/transcript.js";

const result = (resultId, text, { isPartial = false, startTime = 0, items = [], ...more } = {}) => ({
  resultId,
  startTime,
  endTime: startTime + 1,
  isPartial,
  alternatives: [{ transcript: text, items }],
  ...more,
});
const partial = (id, text, more) => result(id, text, { ...more, isPartial: true });
const shown = ({ segments }) => segments.map(({ id, text, isFinal }) => `${id}:${text}${isFinal ? "." : "…"}`);

for (const [promise, steps, expected] of [
  ["nothing is nothing", [[]], []],
  ["a partial is shown", [[partial("a", "go")]], ["a:go…"]],
  ["a partial replaces the one before", [[partial("a", "go")], [partial("a", "go for")]], ["a:go for…"]],
  ["a partial may shrink", [[partial("a", "go for")], [partial("a", "go")]], ["a:go…"]],
  ["a final replaces its partial", [[partial("a", "go for")], [result("a", "go forward")]], ["a:go forward."]],
  ["a final without a partial is shown", [[result("a", "go")]], ["a:go."]],
  ["a final stays when a partial comes late", [[result("a", "go")], [partial("a", "gone")]], ["a:go."]],
  ["a final stays when it comes twice", [[result("a", "go")], [result("a", "gone")]], ["a:go."]],
  [
    "segments follow one another",
    [[result("a", "one")], [partial("b", "two", { startTime: 2 })]],
    ["a:one.", "b:two…"],
  ],
  ["several results in one event all count", [[result("a", "one"), partial("b", "two")]], ["a:one.", "b:two…"]],
  ["a partial of no words is no line", [[partial("a", "")]], []],
  ["a partial that turned out to be nothing goes", [[partial("a", "uh")], [result("a", "")]], []],
  [
    "two channels interleave as people spoke",
    [[result("a", "hello", { startTime: 0 })], [partial("c", "fine", { startTime: 4 })], [partial("b", "how", { startTime: 2 })]],
    ["a:hello.", "b:how…", "c:fine…"],
  ],
  [
    "segments that begin together keep the order in which they came",
    [[result("a", "one")], [result("b", "two")], [result("c", "three")]],
    ["a:one.", "b:two.", "c:three."],
  ],
  ["a result without alternatives is no line", [[{ ...result("a", ""), alternatives: [] }]], []],
]) {
  test(promise, () => {
    assert.deepEqual(shown(steps.reduce(reduce, EMPTY)), expected);
  });
}

test("what changes nothing gives the same object, and nothing is changed in place", () => {
  const before = reduce(EMPTY, [result("a", "one"), partial("b", "two")]);
  const copy = structuredClone(before);
  assert.equal(reduce(before, []), before);
  assert.equal(reduce(before, [partial("a", "late")]), before);
  reduce(before, [result("b", "three"), result("c", "four")]);
  assert.deepEqual(before, copy);
});

test("a segment keeps its times, channel and language", () => {
  const more = { startTime: 3, channelId: "ch_1", languageCode: "de-DE" };
  const [segment] = reduce(EMPTY, [result("a", "eins", more)]).segments;
  assert.deepEqual(segment, { ...more, id: "a", isFinal: true, text: "eins", items: [], endTime: 4 });
});

test("plain text has a line for each segment", () => {
  assert.equal(plainText(reduce(EMPTY, [result("a", "One."), partial("b", "Two")])), "One.\nTwo");
});

const item = (content, confidence) => ({ content, confidence, type: "pronunciation", startTime: 0, endTime: 0 });

for (const [promise, text, items, expected] of [
  ["no items: the text in one piece", "Go on.", [], [["Go on."]]],
  [
    "words between spaces and marks",
    "Go on, then.",
    [item("Go", 0.9), item("on", 0.3), item(",", undefined), item("then", 0.8), item(".", undefined)],
    [["Go", 0.9], [" "], ["on", 0.3], [", "], ["then", 0.8], ["."]],
  ],
  ["a language without spaces", "你好。", [item("你", 0.4), item("好", 0.9)], [["你", 0.4], ["好", 0.9], ["。"]]],
  ["the same word twice", "the the", [item("the", undefined), item("the", 0.2)], [["the "], ["the", 0.2]]],
  ["an item that is not in the text", "Call [NAME] now", [item("Call", 0.9), item("Ann", 0.1)], [["Call", 0.9], [" [NAME] now"]]],
  ["an item that is only further on", "one two three", [item("three", 0.1)], [["one two three"]]],
  ["an empty item", "one", [item("", 0.1), item("one", 0.9)], [["one", 0.9]]],
]) {
  test(`spans: ${promise}`, () => {
    const pieces = spans({ text, items });
    assert.deepEqual(
      pieces.map((piece) => ("confidence" in piece ? [piece.text, piece.confidence] : [piece.text])),
      expected,
    );
    assert.equal(pieces.map((piece) => piece.text).join(""), text);
  });
}

test("what is withdrawn goes, and its final comes under another id", () => {
  const before = reduce(EMPTY, [result("a", "one"), partial("b", "tw")]);
  const after = reduce(before, [{ ...partial("b", ""), alternatives: [] }, result("c", "two")]);
  assert.deepEqual(shown(after), ["a:one.", "c:two."]);
});

test("gaps stand in the transcript; one that goes on is one", () => {
  const dropped = (at, seconds) => ({ at, seconds, reason: "dropped" });
  const once = reduceGap(reduce(EMPTY, [result("a", "one")]), dropped(3, 1));
  const twice = reduceGap(reduceGap(once, dropped(4, 0.5)), { at: 4.5, seconds: 9, reason: "sleep" });
  assert.deepEqual(twice.gaps, [dropped(3, 1.5), { at: 4.5, seconds: 9, reason: "sleep" }]);
  assert.deepEqual(shown(twice), ["a:one."]);
  assert.deepEqual(once.gaps, [dropped(3, 1)]);
  assert.deepEqual(reduce(twice, [result("b", "two", { startTime: 20 })]).gaps, twice.gaps);
});
