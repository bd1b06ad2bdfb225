"""The page in Chromium, and a Transcribe in its place that says what a test wants."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, WebSocketRoute, expect, sync_playwright

from scribepass.eventstream import encode_message, string_headers
from support.tools import needs

QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
]
"""A browser that says nothing to anybody, and a microphone that beeps; who uses it may still be asked."""
FLAGS = [*QUIET, "--use-fake-ui-for-media-stream"]
LARGE: ViewportSize = {"width": 1280, "height": 800}

Json = dict[str, Any]


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A browser with a microphone that beeps."""
    program = needs("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


BLANK = "about:blank"


@dataclass(slots=True)
class Opened:
    """A page, and everything that its console and its content security policy said."""

    page: Page
    console: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Press Start and wait until words can come."""
        self.page.get_by_role("button", name="Start", exact=True).click()
        expect(self.page.get_by_role("button", name="Stop", exact=True)).to_be_visible(timeout=15_000)

    def stop(self) -> None:
        """Press Stop, a while after Start as a hand would, and wait for the last words."""
        self.page.wait_for_timeout(450)
        self.page.get_by_role("button", name="Stop", exact=True).click()
        expect(self.page.locator("body")).to_have_attribute("data-state", "idle", timeout=15_000)
        self.page.wait_for_timeout(450)


@contextmanager
def opened(browser: Browser, url: str, **context: Any) -> Iterator[Opened]:
    """The page in a context of its own, with the microphone allowed."""
    wanted = {"permissions": ["microphone"], "viewport": LARGE, "reduced_motion": "reduce", **context}
    its_own = browser.new_context(**wanted)
    try:
        it = Opened(page=its_own.new_page())
        it.page.on("console", lambda message: it.console.append(message.text))
        it.page.on("pageerror", lambda error: it.console.append(str(error)))
        it.page.goto(url)
        yield it
    finally:
        its_own.close()


class Transcribe:
    """The other end of the page's sockets. ``say`` puts results on the newest; an empty frame ends it."""

    def __init__(self, page: Page) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.urls: list[str] = []
        page.route_web_socket(lambda url: "transcription-websocket" in url, self._open)

    def _open(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        self.urls.append(socket.url)
        socket.on_message(lambda message: self._hear(socket, message))

    @staticmethod
    def _hear(socket: WebSocketRoute, message: str | bytes) -> None:
        headers = int.from_bytes(message[4:8], "big") if isinstance(message, bytes) else 0
        if len(message) == 16 + headers:
            socket.close(code=1000)

    def say(self, *results: Json) -> None:
        """One event with these results, each as :func:`result` makes it."""
        self._send("TranscriptEvent", {"Transcript": {"Results": list(results)}})

    def utter(self, utterance: Json) -> None:
        """One event of Call Analytics."""
        self._send("UtteranceEvent", utterance)

    def fail(self, kind: str, message: str) -> None:
        """An exception, and the close after it."""
        body = json.dumps({"Message": message}).encode()
        names = {":message-type": "exception", ":exception-type": kind, ":content-type": "application/json"}
        self.sockets[-1].send(encode_message(string_headers(names), body))
        self.sockets[-1].close(code=1000)

    def _send(self, name: str, body: Json) -> None:
        names = {":message-type": "event", ":event-type": name, ":content-type": "application/json"}
        self.sockets[-1].send(encode_message(string_headers(names), json.dumps(body).encode()))


def words(text: str, *, start: float, speaker: str | None = None, sure: float = 0.97) -> list[Json]:
    """The items of a text: each word a third of a second, punctuation by itself."""
    items: list[Json] = []
    for number, word in enumerate(text.split()):
        begin = round(start + number / 3, 3)
        bare = word.rstrip(".,?!") or word
        common = {"Speaker": speaker} if speaker is not None else {}
        times = {"StartTime": begin, "EndTime": round(begin + 0.3, 3)}
        items.append({"Content": bare, "Type": "pronunciation", "Confidence": sure, **times, **common})
        if word != bare:
            end = {"StartTime": times["EndTime"], "EndTime": times["EndTime"]}
            items.append({"Content": word[len(bare) :], "Type": "punctuation", **end, **common})
    return items


def result(
    identity: str,
    text: str,
    *,
    start: float = 0.1,
    partial: bool = False,
    items: Sequence[Json] | None = None,
    more: Mapping[str, Any] | None = None,
    entities: Sequence[Json] = (),
) -> Json:
    """A result in AWS's own form."""
    said = list(words(text, start=start) if items is None else items)
    alternative = {"Transcript": text, "Items": said, **({"Entities": list(entities)} if entities else {})}
    return {
        "ResultId": identity,
        "StartTime": start,
        "EndTime": said[-1]["EndTime"] if said else start + 1,
        "IsPartial": partial,
        "Alternatives": [alternative],
        **(more or {}),
    }
