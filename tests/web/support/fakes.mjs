/** Stand-ins that behave as the browser does, as far as the library can tell. */

/**
 * A WebSocket as browsers have it: nothing may be sent before it is open; after close() nothing that arrives is
 * delivered, and the close event comes when the other side agrees. The test holds the other end.
 */
export class FakeWebSocket {
  /** @type {FakeWebSocket[]} */
  static opened = [];

  readyState = 0;
  binaryType = "blob";
  bufferedAmount = 0;
  /** What the other end has received. @type {Uint8Array[]} */
  received = [];
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;

  constructor(url) {
    this.url = url;
    FakeWebSocket.opened.push(this);
  }

  static get last() {
    return FakeWebSocket.opened.at(-1);
  }

  send(data) {
    if (this.readyState === 0) throw new DOMException("still connecting", "InvalidStateError");
    if (this.readyState === 1) this.received.push(new Uint8Array(data));
  }

  close() {
    if (this.readyState >= 2) return;
    this.readyState = 2;
  }

  /** The other end takes the connection. */
  accept() {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }

  /** The other end sends: bytes as an ArrayBuffer, if that was asked for, text as text. */
  deliver(data) {
    if (this.readyState !== 1) return;
    const bytes = typeof data === "string" ? data : Uint8Array.from(data).buffer;
    if (typeof bytes !== "string" && this.binaryType !== "arraybuffer") throw new Error("the page would get a Blob");
    this.onmessage?.({ data: bytes });
  }

  /** The other end closes as it should. */
  finish(reason = "", code = 1000) {
    this.#end({ code, reason, wasClean: true });
  }

  /** The connection breaks, or never comes about. */
  drop() {
    this.onerror?.(new Event("error"));
    this.#end({ code: 1006, reason: "", wasClean: false });
  }

  #end(event) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.(event);
  }
}

/** A fetch that answers with `answers`, one after the other, and notes what was asked. */
export function fakeFetch(...answers) {
  const calls = [];
  const fetch = async (url, init) => {
    calls.push({ url, ...init });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return typeof answer === "function" ? answer(init) : answer.clone();
  };
  return Object.assign(fetch, { calls });
}

/** @param {number} status @param {unknown} body @param {Record<string, string>} [headers] */
export const answer = (status, body, headers = {}) =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });

export const SECRET_URL =
  "wss://transcribestreaming.us-east-1.amazonaws.com:8443/stream-transcription-websocket?X-Amz-Signature=5ec2e7";

/** What the service answers when all is well. */
export const ticketBody = (more = {}) => ({
  url: SECRET_URL,
  session_id: "8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30",
  ticket_id: "tk_bm90IGEgcmVhbCBvbmUsIGJ1dCBhcyBsb25nIGFzIG9uZSBvZiB0aGVtIQ",
  region: "us-east-1",
  expires_in: 60,
  ...more,
});

/** A source that the test feeds by hand. */
export class FakeSource {
  stopped = 0;
  /** Handed over while it is being stopped, as the microphone does with its last part of a chunk. */
  last = [];
  opened = Promise.withResolvers?.() ?? withResolvers();

  constructor(sampleRate = 16_000, { channels = 1, live = true } = {}) {
    Object.assign(this, { sampleRate, channels, live });
  }

  async open(sink) {
    this.sink = sink;
    await this.opened.promise;
    return {
      sampleRate: this.sampleRate,
      channels: this.channels,
      live: this.live,
      stop: async () => {
        this.stopped += 1;
        for (const pcm of this.last.splice(0)) this.speak(pcm);
      },
    };
  }

  speak(pcm, peak = -10) {
    this.sink.onChunk(pcm, { rms: peak - 10, peak });
  }
}

export function withResolvers() {
  const all = {};
  all.promise = new Promise((resolve, reject) => Object.assign(all, { resolve, reject }));
  return all;
}

/** Lets everything that is due happen: promises, and what Node does with the body of a response, in several turns. */
export async function settle() {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Time that moves only by `t.mock.timers.tick()`. Node 18 takes the names of the timers alone. */
export function stopTheClock(t) {
  const apis = ["setTimeout"];
  try {
    t.mock.timers.enable({ apis });
  } catch (error) {
    if (error.code !== "ERR_INVALID_ARG_TYPE") throw error;
    t.mock.timers.enable(apis);
  }
}
