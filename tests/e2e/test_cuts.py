"""Connections cut at a thousand random moments; in the end every number was heard, once and in order.

A failure names its seed, which the environment variable CUTS_SEED repeats; one run of it alone is repeated by
`node tests/web/cuts.mjs --seed … --only …`.
"""

import asyncio
import json
import os
import random
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

from scribepass.client import HttpTickets, Notice, Reconnecting, Timing, transcribe
from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from scribepass.transcribe import Transcript
from support import gunicorn
from support.idp import peers
from support.markers import count
from support.stack import environment, free_port, scribepass, stop, wait_until_ready
from support.tools import needs

CHECKOUT = Path(__file__).resolve().parents[2]
WEB = CHECKOUT / "tests" / "web"
SEED = os.environ.get("CUTS_SEED") or str(random.randrange(1_000_000))
NUMBERS = 20
CUTS_IN_NODE = 900
CUTS_IN_CHROMIUM = 100
LEAST_OF_A_KIND = 30
FIRST_IN_CHROMIUM = 10_001  # other plans than under Node
FIRST_IN_PYTHON, RUNS_IN_PYTHON = 20_001, 12
CHUNK_BYTES = 3200
TABS = 4
RUNS_IN_A_TAB = 6
NO_CUT = "pause"
FLAGS = ["--disable-background-networking", "--disable-gpu", "--no-first-run", "--no-sandbox"]
PROGRAM = """
import { run } from "/checkout/tests/web/support/counting.mjs";
window.run = (numbers, options) => Promise.all(numbers.map((number) => run(number, options)));
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A service that vends URLs of ``proxy``, where nobody listens yet, and the local AWS for behind it."""

    service: str
    proxy: int
    upstream: int


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The local AWS that hears markers, and the service as shipped."""
    folder, upstream, proxy = tmp_path_factory.mktemp("cuts"), free_port(), free_port()
    keys = {"AWS_ACCESS_KEY_ID": STATIC_ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY": STATIC_SECRET_ACCESS_KEY}
    settings = {
        "SCRIBEPASS_TRANSCRIBE_ENDPOINT": f"ws://127.0.0.1:{proxy}",
        "SCRIBEPASS_LOG_LEVEL": "warning",
    }
    with local_aws(folder / "local.log", upstream), gunicorn.running(
        folder, **{**gunicorn.LOCAL, **keys, **settings}
    ) as service:  # fmt: skip
        yield Served(service=f"http://127.0.0.1:{service.port}", proxy=proxy, upstream=upstream)


@contextmanager
def local_aws(log: Path, port: int) -> Iterator[None]:
    """`scribepass local --recogniser markers`."""
    command = scribepass("local", "--no-tls", "--port", str(port), "--recogniser", "markers")
    with log.open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink, env=environment())
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/healthz", process, log)
            yield
        finally:
            stop(process)


@pytest.mark.timeout(400)
def test_no_number_is_lost_or_doubled_under_node(served: Served) -> None:
    """The library as it is, with another WebSocket; each kind of cut, and several in a run."""
    peers()  # a WebSocket for Node
    program = [needs("node"), str(WEB / "cuts.mjs"), "--service", served.service, "--seed", SEED]
    ports = ["--upstream", str(served.upstream), "--port", str(served.proxy)]
    amount = ["--cuts", str(CUTS_IN_NODE), "--numbers", str(NUMBERS)]
    done = subprocess.run([*program, *ports, *amount], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"seed {SEED}\n{done.stdout}\n{done.stderr}"
    summary = json.loads(done.stdout)
    assert summary["cuts"] >= CUTS_IN_NODE
    assert min(summary["byKind"].values()) >= LEAST_OF_A_KIND, summary["byKind"]
    print(json.dumps(summary))


class Proxy:
    """The cutting proxy as a program, and what it has cut so far."""

    def __init__(self, served: Served) -> None:
        ports = ["--upstream", str(served.upstream), "--port", str(served.proxy)]
        plan = ["--seed", SEED, "--numbers", str(NUMBERS)]
        command = [needs("node"), str(WEB / "support" / "cutting.mjs"), *ports, *plan]
        self.kinds: Counter[str] = Counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        assert json.loads(self.process.stdout.readline()) == {"port": served.proxy}
        os.set_blocking(self.process.stdout.fileno(), False)

    def count(self) -> int:
        """How many connections were cut."""
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            self.kinds[json.loads(line)["kind"]] += 1
        return self.kinds.total() - self.kinds[NO_CUT]

    def close(self) -> None:
        """End it."""
        self.process.communicate(timeout=10)


def serve_checkout(route: Route) -> None:
    """The files of this checkout, under the same paths."""
    path = CHECKOUT / route.request.url.partition("/checkout/")[2]
    route.fulfill(path=path, content_type="text/javascript")


@contextmanager
def tabs(service: str) -> Iterator[list[Page]]:
    """Pages of one browser that have the library loaded."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=needs("chromium", "chromium-browser", "google-chrome"), args=FLAGS
        )
        try:
            yield [opened(browser.new_context(bypass_csp=True), service) for _ in range(TABS)]
        finally:
            browser.close()


