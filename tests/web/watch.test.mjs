/** Dead connections and sleeping computers, by the clock that the test holds. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { AudioClock, Liveness } from "../../web/scribepass/watch.js";

/** Sound of `rate` audible seconds a second, until it counts as dead; or null. */
function deadAfter(liveness, { from = 0, until, rate = 1, answer, buffered = () => 0 }) {
  for (let now = from; now <= until; now += 0.5) {
    liveness.said(0.5 * rate);
    if (answer?.(now)) liveness.heard(now, false);
    if (liveness.isDead(now, buffered(now))) return now;
  }
  return null;
}

test("sound that nothing answers for ten seconds", () => {
  const liveness = new Liveness(10);
  liveness.begin(0);
  assert.equal(deadAfter(liveness, { until: 60 }), 10);
});

test("silence needs no answer", () => {
  const liveness = new Liveness(10);
  liveness.begin(0);
  assert.equal(deadAfter(liveness, { until: 600, rate: 0 }), null);
  assert.equal(deadAfter(liveness, { from: 600, until: 604, rate: 0.1 }), null);
});

test("any answer will do, words or not", () => {
  const liveness = new Liveness(10);
  liveness.begin(0);
  assert.equal(deadAfter(liveness, { until: 600, answer: (now) => now % 9 === 0 }), null);
});

test("false alarms get rarer until there are words", () => {
  const liveness = new Liveness(10);
  const ages = [];
  let now = 0;
  for (let stream = 0; stream < 6; stream += 1) {
    liveness.begin(now);
    const dead = deadAfter(liveness, { from: now, until: now + 1000 });
    ages.push(dead - now);
    now = dead;
  }
  assert.deepEqual(ages, [10, 20, 40, 80, 160, 160]);
  liveness.begin(now);
  liveness.heard(now, true);
  assert.equal(deadAfter(liveness, { from: now, until: now + 1000 }) - now, 10);
});

test("bytes that do not leave, even in silence; those that leave slowly are alive", () => {
  const stuck = new Liveness(10);
  stuck.begin(0);
  assert.equal(deadAfter(stuck, { until: 60, rate: 0, buffered: () => 9 }), 5);
  const slow = new Liveness(10);
  slow.begin(0);
  assert.equal(deadAfter(slow, { until: 60, rate: 0, buffered: (now) => 1000 - now }), null);
});

/** What a clock finds, for pairs of wall clock and audio clock. */
const found = (pairs) => {
  const clock = new AudioClock();
  return pairs.map(([wall, heard]) => clock.hear(wall, heard)).filter(Boolean).map((missing) => Math.round(10 * missing) / 10);
};
const flow = (wall, heard, seconds, rate = 1) =>
  Array.from({ length: 10 * seconds }, (_, at) => [wall + at / 10, heard + (rate * at) / 10]);

for (const [what, pairs, gaps] of [
  ["audio that keeps up", flow(100, 0, 60), []],
  ["clocks that drift apart by 1 % for an hour", flow(100, 0, 3600, 0.99), []],
  ["a sleep of ten minutes", [...flow(100, 0, 5), ...flow(705, 5, 5)], [600]],
  ["two sleeps", [...flow(100, 0, 5), ...flow(205, 5, 5), ...flow(310, 10, 5)], [100, 100]],
  ["a page that was busy for 20 s and catches up", [...flow(100, 0, 5), ...Array.from({ length: 200 }, (_, at) => [125 + at / 1e4, 5 + at / 10]), ...flow(125, 25, 5)], []],
  ["a hiccup of two seconds", [...flow(100, 0, 5), ...flow(107, 5, 5)], []],
]) {
  test(`${what}: ${gaps.length} gaps`, () => assert.deepEqual(found(pairs), gaps));
}
