/**
 * The library under Node, its sockets cut at random moments: no number may be lost or doubled.
 *
 *     node cuts.mjs --service http://127.0.0.1:8000 --upstream 8444 --port 8445 --cuts 900 --seed 7
 *
 * The service has to vend URLs of 127.0.0.1:8445, where the proxy will listen; the local AWS at 8444 has to run with
 * `--recogniser markers`. A run is one transcriber; its pace and its plan of cuts depend on the seed and the run's own
 * number. Prints a summary as JSON, with whatever failed.
 */
import { parseArgs } from "node:util";
import { WebSocket } from "../peers/node_modules/undici/index.js";
import { KEY, nameOf, run } from "./support/counting.mjs";
import { cuttingProxy } from "./support/cutting.mjs";
import { isCut, KINDS, keyOf, plan, planned } from "./support/plans.mjs";

const text = (/** @type {string} */ value) => /** @type {const} */ ({ type: "string", default: value });
const { values: options } = parseArgs({
  options: {
    service: text(""),
    upstream: text("8444"),
    port: text("8445"),
    seed: text(String(Date.now() % 1_000_000)),
    cuts: text("900"), // as many runs as it takes
    runs: text(""), // or so many
    only: text(""), // or this one
    kinds: text(KINDS.join(",")), // "" for none
    numbers: text("20"),
    parallel: text("24"), // the local AWS admits 25 streams
  },
});
const { seed } = options;
const kinds = options.kinds.split(",").filter(Boolean);
const numbers = Number(options.numbers);
/** What was carried out. @type {{ name: string, cut: import("./support/cutting.mjs").Cut }[]} */
const done = [];

const cutsDone = () => done.filter(({ cut }) => isCut(cut)).length;

/** The numbers of the runs, until there is enough. */
function* queue() {
  if (options.only) yield Number(options.only);
  else if (options.runs) for (let number = 1; number <= Number(options.runs); number += 1) yield number;
  else for (let number = 1; cutsDone() < Number(options.cuts); number += 1) yield number;
}

const began = performance.now();
const proxy = await cuttingProxy({
  upstream: Number(options.upstream),
  port: Number(options.port),
  choose: kinds.length ? planned(seed, { key: KEY, numbers, kinds }) : () => undefined,
  onCut: (cut, head) => done.push({ name: keyOf(head, KEY), cut }),
});
const failures = [];
const waiting = queue();
let runs = 0;
async function work() {
  for (const number of waiting) {
    runs += 1;
    const failure = await run(number, { seed, numbers, presign: `${options.service}/presign`, WebSocket });
    const name = nameOf(number);
    const cuts = done.filter((each) => each.name === name).map(({ cut }) => cut);
    if (failure) failures.push({ ...failure, plan: plan(`${seed}/${name}`, { numbers, kinds }), cuts });
  }
}
await Promise.all(Array.from({ length: Number(options.parallel) }, work));
proxy.close();

const byKind = Object.fromEntries(KINDS.map((kind) => [kind, done.filter(({ cut }) => cut.kind === kind).length]));
const seconds = Math.round((performance.now() - began) / 100) / 10;
console.log(JSON.stringify({ seed, runs, cuts: cutsDone(), byKind, seconds, failures }, null, 1));
process.exit(failures.length ? 1 : 0); // sockets that are half open would keep it for a while
