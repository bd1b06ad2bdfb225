/** A browser's devices and audio graph, as far as the library touches them. Installed as globals. */

export class FakeTrack extends EventTarget {
  readyState = "live";
  muted = false;

  constructor(kind = "audio") {
    super();
    this.kind = kind;
  }

  /** By the page: nothing is told. */
  stop() {
    this.readyState = "ended";
  }

  /** By the device, which was unplugged, or by the person. */
  end() {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }

  /** By the device's own switch. */
  mute(muted = true) {
    this.muted = muted;
    this.dispatchEvent(new Event(muted ? "mute" : "unmute"));
  }
}

export class FakeStream {
  constructor(tracks) {
    this.tracks = tracks;
  }

  getTracks() {
    return this.tracks;
  }

  getAudioTracks() {
    return this.tracks.filter(({ kind }) => kind === "audio");
  }

  getVideoTracks() {
    return this.tracks.filter(({ kind }) => kind === "video");
  }
}

export class FakeContext extends EventTarget {
  static made = [];
  /** What new contexts do: the rate of the device, the rates that they refuse, and whether they run. */
  static device = {};

  constructor({ sampleRate } = {}) {
    super();
    const { device } = FakeContext;
    if (sampleRate && device.refusesConstruction) throw new DOMException("rate", "NotSupportedError");
    this.sampleRate = sampleRate ?? device.rate;
    this.state = "suspended";
    this.modules = [];
    this.resumed = 0;
    this.destination = { name: "destination" };
    this.audioWorklet = {
      addModule: async (url) => {
        if (device.moduleHangs) await new Promise(() => {});
        if (device.hasNoModule) throw new DOMException("Unable to load a worklet's module.", "AbortError");
        this.modules.push(String(url));
      },
    };
    FakeContext.made.push(this);
  }

  static get last() {
    return FakeContext.made.at(-1);
  }

  resume() {
    this.resumed += 1;
    if (!FakeContext.device.runs) return new Promise(() => {});
    return Promise.resolve().then(() => this.state === "suspended" && this.become("running"));
  }

  async close() {
    if (this.state === "closed") throw new DOMException("closed", "InvalidStateError");
    this.become("closed");
  }

  /** What the system makes of it. */
  become(state) {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }

  createMediaStreamSource(stream) {
    const { device } = FakeContext;
    if (device.refusesStream && this.sampleRate !== device.rate) throw new DOMException("rate", "NotSupportedError");
    return new FakeNode(stream);
  }
}

export class FakeNode {
  static made = [];
  connectedTo = [];

  constructor(stream) {
    this.stream = stream;
    FakeNode.made.push(this);
  }

  connect(other) {
    this.connectedTo.push(other);
    return other;
  }

  disconnect() {
    this.connectedTo = [];
  }
}

/** A worklet node whose audio thread answers a flush with `rest`, unless it is dead. */
export class FakeWorkletNode extends FakeNode {
  static last;
  onprocessorerror = null;
  rest = [];
  dead = false;

  constructor(context, name, options) {
    super();
    Object.assign(this, { context, name, options });
    this.port = { onmessage: null, postMessage: (data) => this.#receive(data) };
    FakeWorkletNode.last = this;
  }

  post(data) {
    this.port.onmessage({ data });
  }

  #receive(data) {
    if (data !== "flush" || this.dead) return;
    queueMicrotask(() => [...this.rest.splice(0), "flushed"].forEach((each) => this.post(each)));
  }
}

/** Decodes nothing: `content` says what a file has, a channel each. */
export class FakeOfflineContext {
  static content = null;

  constructor(channels, frames, rate) {
    this.rate = rate;
  }

  async decodeAudioData(buffer) {
    const { content } = FakeOfflineContext;
    if (!content || !(buffer instanceof ArrayBuffer)) throw new DOMException("Unable to decode", "EncodingError");
    return {
      sampleRate: this.rate,
      numberOfChannels: content.length,
      length: content[0].length,
      getChannelData: (channel) => content[channel],
    };
  }
}

/** A sink that notes what it gets. */
export function makeSink() {
  const sink = { chunks: [], levels: [], states: [], ended: [], backlog: 0 };
  sink.onChunk = (pcm, level) => (sink.chunks.push(pcm), sink.levels.push(level));
  sink.onState = (state) => sink.states.push(state);
  sink.onEnd = (error) => sink.ended.push(error);
  return sink;
}

/**
 * Puts a browser in place. `getUserMedia` and `getDisplayMedia` stand for what a person and the system do.
 *
 * @param {{ getUserMedia?: Function | null, getDisplayMedia?: Function, isSecureContext?: boolean, device?: object }}
 *   [browser]
 * @returns the first microphone's track, what was asked for, and the window
 */
export function installBrowser({ getUserMedia, getDisplayMedia, isSecureContext = true, device = {} } = {}) {
  const track = new FakeTrack();
  const asked = [];
  const page = new EventTarget();
  const allow = async () => new FakeStream([track]);
  const ask = (answer = allow) => async (wanted) => (asked.push(wanted), answer(wanted));
  FakeContext.made = [];
  FakeNode.made = [];
  FakeContext.device = { rate: 48_000, runs: true, ...device };
  const mediaDevices = { getUserMedia: ask(getUserMedia), getDisplayMedia: ask(getDisplayMedia) };
  const globals = {
    isSecureContext,
    AudioContext: FakeContext,
    AudioWorkletNode: FakeWorkletNode,
    OfflineAudioContext: FakeOfflineContext,
    MediaStream: FakeStream,
    addEventListener: page.addEventListener.bind(page),
    navigator: { mediaDevices: getUserMedia === null ? undefined : mediaDevices, onLine: true },
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return { track, asked, page };
}
