"""Mouth to screen: from the end of a word's sound to its first partial on the page, in a real Chromium.

Numbers are sounded in the page at moments that its clock knows, and given to it as its microphone; the local
AWS recognises them. Beside the whole stands the client's share: from the end of the sound until its chunk
was sent, and from the arrival of the result until it is on the page.
"""

import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext

from support.page import chromium
from support.stack import up

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WANTED_MS = 150
WORDS = 150
FIRST = 1001
"""So that no clock on the page looks like a number that was heard."""

HERE = Path(__file__).parent
MARKERS = HERE.parent / "web" / "support" / "markers.mjs"


def report() -> None:
    """Print the percentiles."""
    if not any(map(shutil.which, BROWSERS)):
        print("\nmouth to screen: not measured, Chromium is not installed")
        return
    shares, wholes = measured()
    print(
        f"\nmouth to screen, {len(wholes)} words in Chromium\n{'':38}{'p50 ms':>9}{'p95 ms':>9}{'wanted':>9}"
    )
    for name, values, goal in (
        ("sound to page, all of it", wholes, ""),
        ("client: capture, chunk, send, render", shares, f"≤ {WANTED_MS}"),
    ):
        print(f"{name:38}{statistics.median(values):9.0f}{percentile(values):9.0f}{goal:>9}")


def percentile(values: list[float]) -> float:
    """The 95th."""
    return statistics.quantiles(values, n=20)[-1]


def measured() -> tuple[list[float], list[float]]:
    """The client's share and the whole in milliseconds, of each word that was seen on the page."""
    with (
        tempfile.TemporaryDirectory() as folder,
        up(Path(folder), "--recogniser", "markers:50") as stack,
        chromium("--autoplay-policy=no-user-gesture-required") as browser,
    ):
        context = browser.new_context(permissions=["microphone"], bypass_csp=True)
        noted = heard_by(context, stack.service)
    shares, wholes = [], []
    for number in range(FIRST + 5, FIRST + WORDS):
        word = str(number)
        if word not in noted["shown"] or word not in noted["arrived"]:
            continue
        end, arrived, shown = noted["ends"][word], noted["arrived"][word], noted["shown"][word]
        sent = next(at for at, seconds in noted["sent"] if seconds >= noted["until"][word] - 1e-6)
        shares.append(sent - end + shown - arrived)
        wholes.append(shown - end)
    if len(wholes) < WORDS // 2:
        raise RuntimeError(f"only {len(wholes)} of {WORDS} words reached the page")
    return shares, wholes


def heard_by(context: BrowserContext, service: str) -> dict[str, Any]:
    """What a page noted while it heard all the words."""
    script = (HERE / "mouth.js").read_text()
    context.add_init_script(f"globalThis.mouth = {{ first: {FIRST}, words: {WORDS} }};\n{script}")
    page = context.new_page()
    page.route("**/markers.mjs", lambda route: route.fulfill(path=MARKERS, content_type="text/javascript"))
    page.goto(service)
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_function("() => mouth.over", timeout=1000 * (WORDS / 4 + 30))
    noted: dict[str, Any] = json.loads(page.evaluate("() => JSON.stringify(mouth.noted)"))
    return noted
