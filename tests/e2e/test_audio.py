"""Every source of sound in a real browser: what comes out is what went in, at 16 kHz."""

import base64
import io
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

from support.tools import needs

Samples: TypeAlias = NDArray[np.float64]

WEB = Path(__file__).parents[2] / "web"
WIRE = 16_000
BLOCK = WIRE // 2
ATTEMPTS = 3
LEAD_SECONDS = 2
"""A fake microphone begins to speak before the page can listen."""
SECONDS = 2
FLAGS = [
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
]
RECORD = """
async (milliseconds) => {
  const [{ microphone }, { screenAudio }, { stream }, { file }] = await Promise.all(
    ["microphone", "screen", "stream", "file"].map((name) => import(`/scribepass/${name}.js`)),
  );
  const heard = { chunks: [], levels: [], states: [], ended: [] };
  try {
    const limit = new Promise((resolve) => milliseconds && setTimeout(resolve, milliseconds));
    const over = new Promise((resolve) => (heard.over = resolve));
    const { stop, ...capture } = await (SOURCE).open({
      backlog: 0,
      onChunk: (pcm, level) => {
        heard.chunks.push(btoa(String.fromCharCode(...new Uint8Array(pcm))));
        heard.levels.push(level);
      },
      onEnd: (error) => heard.over(heard.ended.push(error && error.kind)),
      onState: (state) => heard.states.push(state),
    });
    await Promise.race([limit, over]);
    await stop();
    Object.assign(heard, { capture });
  } catch (error) {
    heard.kind = error.kind ?? String(error);
  }
  const tracks = window.tracks.map((track) => `${track.kind} ${track.readyState}`);
  return { ...heard, over: null, tracks, rates: window.rates ?? [] };
}
"""
"""All that a source says, until its end or for so long. SOURCE is an expression of the page."""
WATCH = """
() => {
  window.tracks = [];
  for (const name of ["getUserMedia", "getDisplayMedia"]) {
    const devices = navigator.mediaDevices;
    const real = devices[name].bind(devices);
    devices[name] = async (wanted) => {
      const stream = await real({ ...wanted, ...window.chosen });
      window.tracks.push(...stream.getTracks());
      return stream;
    };
  }
}
"""
"""Notes every track that is handed out; `chosen` is what a person would choose."""

pytestmark = pytest.mark.browser


