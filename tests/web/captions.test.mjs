/**
 * Captions: the same text as the Python client for the same results (vectors/captions, made by it), and what a
 * caption must never be.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { gapText, toJson, toSrt, toText, toVtt } from "../../web/scribepass/captions.js";
import { cues } from "../../web/scribepass/cues.js";
import { readResult } from "../../web/scribepass/results.js";
import { EMPTY, reduce } from "../../web/scribepass/transcript.js";
import { turns } from "../../web/scribepass/turns.js";

const CASES = JSON.parse(readFileSync(new URL("../vectors/captions/captions.json", import.meta.url), "utf8"));
const WIDE = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Hangul}|[ｆｕｌｌ]|🙂/u;

const columns = (line) => [...line].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
const transcriptOf = ({ results, utterances }) => reduce(EMPTY, [...results, ...utterances].map(readResult));

function segment(text, { start = 0, end = 1, items = [], ...more } = {}) {
  return { id: text, isFinal: true, text, items, startTime: start, endTime: end, ...more };
}

const one = (text, more) => ({ segments: [segment(text, more)], gaps: [] });

for (const each of CASES) {
  test(`as the Python client writes it: ${each.name}`, () => {
    const transcript = transcriptOf(each);
    assert.equal(toText(transcript), each.txt);
    assert.equal(toSrt(transcript), each.srt);
    assert.equal(toVtt(transcript), each.vtt);
  });

  test(`two lines of 42 columns, seven seconds, in order: ${each.name}`, () => {
    const said = turns(transcriptOf(each));
    const cut = cues(said);
    for (const { lines, start, end } of cut) {
      assert.ok(lines.length <= 2 && lines.every((line) => columns(line) <= 42), lines.join("|"));
      assert.ok(start <= end);
    }
    const letters = (texts) => texts.join("").replaceAll(" ", "");
    assert.equal(
      letters(cut.flatMap(({ lines }) => lines)),
      letters(said.flatMap(({ words }) => words.map(({ text }) => text))),
    );
    const long = cut.filter(({ start, end }) => end - start > 7.001);
    // A single word may be longer than a cue: it cannot be cut in time.
    assert.ok(
      long.every(({ lines }) => !lines.join("").includes(" ")),
      JSON.stringify(long),
    );
  });
}

test("there are cases", () => assert.ok(CASES.length >= 20));

test("a speaker's name cannot break out of its voice span", () => {
  const item = {
    content: "hi",
    type: "pronunciation",
    startTime: 0,
    endTime: 1,
    speaker: "Eve>\n\n00:00 --> 99:99\n<b>",
  };
  const vtt = toVtt(one("hi", { items: [item] }));
  assert.equal(vtt, "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v Eve&gt; 00:00 --&gt; 99:99 &lt;b&gt;>hi\n");
  assert.equal(toText(one("hi", { items: [item] })), "Eve> 00:00 --> 99:99 <b>: hi\n");
});

test("text is text in every format", () => {
  const nasty = "<script>alert(1)</script> a --> b & c";
  assert.ok(!/<script|-->.*b/.test(toVtt(one(nasty)).split("\n").slice(3).join("\n")));
  assert.ok(!/<script|a -->/.test(toSrt(one(nasty)).split("\n").slice(2).join("\n")));
  assert.equal(JSON.parse(toJson(one(nasty))).segments[0].text, nasty);
});

test("words keep their confidence, and the page can show it", () => {
  const item = { content: "ten", type: "pronunciation", startTime: 0, endTime: 1, confidence: 0.4 };
  const mark = { content: ".", type: "punctuation", startTime: 1, endTime: 1 };
  const [turn] = turns(one("ten.", { items: [item, mark] }));
  assert.deepEqual(turn.words, [{ text: "ten.", start: 0, end: 1, space: false, confidence: 0.4 }]);
});

test("gaps stand where they were", () => {
  const transcript = {
    segments: [segment("before", { start: 0, end: 1 }), segment("after", { start: 5, end: 6 })],
    gaps: [{ at: 3, seconds: 600, reason: "sleep" }],
  };
  assert.equal(toText(transcript), "before\n[10 min not recorded: the computer slept]\nafter\n");
  const blocks = toVtt(transcript).trimEnd().split("\n\n");
  assert.deepEqual(blocks.map((block) => block.split("\n").at(-1)).slice(1), [
    "before",
    "NOTE 10 min not recorded: the computer slept",
    "after",
  ]);
  assert.equal(toSrt(transcript).match(/-->/g).length, 2);
  assert.deepEqual(JSON.parse(toJson(transcript)).gaps, transcript.gaps);
});

test("a gap's length in words", () => {
  const said = (seconds, reason = "dropped") => gapText({ at: 0, seconds, reason }).split(" not ")[0];
  assert.deepEqual(
    [0.2, 12.4, 59, 60, 599, 3600, 7380].map((seconds) => said(seconds)),
    ["1 s", "12 s", "59 s", "1 min", "10 min", "1 h 0 min", "2 h 3 min"],
  );
  assert.match(gapText({ at: 0, seconds: 3, reason: "interrupted" }), /interrupted/);
});

test("words that may still change are there too", () => {
  const open = { ...segment("half a sen"), isFinal: false };
  assert.equal(toText({ segments: [open], gaps: [] }), "half a sen\n");
});

test("nothing is nothing", () => {
  assert.deepEqual(
    [toText, toSrt, toVtt].map((write) => write(EMPTY)),
    ["", "", "WEBVTT\n"],
  );
});
