/** Resume against the vectors that Python reads too (tests/vectors/resume/resume.json), and what always holds. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Resume } from "../../web/scribepass/resume.js";

const { cases } = JSON.parse(readFileSync(new URL("../vectors/resume/resume.json", import.meta.url), "utf8"));

/** Frames that tell which they are: the sample of channel c in frame n is n + c, modulo 2**15. */
function pcm(from, to, channels) {
  const samples = new Int16Array((to - from) * channels);
  for (const index of samples.keys()) {
    samples[index] = (from + Math.floor(index / channels) + (index % channels)) % 2 ** 15;
  }
  return new Uint8Array(samples.buffer);
}

const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
const span = ([startTime, endTime]) => ({ startTime, endTime });

/** A result of the vectors, as this library has it. */
function resultOf({ id, start, end, partial = false, text, items = [], entities, issues, channel, role, language }) {
  const alternative = {
    transcript: text,
    items: items.map(([content, from, to, type = "pronunciation"]) => ({ content, type, ...span([from, to]) })),
    ...(entities && { entities: entities.map(([content, ...times]) => ({ content, ...span(times) })) }),
  };
  return {
    resultId: id,
    ...span([start, end]),
    isPartial: partial,
    alternatives: text === null ? [] : [alternative],
    ...(channel && { channelId: channel }),
    ...(role && { participantRole: role }),
    ...(language && { languageCode: language }),
    ...(issues && { issues: issues.map(([begin, end]) => ({ begin, end })) }),
  };
}

/** A Resume that is led through steps, each of which says what should come of it. */
function player({ sample_rate: sampleRate, channels = 1, buffer_seconds: bufferSeconds, speed }) {
  const resume = new Resume({ sampleRate, channels, bufferSeconds, speed });
  let heard = 0;
  return {
    hear({ frames, times = 1, dropped = 0 }) {
      let lost = 0;
      for (; times; times--) {
        const chunk = pcm(heard, heard + frames, channels);
        lost += resume.hear(times % 2 ? chunk : chunk.buffer);
        heard += frames;
      }
      near(lost, dropped);
    },
    begin({ now, base }) {
      near(resume.begin(now), base);
      near(resume.base, base);
    },
    take({ now, most, frames }) {
      assert.deepEqual(resume.take(now, { most }), frames && pcm(...frames, channels));
    },
    take_all({ now, frames: [from, to] }) {
      for (let chunk; (chunk = resume.take(now)); from += chunk.length / 2 / channels) {
        assert.deepEqual(chunk, pcm(from, from + chunk.length / 2 / channels, channels));
      }
      assert.equal(from, to);
    },
    read({ results, told }) {
      const words = (list) => list.filter(({ category }) => !category).map(resultOf);
      assert.deepEqual(resume.read(words(results)), words(told));
      const ranges = (list) => list.flatMap(({ category = {} }) => Object.values(category).flat()).map(span);
      assert.deepEqual(ranges(results).map((each) => resume.place(each)), ranges(told));
    },
    forget: ({ keep }) => resume.forget(keep),
    end: () => resume.end(),
    state(expected) {
      for (const name of ["heard", "backlog", "base"]) near(resume[name], expected[name]);
    },
  };
}

for (const { name, options, steps } of cases) {
  test(name, () => {
    const play = player(options);
    for (const [number, { do: what, ...step }] of steps.entries()) {
      try {
        play[what](step);
      } catch (error) {
        error.message = `step ${number}: ${error.message}`;
        throw error;
      }
    }
  });
}

