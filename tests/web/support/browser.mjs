/** A browser's microphone and audio graph, as far as the library touches them. Installed as globals. */

export class FakeTrack extends EventTarget {
  readyState = "live";
  onended = null;

  stop() {
    this.readyState = "ended";
  }

  /** Unplugged. */
  unplug() {
    this.readyState = "ended";
    this.onended?.();
  }
}

export class FakeContext {
  static made = [];
  /** What new contexts do: the rate of the device, the rates that it refuses, and whether they run. */
  static device = { rate: 48_000, refusesConstruction: false, refusesStream: false, runs: true };

  constructor({ sampleRate } = {}) {
    const { device } = FakeContext;
    if (sampleRate && device.refusesConstruction) throw new DOMException("rate", "NotSupportedError");
    this.sampleRate = sampleRate ?? device.rate;
    this.state = "suspended";
    this.modules = [];
    this.destination = { name: "destination" };
    this.audioWorklet = {
      addModule: async (url) => {
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
    if (!FakeContext.device.runs) return new Promise(() => {});
    this.state = "running";
    return Promise.resolve();
  }

  async close() {
    this.state = "closed";
  }

  createMediaStreamSource(stream) {
    const { device } = FakeContext;
    if (device.refusesStream && this.sampleRate !== device.rate) throw new DOMException("rates differ", "NotSupportedError");
    return new FakeNode(stream);
  }
}

export class FakeNode {
  connectedTo = [];

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

/**
 * Puts a browser in place.
 *
 * @param {{ getUserMedia?: Function | null, isSecureContext?: boolean, device?: object }} [browser]
 */
export function installBrowser({ getUserMedia, isSecureContext = true, device = {} } = {}) {
  const track = new FakeTrack();
  const asked = [];
  const allow = async () => ({ getTracks: () => [track] });
  const mediaDevices = {
    getUserMedia: async (constraints) => {
      asked.push(constraints);
      return (getUserMedia ?? allow)(constraints);
    },
  };
  FakeContext.made = [];
  FakeContext.device = { rate: 48_000, refusesConstruction: false, refusesStream: false, runs: true, ...device };
  const globals = {
    isSecureContext,
    AudioContext: FakeContext,
    AudioWorkletNode: FakeWorkletNode,
    navigator: { mediaDevices: getUserMedia === null ? undefined : mediaDevices, onLine: true },
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return { track, asked };
}
