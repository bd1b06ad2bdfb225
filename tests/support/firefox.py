"""Debian's Firefox without a screen, driven by WebDriver BiDi.

https://www.w3.org/TR/webdriver-bidi/ says how. Playwright drives only a Firefox of its own, and Debian has
no geckodriver.
"""

import base64
import itertools
import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from support.tools import needs

PATIENCE_SECONDS = 60
STOP_SECONDS = 30
OPTIONS = ["--headless", "--no-remote", "--remote-debugging-port", "0"]
PREFERENCES = """
user_pref("media.navigator.permission.disabled", true);
user_pref("network.proxy.type", 0);
"""
"""The microphone is allowed without asking."""
WATCH = """() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
        window.violations.push(`${violatedDirective} ${blockedURI}`);
    });
}"""

Json = dict[str, Any]


class Browser:
    """The connection to a running Firefox, which takes one command at a time."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        self._console: dict[str, list[str]] = {}
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])

    def ask(self, method: str, **parameters: Any) -> Json:
        """The result of a command; what the consoles say meanwhile is kept."""
        number = next(self._ids)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message: Json = json.loads(self._connection.recv(PATIENCE_SECONDS))
            if message.get("method") == "log.entryAdded":
                entry = message["params"]
                self.console(entry["source"].get("context", "")).append(f"{entry['level']}: {entry['text']}")
            elif message.get("id") == number:
                assert message["type"] == "success", f"{method}: {message}"
                return dict(message["result"])

    def console(self, context: str) -> list[str]:
        """What was said there so far."""
        return self._console.setdefault(context, [])


class Tab:
    """A page of its own, in which selectors are CSS and expressions are JavaScript that may be awaited."""

    def __init__(self, browser: Browser, *preparations: str) -> None:
        self._browser = browser
        # The first page of a browser without a screen never has the focus; one that is opened has.
        self._context: str = browser.ask("browsingContext.create", type="tab")["context"]
        for function in (WATCH, *preparations):
            browser.ask("script.addPreloadScript", functionDeclaration=function, contexts=[self._context])

    @property
    def console(self) -> list[str]:
        """Everything that the page's console said before the last command's answer."""
        return self._browser.console(self._context)

    def goto(self, url: str) -> None:
        self._ask("browsingContext.navigate", url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, as JSON has it."""
        program = f"(async () => JSON.stringify((await ({expression})) ?? null))()"
        target = {"context": self._context}
        done = self._browser.ask("script.evaluate", expression=program, target=target, awaitPromise=True)
        assert done["type"] == "success", done["exceptionDetails"]["text"]
        return json.loads(done["result"]["value"])

    def wait_until(self, expression: str) -> None:
        """Return once an expression is true; fail with what the page shows if that takes too long."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.evaluate(f"Boolean({expression})"):
            if time.monotonic() > deadline:
                raise AssertionError(f"never {expression}:\n{self.evaluate('document.body.innerText')}")
            time.sleep(0.1)

    def click(self, selector: str) -> None:
        """As a hand would: without a person's doing browsers keep a page from playing and recording."""
        origin = {"type": "element", "element": self._element(selector)}
        steps = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._ask("input.performActions", actions=[{"type": "pointer", "id": "hand", "actions": steps}])

    def choose(self, selector: str, file: Path) -> None:
        """Put a file into a field for files."""
        self._ask("input.setFiles", element=self._element(selector), files=[str(file)])

    def picture(self, path: Path) -> None:
        """Save what is seen as a PNG; scroll bars are blank in it."""
        path.write_bytes(base64.b64decode(self._ask("browsingContext.captureScreenshot")["data"]))

    def close(self) -> None:
        self._ask("browsingContext.close")

    def _ask(self, method: str, **parameters: Any) -> Json:
        return self._browser.ask(method, context=self._context, **parameters)

    def _element(self, selector: str) -> Json:
        found = self._ask("browsingContext.locateNodes", locator={"type": "css", "value": selector})["nodes"]
        assert len(found) == 1, f"{selector}: {len(found)} elements"
        return {"sharedId": found[0]["sharedId"]}


@contextmanager
def firefox(folder: Path, environment: Mapping[str, str]) -> Iterator[Browser]:
    """A browser with a fresh profile in ``folder``, until the block ends."""
    profile, output = folder / "profile", folder / "firefox.log"
    profile.mkdir()
    (profile / "user.js").write_text(PREFERENCES)
    with output.open("wb") as sink:
        command = [needs("firefox-esr"), *OPTIONS, "--profile", str(profile)]
        process = subprocess.Popen(command, env=environment, stdout=sink, stderr=sink)
    try:
        address = f"{_address(profile, process, output)}/session"
        with connect(address, proxy=None, max_size=None, open_timeout=PATIENCE_SECONDS) as connection:
            yield Browser(connection)
    finally:
        # Its other processes end with it.
        process.terminate()
        process.wait(STOP_SECONDS)


def _address(profile: Path, process: subprocess.Popen[bytes], output: Path) -> str:
    """Where the browser listens, which it writes into its profile."""
    file = profile / "WebDriverBiDiServer.json"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (file.exists() and (text := file.read_text()).endswith("}")):
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"Firefox never listened:\n{output.read_text(errors='replace')}")
        time.sleep(0.05)
    found = json.loads(text)
    return f"ws://{found['ws_host']}:{found['ws_port']}"
