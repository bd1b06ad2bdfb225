/**
 * A TCP proxy that breaks connections where it is told to, and otherwise passes every byte as it came.
 *
 *     node cutting.mjs --upstream 8444 --cuts '[{"kind": "up", "after": 9000}]'   one connection after the other
 *     node cutting.mjs --upstream 8444 --seed 7 --key vocabulary-name             a random plan for each name
 *
 * It prints `{"port": …}`, then each cut that was carried out, as lines of JSON; it ends with its standard input.
 *
 * | kind           | what happens                                                                          |
 * |----------------|---------------------------------------------------------------------------------------|
 * | `refuse`       | the request is answered with a reset                                                  |
 * | `handshake`    | cut after so many bytes of the request (`side` up), or of its answer (down)           |
 * | `up`, `down`   | cut after so many bytes from the client, or to it: mid frame as a rule                |
 * | `before-final` | cut in place of the nth final result                                                  |
 * | `after-final`  | cut when the nth final result has passed                                              |
 * | `end`          | cut in place of the client's end of audio, or when so many messages have followed it  |
 * | `half-open`    | after so many bytes from the client nothing passes any more, and nobody is told       |
 * | `exception`    | in place of the server's nth message an exception, called `name`, and a close         |
 * | `pause`        | no cut: from the nth final result on, what follows one is `seconds` late              |
 *
 * A cut is a reset, or with `how` "fin" an end. `after` counts from 0.
 */
import { createServer, connect } from "node:net";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { exception } from "./frames.mjs";
import { keyOf, planned } from "./plans.mjs";
import { BINARY, CLOSE, encodeFrame, Frames } from "./websocket.mjs";

/**
 * @typedef {{ kind: string, after?: number, side?: string, how?: string }} Break
 * @typedef {Break & { name?: string, deaf?: boolean, seconds?: number }} Cut `deaf`: what comes is not even read
 * @typedef {import("node:net").Socket} Socket
 * @typedef {import("./websocket.mjs").Frame} Frame
 */

const END_OF_HEAD = "\r\n\r\n";
const PASS = { kind: "none" };
/** Where the server's messages are told apart. */
const BY_MESSAGE = ["before-final", "after-final", "end", "exception", "pause"];

/**
 * Starts to listen on loopback.
 *
 * @param {{
 *   upstream: number,
 *   choose: (head: string) => Cut | undefined,
 *   port?: number,
 *   onCut?: (cut: Cut, head: string) => void,
 * }} options `choose` is asked once for each connection, with the head of its request
 */
