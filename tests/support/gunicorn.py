"""gunicorn with the configuration that is shipped, as a real process on a free loopback port."""

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scribepass.cli.up import LIMITS
from support.stack import environment, free_port, stop, wait_until_ready

COMMAND = [
    sys.executable,
    "-m",
    "gunicorn",
    "-c",
    "python:scribepass.app.gunicorn_conf",
    "scribepass.app.wsgi:app",
]
SECRET = "canary-of-the-environment-0123456789"
AWS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "SCRIBEPASS_CREDENTIAL_MODE": "ambient",
}
UNLIMITED = dict.fromkeys(LIMITS, "0")
LOCAL = {
    **AWS,
    **UNLIMITED,
    "SCRIBEPASS_ENV": "local",
    "SCRIBEPASS_ANONYMOUS": "true",
    "SCRIBEPASS_LOG_LEVEL": "debug",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A gunicorn that is ready."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def ask(self, path: str, **headers: str) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def raw(self, request: bytes) -> bytes:
        """What comes back for these bytes, until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65536):
                answer += part
        return answer


@contextmanager
def running(
    folder: Path, *options: str, command: Sequence[str] = COMMAND, **settings: str
) -> Iterator[Running]:
    """A gunicorn with these ``settings`` in its environment, until the block ends."""
    port, log = free_port(), folder / "gunicorn.log"
    environ = environment(**{"SCRIBEPASS_BIND": f"127.0.0.1:{port}", "HOME": str(folder), **settings})
    with log.open("wb") as sink:
        process = subprocess.Popen([*command, *options], stdout=sink, stderr=sink, env=environ, cwd=folder)
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/readyz", process, log)
            yield Running(process=process, port=port, log=log)
        finally:
            stop(process)
