"""The vending service as a process, in front of a local AWS."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from scribepass.local.keys import ACCOUNT, STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY

__all__ = ["service"]

READY_SECONDS = 60
STOP_SECONDS = 20

_LIMITS = (
    *("RATE_PER_MINUTE", "RATE_PER_HOUR", "MAX_SESSIONS", "STREAM_QUOTA"),
    *("GLOBAL_RATE_PER_SECOND", "FAILURES_PER_MINUTE"),
)


@contextlib.contextmanager
def service(*, sts: str, transcribe: str) -> Iterator[str]:
    """Run ``scribepass serve`` while the context lasts, and yield its URL; RuntimeError if it cannot be."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    environ = _environment(os.environ, port=port, sts=sts, transcribe=transcribe)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "service.log"
        with output.open("wb") as sink:
            command = [sys.executable, "-m", "scribepass", "serve"]
            process = subprocess.Popen(command, stdout=sink, stderr=sink, env=environ)  # noqa: S603 - our own
        try:
            _wait(f"{url}/readyz", process, output)
            yield url
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _environment(environ: Mapping[str, str], *, port: int, sts: str, transcribe: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(("AWS_", "SCRIBEPASS_")) and not name.lower().endswith("_proxy")
    }
    return {
        **kept,
        **{f"SCRIBEPASS_{name}": "0" for name in _LIMITS},
        "SCRIBEPASS_ENV": "local",
        "SCRIBEPASS_ANONYMOUS": "true",
        "SCRIBEPASS_BIND": f"127.0.0.1:{port}",
        "SCRIBEPASS_OPERATIONS": "standard,medical,call-analytics",
        "SCRIBEPASS_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/scribepass-vending",
        "SCRIBEPASS_STS_ENDPOINT": sts,
        "SCRIBEPASS_TRANSCRIBE_ENDPOINT": transcribe,
        "SCRIBEPASS_WORKERS": "1",
        "SCRIBEPASS_LOG_LEVEL": "warning",
        "AWS_ACCESS_KEY_ID": STATIC_ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": STATIC_SECRET_ACCESS_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with direct.open(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    last_words = output.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"the service did not become ready:\n{last_words}")