export async function cuttingProxy({ upstream, choose, port = 0, onCut = () => {} }) {
  /** @type {Set<Socket>} */
  const sockets = new Set();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, async (client) => {
    const head = await readHead(client);
    if (head === null) return client.destroy();
    const cut = choose(head.toString("latin1")) ?? PASS;
    const aws = connect({ port: upstream, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    for (const socket of [client, aws]) sockets.add(socket.on("close", () => sockets.delete(socket)));
    new Passage(client, aws, cut, () => onCut(cut, head.toString("latin1"))).begin(head);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(undefined)));
  return {
    port: /** @type {import("node:net").AddressInfo} */ (server.address()).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** One connection and its fate. */
class Passage {
  #state = "open"; // or "swallowing", or "over"
  #counts = { up: 0, down: 0, finals: 0, messages: 0, sinceEnd: -1 };
  #answered = false;
  /** What waits, while it does. @type {Frame[] | null} */
  #late = null;
  #upward = new Frames();
  #downward = new Frames();

  /** @param {Socket} client @param {Socket} aws @param {Cut} cut @param {() => void} onCut */
  constructor(client, aws, cut, onCut) {
    Object.assign(this, { client, aws, cut, onCut });
    this.after = cut.after ?? 0;
  }

  /** @param {Buffer} head */
  begin(head) {
    const { client, aws, cut } = this;
    for (const [from, to] of [[client, aws], [aws, client]]) {
      from.on("error", () => {});
      from.on("end", () => this.#state === "open" && !(to === client && this.#late) && to.end());
      from.on("close", (failed) => this.#state === "open" && failed && to.resetAndDestroy());
    }
    if (cut.kind === "refuse") return this.#cut();
    if (cut.kind === "handshake" && cut.side === "up") {
      this.#pass(aws, head.subarray(0, this.after));
      return this.#cut();
    }
    this.#pass(aws, head);
    client.on("data", (bytes) => this.#up(bytes));
    aws.on("data", (bytes) => this.#down(bytes));
    client.resume();
  }

  /** @param {Buffer} bytes from the client, after its request */
  #up(bytes) {
    if (this.#state !== "open") return;
    const { kind } = this.cut;
    if (kind === "up" || kind === "half-open") return this.#count("up", this.aws, bytes);
    if (kind !== "end") return this.#pass(this.aws, bytes);
    for (const frame of this.#upward.read(bytes)) {
      if (this.#state !== "open") return;
      if (isEndOfAudio(frame)) this.#counts.sinceEnd = 0;
      if (this.#counts.sinceEnd === 0 && this.after === 0) return this.#cut();
      this.#pass(this.aws, frame.bytes);
    }
  }

  /** @param {Buffer} bytes from the server */
  #down(bytes) {
    if (this.#state !== "open") return;
    const { kind } = this.cut;
    if (kind === "handshake") return this.#count("down", this.client, bytes);
    const rest = this.#answered ? bytes : this.#answer(bytes);
    if (kind === "down") return this.#count("down", this.client, rest);
    if (!BY_MESSAGE.includes(kind)) return this.#pass(this.client, rest);
    for (const frame of this.#downward.read(rest)) if (this.#state === "open") this.#deliver(frame);
  }

  /** The head of the answer passes. @param {Buffer} bytes @returns {Buffer} what follows it */
  #answer(bytes) {
    const end = bytes.indexOf(END_OF_HEAD) + END_OF_HEAD.length; // our server writes it in one piece
    this.#answered = true;
    this.#pass(this.client, bytes.subarray(0, end));
    return bytes.subarray(end);
  }

  /** @param {Frame} frame */
  #deliver(frame) {
    if (this.#late) return void this.#late.push(frame);
    const { cut, after } = this;
    const counts = this.#counts;
    const isFinal = /"IsPartial":\s*false/.test(frame.payload.toString("latin1"));
    if (cut.kind === "before-final" && isFinal && counts.finals === after) return this.#cut();
    if (cut.kind === "exception" && (counts.messages === after || frame.opcode === CLOSE)) return this.#except();
    this.#pass(this.client, frame.bytes);
    counts.messages += 1;
    if (isFinal) counts.finals += 1;
    if (counts.sinceEnd >= 0) counts.sinceEnd += 1;
    if (cut.kind === "after-final" && isFinal && counts.finals === after + 1) this.#cut();
    if (cut.kind === "pause" && isFinal && counts.finals > after) this.#wait();
    if (cut.kind === "end" && counts.sinceEnd === after) this.#cut();
  }

  /**
   * Passes what comes before the moment of the cut.
   *
   * @param {"up" | "down"} side
   * @param {Socket} to
   * @param {Buffer} bytes
   */
  #count(side, to, bytes) {
    const left = this.after - this.#counts[side];
    this.#counts[side] += bytes.length;
    this.#pass(to, bytes.subarray(0, left));
    if (bytes.length >= left) this.#cut();
  }

  /** @param {Socket} to @param {Buffer} bytes */
  #pass(to, bytes) {
    if (!bytes.length || to.write(bytes)) return;
    const from = to === this.aws ? this.client : this.aws;
    if (from.isPaused()) return;
    from.pause();
    to.once("drain", () => from.resume());
  }

  #cut() {
    this.onCut();
    if (this.cut.kind === "half-open") {
      this.#state = "swallowing";
      if (this.cut.deaf) this.client.pause();
      return;
    }
    this.#state = "over";
    this.aws.resetAndDestroy();
    // Bytes that have passed are the kernel's before the reset is.
    this.client.resume();
    if (this.cut.how === "fin") this.client.end();
    else this.client.write(Buffer.alloc(0), () => this.client.resetAndDestroy());
  }

  #wait() {
    if (this.#counts.finals === this.after + 1) this.onCut();
    this.#late = [];
    setTimeout(() => {
      const late = this.#late ?? [];
      this.#late = null;
      for (const frame of late) if (this.#state === "open") this.#deliver(frame);
      if (this.#state === "open" && !this.#late && this.aws.readableEnded) this.client.end();
    }, 1000 * (this.cut.seconds ?? 1));
  }

  #except() {
    this.onCut();
    this.#state = "over";
    this.aws.resetAndDestroy();
    this.client.write(encodeFrame(BINARY, exception(this.cut.name ?? "InternalFailureException", "Cut on purpose.")));
    this.client.end(encodeFrame(CLOSE, Buffer.from([1000 >> 8, 1000 & 255])));
    this.client.resume();
  }
}

/** An event with headers and nothing else. @param {Frame} frame */
function isEndOfAudio({ opcode, payload }) {
  return opcode === BINARY && payload.length >= 16 && payload.readUInt32BE(0) === payload.readUInt32BE(4) + 16;
}

/** The request up to its empty line. @param {Socket} socket @returns {Promise<Buffer | null>} null: it never comes */
function readHead(socket) {
  let head = Buffer.alloc(0);
  return new Promise((resolve) => {
    socket.on("error", () => resolve(null)).on("end", () => resolve(null));
    socket.on("data", function read(bytes) {
      head = Buffer.concat([head, bytes]);
      if (!head.includes(END_OF_HEAD)) return;
      socket.off("data", read).pause();
      resolve(head);
    });
  });
}

/** The proxy as a program. @param {string[]} args */
async function main(args) {
  const text = (/** @type {string} */ value) => /** @type {const} */ ({ type: "string", default: value });
  const { values } = parseArgs({
    args,
    options: {
      upstream: text("8444"),
      port: text("0"),
      seed: text("1"),
      key: text("vocabulary-name"),
      numbers: text("20"),
      cuts: text(""),
    },
  });
  const cuts = values.cuts ? JSON.parse(values.cuts) : null;
  const say = (/** @type {object} */ line) => process.stdout.write(`${JSON.stringify(line)}\n`);
  const choose = cuts ? () => cuts.shift() : planned(values.seed, { key: values.key, numbers: Number(values.numbers) });
  const onCut = (/** @type {Cut} */ cut, /** @type {string} */ head) => say({ ...cut, key: keyOf(head, values.key) });
  const proxy = await cuttingProxy({ upstream: Number(values.upstream), port: Number(values.port), choose, onCut });
  say({ port: proxy.port });
  process.stdin.resume().on("end", () => proxy.close());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(process.argv.slice(2));
