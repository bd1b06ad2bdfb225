"""The examples, each as its README says: served as it stands, from another origin than the service."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

from support.idp import peers
from support.page import QUIET
from support.stack import Stack, free_port, stop, up, wait_until_ready
from support.tools import needs

WEB = Path(__file__).parents[2] / "web"
EXAMPLES = WEB / "examples"
ORIGIN, SERVICE = "localhost:8080", "localhost:8000"
LINES = [
    {"text": "go forward ten meters", "start": 0.3, "end": 1.1},
    {"text": "<img src=x onerror=alert(1)> & stop", "start": 1.3, "end": 2.1},
    {"text": "these words were under way when somebody pressed the button", "start": 2.5, "end": 7.5},
]
TRACKS = """
  window.tracks = [];
  const { mediaDevices } = navigator;
  const ask = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    window.tracks.push(...stream.getTracks());
    return stream;
  };
"""

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An example that is being served, and where in it the page is."""

    port: int
    path: str


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A service that answers the examples' origin, before a recogniser that knows its lines."""
    folder = tmp_path_factory.mktemp("examples")
    script = folder / "lines.json"
    script.write_text(json.dumps(LINES))
    settings = {"SCRIBEPASS_ALLOWED_ORIGINS": f"http://{ORIGIN}"}
    with up(folder, "--recogniser", f"scripted:{script}", settings=settings) as stack:
        yield stack


def readme_command(heading: str) -> list[str]:
    """The command that serves, under a heading of the README."""
    section = (EXAMPLES / "README.md").read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block
    return shlex.split(block[1].splitlines()[-1])


def installed(example: str, folder: Path) -> Path:
    """A copy of the example with its dependencies in place, as `npm install` makes it."""
    copy = folder / example
    shutil.copytree(EXAMPLES / example, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").mkdir()
    for name in json.loads((copy / "package.json").read_text())["dependencies"]:
        source = WEB if name == "scribepass" else peers() / "node_modules" / name
        (copy / "node_modules" / name).symlink_to(source)
    return copy


def serving(example: str, folder: Path, port: int) -> tuple[list[str], Path]:
    """The example's own command with this port, and where it is to run."""
    if example == "plain":
        command = [part.replace("8080", str(port)) for part in readme_command("Plain HTML")]
        assert command[0] == "python3"
        return [sys.executable, *command[1:]], WEB.parent
    copy = installed(example, folder)
    script = shlex.split(json.loads((copy / "package.json").read_text())["scripts"]["start"])
    program = peers() / "node_modules" / ".bin" / script[0]
    return [str(program), *(part.replace(ORIGIN, f"127.0.0.1:{port}") for part in script[1:])], copy


@pytest.fixture(params=["plain", "react", "vue"])
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """Each example, served."""
    port = free_port()
    path = "/examples/plain.html" if request.param == "plain" else "/"
    command, folder = serving(request.param, tmp_path, port)
    output = tmp_path / "serving.log"
    with (
        output.open("wb") as sink,
        # esbuild serves for as long as its input is open.
        subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=sink, stderr=sink) as process,
    ):
        try:
            wait_until_ready(f"http://127.0.0.1:{port}{path}", process, output)
            yield Served(port=port, path=path)
        finally:
            stop(process)


def complaint(message: ConsoleMessage) -> list[str]:
    """A warning or an error; that an example has no icon is none."""
    bad = message.type in {"warning", "error"} and not message.location["url"].endswith("/favicon.ico")
    return [message.text] if bad else []


@contextmanager
def opened(example: Served, service: Stack, *, microphone: bool = True) -> Iterator[tuple[Page, list[str]]]:
    """The example's page at the addresses that stand in it, and everything that its console complains of."""
    ports = {ORIGIN: example.port, SERVICE: int(service.service.rpartition(":")[2])}
    rules = ",".join(f"MAP {address} 127.0.0.1:{port}" for address, port in ports.items())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=needs("chromium", "chromium-browser", "google-chrome"),
            args=[*QUIET, f"--host-resolver-rules={rules}"],
        )
        context = browser.new_context(permissions=["microphone"] if microphone else [])
        context.add_init_script(TRACKS)
        page = context.new_page()
        console: list[str] = []
        page.on("console", lambda message: console.extend(complaint(message)))
        page.on("pageerror", lambda error: console.append(str(error)))
        try:
            page.goto(f"http://{ORIGIN}{example.path}")
            yield page, console
        finally:
            browser.close()


def states(page: Page) -> list[str]:
    """Of every track that the page has had."""
    found: list[str] = page.evaluate("window.tracks.map((track) => track.readyState)")
    return found


def take(page: Page) -> None:
    """Start, three lines, and Stop in the midst of the third."""
    text = page.locator("[aria-live]")
    page.get_by_role("button", name="Start").click()
    expect(text).to_contain_text("go forward ten meters", timeout=15_000)
    expect(text).to_contain_text("<img src=x onerror=alert(1)> & stop", timeout=15_000)
    expect(text).to_contain_text("these words", timeout=15_000)
    assert "live" in states(page)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Start")).to_be_enabled(timeout=15_000)
    expect(page.get_by_role("button", name="Stop")).to_be_disabled()
    expect(text).to_contain_text("these words")
    expect(page.get_by_role("alert")).to_be_empty()
    assert set(states(page)) == {"ended"}


def test_words_spoken_are_words_read(example: Served, service: Stack) -> None:
    """Live text, the last words, a second take; and text is text, whatever stands in it."""
    with opened(example, service) as (page, console):
        take(page)
        take(page)
        assert page.locator("[aria-live]").inner_text().count("go forward ten meters") == 1
        assert page.locator("img").count() == 0
        assert console == []


def test_a_fault_is_said_in_words(example: Served, service: Stack) -> None:
    """Who denies the microphone reads so, and can start again."""
    with opened(example, service, microphone=False) as (page, _):
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_role("alert")).to_contain_text("microphone", timeout=15_000)
        expect(page.get_by_role("button", name="Start")).to_be_enabled()


@pytest.mark.parametrize("example", ["react", "vue"], indirect=True)
def test_a_component_that_goes_stops_recording(example: Served, service: Stack) -> None:
    """Nothing records behind the page's back, also when it goes at once; and it can come again."""
    with opened(example, service) as (page, console):
        page.get_by_role("button", name="Start").click()
        page.get_by_role("button", name="Close").click()
        page.get_by_role("button", name="Open").click()
        page.get_by_role("button", name="Start").click()
        expect(page.locator("[aria-live]")).to_contain_text("go forward", timeout=15_000)
        page.get_by_role("button", name="Close").click()
        page.wait_for_function("window.tracks.every((track) => track.readyState === 'ended')")
        page.get_by_role("button", name="Open").click()
        take(page)
        assert console == []


def test_the_plain_example_is_short() -> None:
    """What the README promises."""
    assert len((EXAMPLES / "plain.html").read_text().splitlines()) <= 30