def opened(context: BrowserContext, service: str) -> Page:
    """One of them, on a page of the service itself: Chromium lets no other reach loopback."""
    page = context.new_page()
    page.route("**/checkout/**", serve_checkout)
    page.goto(f"{service}/healthz")
    page.add_script_tag(content=PROGRAM, type="module")
    page.wait_for_function("'run' in window")
    return page


def hear(pages: list[Page], first: int) -> list[dict[str, Any]]:
    """Runs from number ``first`` on, in all tabs at once; those that went wrong."""
    options = {"seed": SEED, "numbers": NUMBERS, "presign": "/presign"}
    for nth, page in enumerate(pages):
        start = first + nth * RUNS_IN_A_TAB
        numbers = list(range(start, start + RUNS_IN_A_TAB))
        page.evaluate(
            "([numbers, options]) => void (window.done = window.run(numbers, options))", [numbers, options]
        )
    outcomes = [outcome for page in pages for outcome in page.evaluate("window.done")]
    return [outcome for outcome in outcomes if outcome is not None]


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_no_number_is_lost_or_doubled_in_chromium(served: Served) -> None:
    """The same in a real browser, several tabs at once."""
    failures: list[dict[str, Any]] = []
    first = FIRST_IN_CHROMIUM
    proxy = Proxy(served)
    try:
        with tabs(served.service) as pages:
            while not failures and proxy.count() < CUTS_IN_CHROMIUM:
                failures += hear(pages, first)
                first += TABS * RUNS_IN_A_TAB
    finally:
        proxy.close()
    assert not failures, f"seed {SEED}\n{json.dumps(failures, indent=1)}"
    print(json.dumps({"seed": SEED, "runs": first - FIRST_IN_CHROMIUM, "byKind": proxy.kinds}))


async def spoken() -> AsyncIterator[bytes]:
    """Every number, three times as fast as a person would say them."""
    audio = count(NUMBERS)
    for at in range(0, len(audio), CHUNK_BYTES):
        yield audio[at : at + CHUNK_BYTES]
        await asyncio.sleep(0.033)


async def heard_by_python(service: str, number: int) -> tuple[list[int], int]:
    """The numbers that are final in the end, and how often the connection was lost."""
    params = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16_000}
    notices: list[Notice] = []
    found: list[int] = []
    async for event in transcribe(
        spoken(),
        tickets=HttpTickets(service),
        params={**params, "vocabulary-name": f"run{number}"},
        timing=Timing(connect=4, drain=3, stall=2, speed=20),
        on_notice=notices.append,
    ):
        assert isinstance(event, Transcript)
        finals = [result for result in event.results if not result.is_partial]
        found += [int(word) for final in finals for word in final.alternatives[0].transcript.split()]
    return found, sum(isinstance(each, Reconnecting) for each in notices)


@pytest.mark.timeout(300)
def test_no_number_is_lost_or_doubled_in_python(served: Served) -> None:
    """The Python client, with tickets of the same service through the same proxy."""

    async def all_of_them() -> list[tuple[list[int], int]]:
        numbers = range(FIRST_IN_PYTHON, FIRST_IN_PYTHON + RUNS_IN_PYTHON)
        return await asyncio.gather(*(heard_by_python(served.service, number) for number in numbers))

    proxy = Proxy(served)
    try:
        outcomes = asyncio.run(all_of_them())
    finally:
        proxy.close()
    for nth, (found, _) in enumerate(outcomes):
        assert found == list(range(1, NUMBERS + 1)), f"seed {SEED}, run {FIRST_IN_PYTHON + nth}"
    assert sum(lost for _, lost in outcomes) >= RUNS_IN_PYTHON