/** A generator of numbers from 0 to less than 1 (mulberry32). */
function seeded(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS = Array.from({ length: 30 }, (_, n) => [0.2 + 0.5 * n, 0.5 + 0.5 * n]);
const SECONDS = 16;

/** A recogniser that hears the words of which it is given every frame, and tells them in random pieces. */
function recogniser(number, channels, rate, random) {
  const runs = []; // where in the stream, in the source, how long
  const heard = new Set();
  const open = Array.from({ length: channels }, () => []);
  const counts = open.map(() => 0);
  let length = 0;

  function listen() {
    for (const { at, source, frames } of runs) {
      for (const [index, times] of WORDS.entries()) {
        if (heard.has(index)) continue;
        const [first, last] = times.map((time) => Math.round(time * rate));
        if (source > first || last > source + frames) continue;
        heard.add(index);
        const [startTime, endTime] = [first, last].map((frame) => (at + frame - source) / rate);
        open[(index + 1) % channels].push({ content: `w${index + 1}`, type: "pronunciation", startTime, endTime });
      }
    }
  }

  function result(channel, items, isPartial) {
    const slack = random() / 10;
    return {
      resultId: `${number}-${channel}-${counts[channel]}`,
      startTime: Math.max(0, items[0].startTime - slack),
      endTime: Math.min(items.at(-1).endTime + slack, length / rate),
      isPartial,
      alternatives: [
        {
          transcript: items.map(({ content }) => `${content},`).join(" "),
          items: items.flatMap((item) => [
            item,
            { content: ",", type: "punctuation", startTime: item.endTime, endTime: item.endTime },
          ]),
        },
      ],
      ...(channels > 1 && { channelId: `ch_${channel}` }),
    };
  }

  return {
    feed(chunk) {
      const frames = chunk.length / 2 / channels;
      const source = chunk[0] + 256 * chunk[1];
      assert.ok(Buffer.from(chunk).equals(pcm(source, source + frames, channels)));
      const last = runs.at(-1);
      if (last && last.source + last.frames === source) last.frames += frames;
      else runs.push({ at: length, source, frames });
      length += frames;
    },
    tell(everything = false) {
      listen();
      return open.flatMap((items, channel) => {
        const some = random() < 0.3 ? Math.floor(random() * (items.length + 1)) : 0;
        const finished = items.splice(0, everything ? items.length : some);
        const finals = finished.length ? [result(channel, finished, false)] : [];
        counts[channel] += finals.length;
        return items.length ? [...finals, result(channel, items, true)] : finals;
      });
    },
  };
}

/** A speaker who counts, a network that fails, and what is shown of it in the end. */
function run(seed, { channels, rate, bufferSeconds, chance = 0.7 }) {
  const random = seeded(seed);
  const resume = new Resume({ sampleRate: rate, channels, bufferSeconds });
  const shown = new Map();
  let [now, frame, lost, streams, stream] = [0, 0, 0, 0, null];

  function begin() {
    if (random() < 0.5) resume.end();
    resume.begin(now);
    stream = recogniser(++streams, channels, rate, random);
  }
  function show(results) {
    for (const result of resume.read(results)) {
      assert.notEqual(shown.get(result.resultId)?.isPartial, false, "a final result changed");
      shown.set(result.resultId, result);
    }
  }
  function send(likely) {
    while (random() < likely) {
      const chunk = resume.take(now, { most: [0.01, 0.1, 0.3][Math.floor(random() * 3)] });
      if (!chunk) return;
      stream.feed(chunk);
    }
  }

  begin();
  while (frame < SECONDS * rate) {
    const to = Math.min(frame + 1 + Math.floor((random() * rate) / 2), SECONDS * rate);
    lost += resume.hear(pcm(frame, to, channels));
    now += (to - frame) / rate;
    frame = to;
    send(chance);
    if (random() < 0.5) show(stream.tell());
    if (random() < 0.15) begin();
  }
  now += 1000;
  send(1);
  show(stream.tell(true));
  const items = [...shown.values()].flatMap(({ alternatives }) => alternatives.flatMap((each) => each.items));
  const words = items.filter(({ type }) => type !== "punctuation").sort((a, b) => a.startTime - b.startTime);
  for (const { content, startTime, endTime } of words) {
    const [start, end] = WORDS[content.slice(1) - 1];
    const error = Math.max(Math.abs(startTime - start), Math.abs(endTime - end));
    assert.ok(error < 0.0011, `${content} is at ${startTime}`);
  }
  const open = [...shown.values()].filter(({ isPartial, alternatives }) => isPartial && alternatives.length);
  return { words: words.map(({ content }) => content), lost, open: open.length };
}

test("no word is lost or doubled, however audio is chunked, results are cut and streams fail", () => {
  for (let seed = 0; seed < 1500; seed++) {
    const options = { channels: 1 + (seed % 2), rate: seed % 3 ? 1000 : 1103 };
    const { words, lost, open } = run(seed, options);
    assert.deepEqual(words, WORDS.map((_, index) => `w${index + 1}`), `seed ${seed}`);
    assert.deepEqual({ lost, open }, { lost: 0, open: 0 }, `seed ${seed}`);
  }
});

test("when audio is dropped words go missing, but none is doubled or at a wrong time", () => {
  let losses = 0;
  for (let seed = 0; seed < 1000; seed++) {
    const { words, lost } = run(seed, { channels: 1 + (seed % 2), rate: 1000, bufferSeconds: 1.5, chance: 0.5 });
    assert.equal(new Set(words).size, words.length, `seed ${seed}`);
    if (lost) losses++;
  }
  assert.ok(losses > 100, `${losses} runs dropped audio`);
});

test("hours of audio need no more room than the buffer", () => {
  const before = process.memoryUsage().arrayBuffers;
  const resume = new Resume({ sampleRate: 16000 });
  const second = new ArrayBuffer(32000);
  resume.begin(0);
  for (let now = 0; now < 7200; now++) resume.hear(second);
  const held = process.memoryUsage().arrayBuffers - before;
  assert.equal(resume.backlog, 60);
  assert.ok(held <= 62 * 32000, `${held} bytes`);
});
