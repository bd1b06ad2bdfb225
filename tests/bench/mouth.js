/**
 * Put into the page before its own scripts: a microphone that says numbers, and notes of when what happened, in ms of
 * `performance.now()`. `sent`: when how many seconds of audio had been sent. `until`: which of them end a number.
 */
{
  const { first, words } = globalThis.mouth;
  const noted = { ends: {}, sent: [], arrived: {}, until: {}, shown: {} };
  Object.assign(globalThis.mouth, { noted, over: false });
  const NUMBER = /\b1\d{3}\b/g;
  const FRAME_BYTES = 104;
  const LEAD_SECONDS = 1;
  const RATE = 48_000;
  /** No multiple of a chunk's length: a word may end anywhere in one. */
  const PERIOD_SECONDS = 0.23;

  navigator.mediaDevices.getUserMedia = async () => {
    const { count, MARK_SECONDS } = await import(`${location.origin}/markers.mjs`);
    const context = new AudioContext({ sampleRate: RATE });
    const ear = context.createMediaStreamDestination();
    await context.resume();
    const start = context.currentTime + LEAD_SECONDS;
    const due = [];
    for (let at = 0; at < words; at += 1) {
      const pcm = count(1, { first: first + at, rate: RATE });
      const buffer = context.createBuffer(1, pcm.length, RATE);
      buffer.copyToChannel(Float32Array.from(pcm, (sample) => sample / 32_768), 0);
      const node = new AudioBufferSourceNode(context, { buffer });
      node.connect(ear);
      node.start(start + at * PERIOD_SECONDS);
      due.push([start + at * PERIOD_SECONDS + MARK_SECONDS, first + at]);
    }
    // By the clock of the sound itself, which does not keep pace with the page's where a machine is busy.
    setInterval(() => {
      while (due[0]?.[0] <= context.currentTime) noted.ends[due.shift()[1]] = performance.now();
    }, 2);
    setTimeout(() => (globalThis.mouth.over = true), 1000 * (LEAD_SECONDS + words * PERIOD_SECONDS + 2));
    return ear.stream;
  };

  globalThis.WebSocket = class extends WebSocket {
    #seconds = 0;

    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => this.#note(data));
    }

    send(frame) {
      super.send(frame);
      this.#seconds += Math.max(0, frame.byteLength - FRAME_BYTES) / 32_000;
      noted.sent.push([performance.now(), this.#seconds]);
    }

    #note(data) {
      const now = performance.now();
      const text = new TextDecoder().decode(data);
      const { Transcript: transcript } = JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1));
      const items = transcript.Results.flatMap(({ Alternatives: [best] }) => best.Items);
      for (const { Content: number, EndTime: end } of items) {
        noted.arrived[number] ??= now;
        noted.until[number] ??= end;
      }
    }
  };

  addEventListener("DOMContentLoaded", () => {
    const main = document.querySelector("main");
    new MutationObserver(() => {
      const now = performance.now();
      for (const [number] of main.textContent.matchAll(NUMBER)) noted.shown[number] ??= now;
    }).observe(main, { childList: true, subtree: true, characterData: true });
  });
}
