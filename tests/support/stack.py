"""`scribepass up` as a real process on free loopback ports."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

READY_SECONDS = 60
STOP_SECONDS = 20


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def scribepass(*arguments: str) -> list[str]:
    """The command line of the CLI in this interpreter."""
    return [sys.executable, "-m", "scribepass", *arguments]


def environment(**extra: str) -> dict[str, str]:
    """This environment without anything that would configure scribepass or AWS, and with ``extra``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCRIBEPASS_", "AWS_"))}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", **extra}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Where the running service and its local AWS listen, and what they have printed so far."""

    service: str
    local: str
    output: Path
    process: subprocess.Popen[bytes]

    @property
    def endpoint(self) -> str:
        return self.local.replace("http://", "ws://")

    def printed(self) -> str:
        return self.output.read_text(errors="replace")


def wait_until_ready(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    """Return once ``url`` answers 200; fail with the process's own words if it ends or takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"{url} never became ready:\n{output.read_text(errors='replace')}")


def wait_until_printed(words: str, process: subprocess.Popen[bytes], output: Path) -> None:
    """Return once ``words`` stand in ``output``; fail with what stands there if they do not come."""
    deadline = time.monotonic() + READY_SECONDS
    while words not in output.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"{words!r} was never printed:\n{output.read_text(errors='replace')}")
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes], *, with_signal: signal.Signals = signal.SIGTERM) -> int:
    """Ask the process to stop, and wait until it has."""
    if process.poll() is None:
        process.send_signal(with_signal)
    return process.wait(STOP_SECONDS)


@contextmanager
def up(folder: Path, *options: str, settings: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """Service, page and local AWS, running until the block ends."""
    service, local = free_port(), free_port()
    output = folder / "up.log"
    command = scribepass("up", "--port", str(service), "--local-port", str(local), *options)
    with output.open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink, env=environment(**(settings or {})))
        try:
            wait_until_ready(f"http://127.0.0.1:{service}/readyz", process, output)
            yield Stack(
                service=f"http://127.0.0.1:{service}",
                local=f"http://127.0.0.1:{local}",
                output=output,
                process=process,
            )
        finally:
            stop(process)
