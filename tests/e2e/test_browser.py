"""A person opens the page in Chromium, speaks, and reads the words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from support.shared import shared
from support.speech import words
from support.stack import Stack
from support.tools import needs

CLIP = "e2e_mix_2s_lead"
CLIP_SECONDS = 21
ATTEMPTS = 2
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
]

pytestmark = pytest.mark.browser


@contextmanager
def chromium(*flags: str, microphone: bool = True) -> Iterator[tuple[Page, list[str]]]:
    """A page in a fresh browser, and everything that its console says."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=needs("chromium", "chromium-browser", "google-chrome"), args=[*FLAGS, *flags]
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


def speak(stack: Stack, clip: Path, picture: Path) -> tuple[list[str], list[str]]:
    """The words on the page once the clip was spoken and stopped, and what the console said."""
    with chromium(f"--use-file-for-fake-audio-capture={clip}%noloop") as (page, console):
        page.goto(stack.service)
        page.get_by_role("button", name="Start").click()
        stop = page.get_by_role("button", name="Stop")
        expect(stop).to_be_visible(timeout=10_000)
        page.wait_for_timeout(CLIP_SECONDS * 1000 + 1500)
        page.screenshot(path=picture)
        stop.click()
        expect(page.get_by_role("button", name="Start")).to_be_enabled(timeout=15_000)
        return words(" ".join(page.locator("[data-final]").all_inner_texts())), console


@pytest.mark.timeout(240)
def test_words_spoken_are_words_read(stack: Stack, tmp_path: Path) -> None:
    """Microphone, worklet, ticket, WebSocket, signature, engine, page: every word, in order.

    A capture under load can lose or double 10 ms, so one retry is allowed, and words are compared.
    """
    clip = shared(f"audio/{CLIP}.wav")
    expected = words(shared(f"audio/{CLIP}.txt").read_text())
    for _ in range(ATTEMPTS):
        heard, console = speak(stack, clip, tmp_path / "page.png")
        if heard == expected:
            break
    assert heard == expected
    assert console == []