class _Files(SimpleHTTPRequestHandler):
    """The library, and a page that is empty."""

    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><link rel=icon href=data:,><title>Audio</title>")
        return None

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of an empty page beside the library."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(WEB)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def chromium(site: str, *flags: str) -> Iterator[Page]:
    """A page of the site, in a browser that may be heard."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=needs("chromium", "chromium-browser", "google-chrome"),
            args=[*FLAGS, *flags],
            ignore_default_args=["--mute-audio"],
        )
        page = browser.new_context(permissions=["microphone"]).new_page()
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        try:
            page.goto(site)
            page.evaluate(WATCH)
            yield page
            assert problems == []
        finally:
            browser.close()


def voice(rate: int, seconds: float, seed: int = 1) -> Samples:
    """The same sound at any rate: random, 100 Hz to 3 kHz, louder and softer."""
    count = round(rate * seconds)
    random = np.random.default_rng(seed)
    low, high = round(100 * seconds), round(3000 * seconds)
    spectrum = np.zeros(count // 2 + 1, np.complex128)
    spectrum[low:high] = np.exp(2j * np.pi * random.random(high - low))
    sound = np.fft.irfft(spectrum, count) * count
    time = np.arange(count) / rate
    loudness: Samples = 0.05 * (1 + 0.8 * np.sin(2 * np.pi * 3 * time)) / np.sqrt(high - low)
    return sound * loudness


def wav(rate: int, *channels: Samples) -> bytes:
    """A file of 16 bits."""
    data = np.rint(np.stack(channels, axis=1) * 32768).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(len(channels))
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(data.tobytes())
    return file.getvalue()


def samples(heard: dict[str, Any], channels: int = 1) -> list[Samples]:
    """What arrived, a channel each, of 1 is full scale."""
    pcm = np.frombuffer(b"".join(base64.b64decode(chunk) for chunk in heard["chunks"]), "<i2")
    return list(pcm.reshape(-1, channels).T / 32768)


def record(page: Page, source: str, seconds: float = 0) -> dict[str, Any]:
    """All that a source says until its end, or for so long."""
    heard: dict[str, Any] = page.evaluate(RECORD.replace("SOURCE", source), 1000 * seconds)
    return heard


def likeness(heard: Samples, said: Samples) -> float:
    """How well the best place in ``heard`` correlates with ``said``: 1 is the same, but for its loudness.

    Places are eighths of a sample: two clocks do not tick together.
    """
    size = len(heard) + len(said)
    energy = np.convolve(heard**2, np.ones(len(said)), "valid")
    heard_spectrum, said_spectrum = np.fft.rfft(heard, size), np.conj(np.fft.rfft(said, size))
    turn = 2j * np.pi * np.arange(len(said_spectrum)) / size
    best = 0.0
    for eighth in range(8):
        products = np.fft.irfft(heard_spectrum * said_spectrum * np.exp(turn * eighth / 8), size)
        found = products[: len(energy)] / np.sqrt(np.maximum(energy, 1e-6) * np.sum(said**2))
        best = max(best, float(found.max()))
    return best


def level(heard: Samples, hz: float) -> float:
    """The amplitude of one frequency in dBFS, as the median of twentieths of a second.

    A loaded machine's audio thread may lose 10 ms now and then: the tone jumps there, and is whole elsewhere.
    """
    size = WIRE // 20
    pieces = heard[: len(heard) // size * size].reshape(-1, size)
    window = np.hanning(size)
    turns = np.exp(-2j * np.pi * hz * np.arange(size) / WIRE)
    amplitudes = 2 * np.abs(pieces @ (window * turns)) / np.sum(window)
    return float(20 * np.log10(np.median(amplitudes) + 1e-9))


def blocks(heard: Samples, said: Samples) -> list[float]:
    """The likeness of each half second."""
    return [likeness(heard, said[start : start + BLOCK]) for start in range(0, len(said) - BLOCK + 1, BLOCK)]


def at_the_device_s_rate(page: Page) -> None:
    """Makes the browser one that refuses contexts of 16 kHz, as older ones do; `rates` are the others."""
    page.evaluate(
        """() => {
          window.rates = [];
          window.AudioContext = class extends AudioContext {
            constructor(options) {
              if (options?.sampleRate) throw new DOMException("no", "NotSupportedError");
              super(options);
              window.rates.push(this.sampleRate);
            }
          };
        }"""
    )


def as_is(_: Page) -> None:
    """Leaves the browser what it is: it resamples."""


@pytest.mark.timeout(90)
@pytest.mark.parametrize(
    ("rate", "prepare"),
    [(16_000, as_is), (44_100, as_is), (48_000, as_is), (48_000, at_the_device_s_rate)],
    ids=["16 kHz", "44.1 kHz", "48 kHz", "48 kHz and our own resampler"],
)
def test_a_microphone_gives_what_was_said(
    site: str, tmp_path: Path, rate: int, prepare: Callable[[Page], None]
) -> None:
    """Each half second is found again in the PCM.

    A fake microphone under load can lose or double 10 ms now and then: what one take has spoilt, another may
    have; and the browser's own processing of voices is off, for it changes the waveform.
    """
    clip = tmp_path / "clip.wav"
    clip.write_bytes(wav(rate, np.concatenate([np.zeros(LEAD_SECONDS * rate), voice(rate, SECONDS)])))
    said = voice(WIRE, SECONDS)
    flags = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={clip}%noloop"]
    source = "microphone({ echoCancellation: false, noiseSuppression: false, autoGainControl: false })"
    with chromium(site, *flags) as page:
        prepare(page)
        alike = np.zeros(2 * SECONDS)
        for _ in range(ATTEMPTS):
            heard = record(page, source, LEAD_SECONDS + SECONDS + 0.3)
            assert heard["capture"] == {"sampleRate": WIRE, "channels": 1, "live": True}
            assert set(heard["tracks"]) == {"audio ended"}
            alike = np.maximum(alike, blocks(samples(heard)[0], said))
            if alike.min() > 0.99:
                break
        assert alike.min() > 0.99, alike
        assert WIRE not in heard["rates"]
        assert bool(heard["rates"]) == (prepare is at_the_device_s_rate)


def test_a_microphone_of_two_channels_keeps_them_apart(site: str, tmp_path: Path) -> None:
    """Two people with a microphone each, on one device: neither is heard on the other's channel."""
    time = np.arange(4 * 48_000) / 48_000
    clip = tmp_path / "clip.wav"
    clip.write_bytes(wav(48_000, *(0.5 * np.sin(2 * np.pi * hz * time) for hz in (440, 1000))))
    with chromium(
        site, "--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={clip}"
    ) as page:
        heard = record(page, "microphone({}, { channels: 2 })", 2)
        assert heard["capture"]["channels"] == 2
        left, right = (each[WIRE // 2 : WIRE] for each in samples(heard, 2))
        assert level(left, 440) == pytest.approx(-6, abs=1)
        assert level(right, 1000) == pytest.approx(-6, abs=1)
        assert max(level(left, 1000), level(right, 440)) < -60


def give(page: Page, content: bytes, options: str = "{}") -> dict[str, Any]:
    """A file that a person has chosen, to its end, at 20 times its pace."""
    text = base64.b64encode(content).decode()
    blob = f"new Blob([Uint8Array.from(atob('{text}'), (letter) => letter.charCodeAt(0))])"
    return record(page, f"file({blob}, {{ speed: 20, ...{options} }})", 20)


def test_files_give_what_is_in_them(site: str) -> None:
    """To the last bit at 16 kHz; of another rate, the same sound; two channels stay apart or are mixed."""
    left, right = (np.rint(voice(WIRE, 2.05, seed) * 32768) / 32768 for seed in (1, 2))
    bit = 1.01 / 32768
    """Chromium takes 32767 for full scale above zero, and 32768 below."""
    with chromium(site) as page:
        heard = give(page, wav(WIRE, left))
        assert heard["capture"] == {"sampleRate": WIRE, "channels": 1, "live": False}
        assert heard["ended"] == [None]
        assert [len(base64.b64decode(chunk)) for chunk in heard["chunks"]] == [3200] * 20 + [1600]
        assert np.abs(samples(heard)[0] - left).max() < bit

        for rate in (44_100, 48_000, 8_000, 96_000):
            (other,) = samples(give(page, wav(rate, voice(rate, 2.05))))
            assert abs(len(other) - len(left)) <= 1
            assert likeness(np.pad(other, 8), left[100:-100]) > 0.99, rate

        both = samples(give(page, wav(WIRE, left, right), "{ channels: 2 }"), 2)
        assert np.abs(both[0] - left).max() < bit
        assert np.abs(both[1] - right).max() < bit
        doubled = samples(give(page, wav(WIRE, left), "{ channels: 2 }"), 2)
        assert np.abs(np.stack(doubled) - left).max() < bit
        (mixed,) = samples(give(page, wav(WIRE, left, right)))
        assert np.abs(mixed - (left + right) / 2).max() < bit

        assert give(page, b"this is no sound")["kind"] == "unreadable"
        assert give(page, b"")["kind"] == "unreadable"


MAKE = """
() => {
  const context = new AudioContext();
  const destination = context.createMediaStreamDestination();
  const merger = context.createChannelMerger(2);
  [440, 1000].forEach((frequency, channel) => {
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(merger, 0, channel);
    tone.start();
  });
  merger.connect(destination);
  window.made = destination.stream;
}
"""
"""A stream of the page's own: one tone on the left, another on the right."""


def test_a_stream_of_the_page_keeps_its_channels_apart_and_stays_the_page_s(site: str) -> None:
    """Its tracks go on when the recording stops; it is over when the page stops them."""
    with chromium(site) as page:
        page.evaluate(MAKE)
        heard = record(page, "stream(made, { channels: 2 })", 1.5)
        left, right = (each[WIRE // 2 :] for each in samples(heard, 2))
        assert level(left, 440) == pytest.approx(0, abs=1)
        assert level(right, 1000) == pytest.approx(0, abs=1)
        assert max(level(left, 1000), level(right, 440)) < -60
        assert heard["ended"] == []
        assert page.evaluate("made.getTracks().map((track) => track.readyState)") == ["live"]

        page.evaluate("void setTimeout(() => made.getTracks()[0].stop(), 700)")
        heard = record(page, "stream(made)", 10)
        assert heard["ended"] == [None]
        (mixed,) = samples(heard)
        assert level(mixed[WIRE // 5 : WIRE // 2], 440) == pytest.approx(-6, abs=1)
        assert level(mixed[WIRE // 5 : WIRE // 2], 1000) == pytest.approx(-6, abs=1)
        assert record(page, "stream(new MediaStream())")["kind"] == "silent"


PLAY = """
() => {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: 440 });
  tone.connect(context.destination);
  tone.start();
  window.chosen = { preferCurrentTab: true };
}
"""


def test_a_tab_gives_what_it_plays_and_no_picture_is_kept(site: str) -> None:
    """The real capture of a tab: this one, for a headless browser has nobody who chooses another."""
    with chromium(site, "--auto-accept-this-tab-capture") as page:
        page.evaluate(PLAY)
        page.evaluate(
            "void setTimeout(() => (window.during = tracks.map((track) => track.readyState)), 1000)"
        )
        heard = record(page, "screenAudio()", 2)
        (sound,) = samples(heard)
        assert level(sound[WIRE // 2 : WIRE], 440) == pytest.approx(0, abs=1.5)
        assert page.evaluate("during") == ["live", "ended"]
        assert heard["tracks"] == ["audio ended", "video ended"]

        page.evaluate("chosen.audio = false")
        heard = record(page, "screenAudio()", 2)
        assert (heard["kind"], heard["tracks"][2:]) == ("silent", ["video ended"])
