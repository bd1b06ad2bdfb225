"""A person opens the page in Chromium, speaks, and reads the words."""

import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soxr
from playwright.sync_api import Page, expect, sync_playwright

from support.page import QUIET
from support.shared import shared
from support.speech import pcm_of, words
from support.stack import Stack
from support.tools import needs

LEAD_SECONDS = 2
"""The fake microphone plays from the moment that it is asked for, a little before the worklet listens."""
ATTEMPTS = 2

pytestmark = pytest.mark.browser


@contextmanager
def chromium(*flags: str, microphone: bool = True) -> Iterator[tuple[Page, list[str]]]:
    """A page in a fresh browser, and everything that its console says."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=needs("chromium", "chromium-browser", "google-chrome"), args=[*QUIET, *flags]
        )
        context = browser.new_context(permissions=["microphone"] if microphone else [])
        page = context.new_page()
        console: list[str] = []
        page.on("console", lambda message: console.append(message.text))
        page.on("pageerror", lambda error: console.append(str(error)))
        try:
            yield page, console
        finally:
            browser.close()


def recording(clip: str, rate: int, folder: Path) -> tuple[Path, float]:
    """A clip as a microphone of this rate would have it, silence before it; and its seconds."""
    samples = np.frombuffer(pcm_of(shared(f"audio/{clip}.wav")), dtype="<i2")
    lead = 0 if clip.endswith("_lead") else LEAD_SECONDS
    whole = np.concatenate([np.zeros(lead * 16_000, dtype="<i2"), samples])
    at_rate = soxr.resample(whole, 16_000, rate)
    path = folder / f"{clip}-{rate}.wav"
    with wave.open(str(path), "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(at_rate.astype("<i2").tobytes())
    return path, len(whole) / 16_000


def speak(stack: Stack, clip: Path, seconds: float, picture: Path) -> tuple[list[str], list[str]]:
    """The words on the page once the clip was spoken and stopped, and what the console said."""
    with chromium(f"--use-file-for-fake-audio-capture={clip}%noloop") as (page, console):
        page.goto(stack.service)
        page.get_by_role("button", name="Start").click()
        stop = page.get_by_role("button", name="Stop")
        expect(stop).to_be_visible(timeout=10_000)
        page.wait_for_timeout(seconds * 1000 + 1500)
        page.screenshot(path=picture)
        stop.click()
        expect(page.get_by_role("button", name="Start")).to_be_enabled(timeout=15_000)
        return words(" ".join(page.locator("[data-final]").all_inner_texts())), console


@pytest.mark.parametrize(
    ("name", "rate"), [("e2e_mix_2s_lead", 16_000), ("goforward", 44_100), ("cards_003", 48_000)]
)
@pytest.mark.timeout(240)
def test_words_spoken_are_words_read(stack: Stack, tmp_path: Path, name: str, rate: int) -> None:
    """Microphone, worklet, ticket, WebSocket, signature, engine, page: every word, in order, of any device.

    A capture under load can lose or double 10 ms, so one retry is allowed, and words are compared.
    """
    clip, seconds = recording(name, rate, tmp_path)
    expected = words(shared(f"audio/{name}.txt").read_text())
    for _ in range(ATTEMPTS):
        heard, console = speak(stack, clip, seconds, tmp_path / "page.png")
        if heard == expected:
            break
    assert heard == expected
    assert console == []


def notice_after_start(page: Page, url: str) -> str:
    """What the page says once Start was pressed and something was wrong."""
    page.goto(url)
    page.get_by_role("button", name="Start").click()
    notice = page.get_by_role("alert")
    expect(notice).not_to_be_empty(timeout=15_000)
    return notice.inner_text()


def test_no_permission_is_said_in_words(stack: Stack) -> None:
    """A person who denies the microphone reads what to do."""
    with chromium(microphone=False) as (page, _):
        assert "microphone" in notice_after_start(page, stack.service).lower()
        expect(page.get_by_role("button", name="Start")).to_be_enabled()


def test_an_exception_frame_is_said_in_words(stack: Stack) -> None:
    """What the other end refuses after the handshake reaches the page: a language that it does not know."""
    with chromium() as (page, _):
        page.goto(stack.service)
        page.get_by_role("combobox", name="Language").fill("de-DE")
        expect(page.get_by_role("option").first).to_contain_text("de-DE")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Start").click()
        notice = page.get_by_role("alert")
        expect(notice).to_contain_text("Transcribe did not accept the stream.", timeout=15_000)
        expect(notice).to_contain_text("de-DE")


def test_a_refused_ticket_is_said_in_words(stack: Stack) -> None:
    """The service's own problem details reach the page."""
    with chromium() as (page, _):
        page.route(
            "**/presign",
            lambda route: route.continue_(post_data='{"language-code": "xx-XX", "media-encoding": "pcm"}'),
        )
        notice = notice_after_start(page, stack.service)
        assert "language-code" in notice
        assert "sample-rate" in notice


def test_a_service_that_has_gone_is_said_in_words(stack: Stack) -> None:
    """Without the service there is a sentence, and a way to try again."""
    with chromium() as (page, _):
        page.goto(stack.service)
        page.route("**/presign", lambda route: route.abort("connectionrefused"))
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_role("alert")).to_contain_text("cannot be reached", timeout=15_000)
        expect(page.get_by_role("button", name="Start")).to_be_enabled()


def test_a_double_click_is_one_click(stack: Stack) -> None:
    """On Start it starts and cancels nothing; on Stop it waits for the last words."""
    with chromium() as (page, _):
        page.goto(stack.service)
        page.get_by_role("button", name="Start").dblclick()
        stop = page.get_by_role("button", name="Stop")
        expect(stop).to_be_visible(timeout=10_000)
        page.wait_for_timeout(500)
        stop.dblclick()
        expect(page.get_by_role("status")).to_have_text("Stopped", timeout=15_000)
        expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("size", [(1000, 520), (740, 360)], ids=["a low window", "a phone on its side"])
def test_a_new_take_is_in_sight(stack: Stack, size: tuple[int, int]) -> None:
    """However many takes there are: the newest is shown, and so is the button."""
    with chromium() as (page, _):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(stack.service)
        for _ in range(5):
            page.get_by_role("button", name="Start").click()
            expect(page.get_by_role("button", name="Stop")).to_be_visible(timeout=10_000)
            page.wait_for_timeout(500)
            expect(page.locator(".take h2").last).to_be_in_viewport()
            expect(page.locator("#partial")).to_be_in_viewport()
            expect(page.get_by_role("button", name="Stop")).to_be_in_viewport()
            page.get_by_role("button", name="Stop").click()
            expect(page.get_by_role("button", name="Start")).to_be_enabled(timeout=15_000)
            expect(page.get_by_role("status")).to_have_text("Stopped", timeout=15_000)
            page.wait_for_timeout(500)
