/** Recovery against the vectors that Python reads too: tests/vectors/resume/recovery.json. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Recovery } from "../../web/scribepass/recovery.js";

const { cases } = JSON.parse(readFileSync(new URL("../vectors/resume/recovery.json", import.meta.url), "utf8"));

for (const { name, options, steps } of cases) {
  test(name, () => {
    const recovery = new Recovery(options);
    for (const [number, step] of steps.entries()) {
      const { well, now, random, action, delay = 0, fresh = false, retry_after, ...setback } = step;
      if (well !== undefined) recovery.well(well);
      else {
        const remedy = recovery.fail({ ...setback, retryAfter: retry_after }, now, random);
        assert.deepEqual(remedy, { action, delay, fresh }, `step ${number}`);
      }
    }
  });
}

test("a row may be as long as patience lasts", () => {
  const recovery = new Recovery({ patience: 1e9 });
  const delays = Array.from({ length: 3000 }, (_, now) => recovery.fail({ kind: "LimitExceeded" }, now, 0.5).delay);
  assert.equal(Math.max(...delays), 30);
  assert.equal(recovery.fail({ kind: "Stalled" }, 3000, 0).delay, 5);
});
