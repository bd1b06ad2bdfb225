"""A person opens the page in Firefox, speaks, and reads the words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support import pulse
from support.firefox import Browser, Tab, firefox
from support.pulse import Pulse
from support.shared import shared
from support.speech import words
from support.stack import Stack

SPOKEN, FILE = "arctic_aew_a0003", "goforward"
ATTEMPTS = 3
RATES = """() => {
    window.rates = [];
    window.AudioContext = class extends AudioContext {
        constructor(options) {
            if (REFUSES && options?.sampleRate) throw new DOMException("no", "NotSupportedError");
            super(options);
            window.rates.push(this.sampleRate);
        }
    };
}"""
"""Notes the rates of the page's contexts; older browsers refuse any but the device's."""
FINALS = '[...document.querySelectorAll("[data-final]")].map(({ innerText }) => innerText).join(" ")'

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def sound() -> Iterator[Pulse]:
    with pulse.running() as server:
        yield server


@pytest.fixture(scope="module")
def browser(sound: Pulse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One for all tests here; each has a tab of its own."""
    with firefox(tmp_path_factory.mktemp("firefox"), sound.environment) as running:
        yield running


@contextmanager
def opened(browser: Browser, url: str, *preparations: str) -> Iterator[Tab]:
    """The page, of which nothing in the end was said on the console or against its security policy."""
    tab = Tab(browser, *preparations)
    try:
        tab.goto(url)
        yield tab
        assert tab.evaluate("violations") == []
        assert tab.console == []
    finally:
        tab.close()


def state(name: str) -> str:
    return f'document.body.dataset.state === "{name}"'


def spoken(tab: Tab, sound: Pulse, clip: Path) -> list[str]:
    """The words of a take that was stopped as soon as the clip was spoken and a word was there."""
    tab.click("#toggle")
    tab.wait_until(state("streaming"))
    sound.say(clip)
    tab.wait_until('document.querySelector("#partial .said, [data-final]")')
    tab.click("#toggle")
    tab.wait_until(state("idle"))
    return words(tab.evaluate(FINALS))


@pytest.mark.parametrize("refuses", [False, True], ids=["16 kHz", "the device's rate and our own resampler"])
def test_words_spoken_are_words_read(
    stack: Stack, sound: Pulse, browser: Browser, tmp_path: Path, refuses: bool
) -> None:
    """Microphone, worklet, ticket, WebSocket, signature, engine, page: every word, in order.

    A capture under load can lose or double 10 ms: what one take has spoilt, another may have.
    """
    clip, expected = shared(f"audio/{SPOKEN}.wav"), words(shared(f"audio/{SPOKEN}.txt").read_text())
    for _ in range(ATTEMPTS):
        with opened(browser, stack.service, RATES.replace("REFUSES", str(refuses).lower())) as tab:
            heard = spoken(tab, sound, clip)
            tab.picture(tmp_path / "page.png")
            assert (16_000 in tab.evaluate("rates")) is not refuses
        if heard == expected:
            break
    assert heard == expected


def test_a_file_is_read(stack: Stack, browser: Browser) -> None:
    """Decoded by the browser, heard to its end; and which session it was is known afterwards."""
    with opened(browser, stack.service) as tab:
        tab.choose("#file", shared(f"audio/{FILE}.wav"))
        tab.wait_until(f'document.querySelector("#source-name").textContent === "{FILE}.wav"')
        tab.click("#toggle")
        tab.wait_until("document.querySelector('[data-final]')")
        tab.wait_until(state("idle"))
        assert words(tab.evaluate(FINALS)) == words(shared(f"audio/{FILE}.txt").read_text())
        tab.click("#open-details")
        details = tab.evaluate('document.querySelector("#details").innerText')
        assert "us-east-1" in details
        assert "tk_" in details
