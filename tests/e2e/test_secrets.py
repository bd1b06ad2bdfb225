"""Nothing that grants access appears in what the processes print, even with every logger at DEBUG."""

import base64
import contextlib
import json
import re
import signal
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from scribepass.local.sts import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from support.gunicorn import UNLIMITED
from support.shared import shared
from support.stack import STOP_SECONDS, environment, free_port, scribepass, stop, wait_until_ready

TICKETS = 200

EVERY_LOGGER = "import logging; logging.Logger.isEnabledFor = lambda logger, level: True"
"""Loggers that the processes hold back, botocore's above all, speak too: what then remains is redaction."""


class Recorder:
    """A TCP relay in front of the STS that keeps what passes: the only place where the STS secret shows."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.seen = bytearray()
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                thread = threading.Thread(target=self._relay, args=(source, sink), daemon=True)
                thread.start()
                self._threads.append(thread)

    def _relay(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the other direction ended first
            while data := source.recv(65536):
                self.seen += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for each in (self._listener, *self._sockets):
            each.close()
        for thread in self._threads:
            thread.join(STOP_SECONDS)


def disguises(secret: str) -> Iterator[str]:
    """The forms in which a secret could have been written."""
    yield secret
    yield quote(secret, safe="")
    yield quote(quote(secret, safe=""), safe="")
    yield json.dumps(secret)[1:-1]
    yield base64.b64encode(secret.encode()).decode().rstrip("=")


def ticket(service: str) -> str:
    query = "language-code=en-US&media-encoding=pcm&sample-rate=16000"
    with urllib.request.urlopen(f"{service}/presign?{query}") as answer:
        return str(json.load(answer)["url"])


def test_no_log_holds_a_secret(tmp_path: Path) -> None:
    """URLs, signatures, session tokens and the STS secret of a whole run: found nowhere in its output."""
    local_port, port = free_port(), free_port()
    log = tmp_path / "all.log"
    (tmp_path / "sitecustomize.py").write_text(EVERY_LOGGER)
    debug = {"SCRIBEPASS_LOG_LEVEL": "debug", "PYTHONPATH": str(tmp_path)}
    with log.open("wb") as sink:
        local = subprocess.Popen(
            scribepass("local", "--no-tls", "--port", str(local_port)),
            stdout=sink,
            stderr=sink,
            env=environment(**debug),
        )
        recorder = Recorder(local_port)
        settings = {
            "SCRIBEPASS_ENV": "local",
            "SCRIBEPASS_ANONYMOUS": "true",
            "SCRIBEPASS_BIND": f"127.0.0.1:{port}",
            "SCRIBEPASS_ROLE_ARN": "arn:aws:iam::000000000000:role/scribepass-vending",
            "SCRIBEPASS_STS_ENDPOINT": f"http://127.0.0.1:{recorder.port}",
            "SCRIBEPASS_TRANSCRIBE_ENDPOINT": f"ws://127.0.0.1:{local_port}",
            "AWS_ACCESS_KEY_ID": STATIC_ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": STATIC_SECRET_ACCESS_KEY,
            **UNLIMITED,
        }
        try:
            wait_until_ready(f"http://127.0.0.1:{local_port}/healthz", local, log)
            service = subprocess.Popen(
                scribepass("serve"), stdout=sink, stderr=sink, env=environment(**debug, **settings)
            )
            try:
                wait_until_ready(f"http://127.0.0.1:{port}/readyz", service, log)
                urls = [ticket(f"http://127.0.0.1:{port}") for _ in range(TICKETS)]
                clip = shared("audio/goforward.wav")
                client = subprocess.run(
                    scribepass("transcribe", str(clip), "--service", f"http://127.0.0.1:{port}"),
                    stdout=sink,
                    stderr=sink,
                    env=environment(**debug),
                    timeout=60,
                    check=False,
                )
            finally:
                assert stop(service) == 0
        finally:
            stop(local, with_signal=signal.SIGTERM)
            recorder.close()
    assert client.returncode == 0, log.read_text()
    issued = re.findall(rb"<(SecretAccessKey|SessionToken)>([^<]+)<", bytes(recorder.seen))
    assert {name for name, _ in issued} == {b"SecretAccessKey", b"SessionToken"}
    secrets = {value.decode() for _, value in issued}
    secrets |= {parse_qs(urlsplit(url).query)["X-Amz-Signature"][0] for url in urls}
    secrets |= {urlsplit(url).query for url in urls}
    printed = log.read_text(errors="replace")
    assert '"level": "debug"' in printed
    assert "botocore" in printed
    found = [form[:12] for secret in secrets for form in disguises(secret) if form in printed]
    assert not found
