"""AWS's JavaScript SDK, as it is on npm: HTTP/2 with TLS and without, WebSocket in Node and in a browser."""

import functools
import http.server
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.idp import peers
from support.page import chromium
from support.sdks import UNDECODABLE, WORDS, Json, Local
from support.stack import environment
from support.tools import needs

HOST = "transcribestreaming.us-east-1.amazonaws.com"
HTTP2_ACTION, WEBSOCKET_ACTION = "StartStreamTranscription", "StartStreamTranscriptionWebSocket"


def in_node(plan: Json, *, authority: str) -> list[Json]:
    """What came of each run of the plan."""
    program = peers("ws") / "transcribe.mjs"
    done = subprocess.run(
        [needs("node"), str(program)],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        env=environment(NODE_EXTRA_CA_CERTS=authority),
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcomes: list[Json] = json.loads(done.stdout)
    return outcomes


def check_exceptions(undecodable: Json, denied: Json, *, action: str) -> None:
    """Both have AWS's names, and AWS's texts."""
    assert undecodable["error"]["name"] == "BadRequestException"
    assert undecodable["error"]["message"].startswith(UNDECODABLE)
    assert undecodable["error"]["fault"] == "client"
    assert denied["error"]["name"] == "AccessDeniedException"
    assert f"is not authorized to perform: transcribe:{action} " in denied["error"]["message"]


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_http2(aws: Local, scheme: str) -> None:
    """Its default in Node. It says GOAWAY and streams on; a refusal is a status with the exception's name."""
    endpoint = aws.tls_url if scheme == "https" else aws.url
    plan = aws.plan(but=WEBSOCKET_ACTION, transport="http2", endpoint=endpoint)
    spoken, undecodable, denied = in_node(plan, authority=aws.authority)
    assert spoken["finals"] == [WORDS]
    assert spoken["echo"][1:] == ["en-US", 16_000]
    assert len(spoken["echo"][0]) == 36
    check_exceptions(undecodable, denied, action=HTTP2_ACTION)
    assert denied["error"]["status"] == 403
    assert denied["error"]["requestId"]


def test_websocket_in_node(aws: Local) -> None:
    """Its WebSocket handler signs every event; TLS by the authority that the greeting names."""
    more = {"transport": "websocket", "endpoint": "https://localhost", "port": aws.tls_port}
    spoken, *others = in_node(aws.plan(but=HTTP2_ACTION, **more), authority=aws.authority)
    assert spoken["finals"] == [WORDS]
    check_exceptions(*others, action=WEBSOCKET_ACTION)


@pytest.mark.browser
def test_websocket_in_a_browser(aws: Local, tmp_path: Path) -> None:
    """Bundled for a browser it signs the URL alone. It is told no endpoint: the browser maps AWS's host."""
    esbuild = peers("ws") / "node_modules" / ".bin" / "esbuild"
    command = [str(esbuild), "transcribe-browser.mjs", "--bundle", "--format=iife"]
    bundle = f"--outfile={tmp_path / 'bundle.js'}"
    subprocess.run([*command, bundle, "--log-level=error"], cwd=peers("ws"), check=True)
    (tmp_path / "index.html").write_text('<!doctype html><script src="bundle.js"></script>')
    mapped = f"--host-resolver-rules=MAP {HOST}:8443 127.0.0.1:{aws.tls_port}"
    with served(tmp_path) as url, chromium(mapped, "--ignore-certificate-errors") as browser:
        page = browser.new_page()
        page.goto(url)
        spoken, *others = page.evaluate("plan => transcribe(plan)", aws.plan(but=HTTP2_ACTION))
    assert spoken["finals"] == [WORDS]
    check_exceptions(*others, action=WEBSOCKET_ACTION)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The files of a folder on loopback, where a page may use what browsers keep for secure contexts."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()
