"""The library in Chromium, through the service and the local AWS: what the page has no button for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from support.page import chromium
from support.stack import Stack, up

MARKERS = Path(__file__).parents[1] / "web" / "support" / "markers.mjs"
PROGRAM = """
async ([numbers, silence, channels, options]) => {
  const { Transcriber } = await import("/scribepass/index.js");
  const { count } = await import("/markers.mjs");
  // The numbers, with silence between their two halves if that is asked for, on each channel.
  const half = numbers / 2;
  const parts = [count(half), new Int16Array(16_000 * silence), count(half, { first: half + 1 })];
  const mono = parts.flatMap((part) => [...part]);
  const length = mono.length * channels;
  const samples = Int16Array.from({ length }, (_, at) => mono[Math.floor(at / channels)]);
  let over;
  const ended = new Promise((resolve) => (over = resolve));
  const source = {
    open: async (sink) => {
      let at = 0;
      const timer = setInterval(() => {
        const chunk = samples.slice(at, (at += 1600 * channels));
        const peak = chunk.some(Boolean) ? -20 : -100;
        if (chunk.length) return sink.onChunk(chunk.buffer, { rms: peak, peak });
        clearInterval(timer);
        over();
      }, 50);
      return { sampleRate: 16_000, channels, live: true, stop: async () => clearInterval(timer) };
    },
  };
  const transcriber = new Transcriber({ presign: "/presign", ...options });
  const told = [];
  const sessions = new Set();
  for (const type of ["state", "resumed", "reconnecting", "error"]) {
    transcriber.addEventListener(type, ({ state, error }) => told.push(state ?? error?.message ?? type));
  }
  transcriber.addEventListener("transcript", () => sessions.add(transcriber.session?.sessionId));
  await transcriber.start(source);
  await ended;
  await transcriber.stop();
  const { segments } = transcriber.transcript;
  return JSON.stringify({
    told,
    sessions: sessions.size,
    segments,
    heard: segments.filter(({ isFinal }) => isFinal).flatMap(({ text }) => text.split(" ").map(Number)),
  });
}
"""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def markers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything that `scribepass up` starts, hearing numbers."""
    with up(tmp_path_factory.mktemp("library"), "--recogniser", "markers") as stack:
        yield stack


@pytest.fixture(scope="module")
def page(markers: Stack) -> Iterator[Page]:
    """A page of the service, from which the library can be loaded."""
    with chromium() as browser:
        page = browser.new_context(bypass_csp=True).new_page()
        page.route(
            "**/markers.mjs", lambda route: route.fulfill(path=MARKERS, content_type="text/javascript")
        )
        page.goto(markers.service)
        yield page


def run(page: Page, numbers: int, *, silence: int = 0, channels: int = 1, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.evaluate(PROGRAM, [numbers, silence, channels, options]))
    return found


def test_a_stream_hands_over_before_it_has_lived_too_long(page: Page) -> None:
    """Several sessions, one transcript; the application hears of no loss, for there was none."""
    found = run(page, 50, timing={"life": 1})
    assert found["heard"] == list(range(1, 51))
    assert found["sessions"] >= 3
    assert found["told"].count("resumed") >= 2
    assert "reconnecting" not in found["told"]


def test_silence_is_a_pause_and_sound_ends_it(page: Page) -> None:
    """The stream ends, another begins, with times that count the silence."""
    found = run(page, 20, silence=6, timing={"idle": 2})
    assert found["heard"] == list(range(1, 21))
    assert found["told"] == [
        *("opening", "connecting", "streaming", "paused", "streaming", "resumed", "draining", "idle"),
    ]
    assert found["sessions"] == 2
    last = found["segments"][-1]
    assert last["endTime"] == pytest.approx(6 + 20 * 0.2 - 0.1, abs=0.05)


def test_a_medical_stream(page: Page) -> None:
    """The other path, with the parameters that it wants."""
    found = run(page, 10, operation="medical", parameters={"specialty": "PRIMARYCARE", "type": "DICTATION"})
    assert found["heard"] == list(range(1, 11))
    assert found["told"][-1] == "idle"


def test_a_call(page: Page) -> None:
    """Two channels, a configuration before the audio, and utterances of both participants."""
    found = run(page, 10, channels=2, operation="call-analytics")
    heard: dict[str, list[int]] = {"AGENT": [], "CUSTOMER": []}
    for each in found["segments"]:
        heard[each["participantRole"]] += map(int, each["text"].split())
    assert heard == {"AGENT": list(range(1, 11)), "CUSTOMER": list(range(1, 11))}
    assert found["segments"][0]["endTime"] == pytest.approx(0.9, abs=0.05)
