"""An STS that is away, against the service as gunicorn runs it."""

import http.client
import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from scribepass.callers.api_keys import new_key
from scribepass.callers.key_file import add_key
from soak.load import ASKED, ISSUED
from soak.outage import Soak, Sts
from support.clock import Hurried
from support.gunicorn import COMMAND, UNLIMITED
from support.stack import environment, free_port, stop, wait_until_ready

RECOVERY = 5.0
SLACK = 5.0  # this machine may have more to do than this


def test_half_an_hour_without_sts_fails_no_ticket(tmp_path: Path) -> None:
    """At the worst phase, scaled by 60: no failed ticket, readiness green, and a refresh when it is back."""
    soak = Soak(tempo=60, rate=20, folder=tmp_path)
    soak.run()
    assert soak.faults == []


@contextmanager
def cold(folder: Path, *, sts: int, mode: str) -> Iterator[tuple[int, str]]:
    """A gunicorn that is up, whose STS is not, and a key for it."""
    key, record = new_key("test", caller="early")
    add_key(folder / "keys.json", record=record)
    port, log = free_port(), folder / "gunicorn.log"
    settings = {
        "SCRIBEPASS_ENV": "local",
        "SCRIBEPASS_BIND": f"127.0.0.1:{port}",
        "SCRIBEPASS_WORKERS": "2",
        "SCRIBEPASS_CREDENTIAL_MODE": mode,
        "SCRIBEPASS_API_KEYS_FILE": str(folder / "keys.json"),
        "SCRIBEPASS_SECRET": "a-secret-of-the-deployment-0123456789abcdef",
        "SCRIBEPASS_ROLE_ARN": "arn:aws:iam::111122223333:role/scribepass-vending",
        "SCRIBEPASS_STS_ENDPOINT": f"http://127.0.0.1:{sts}",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-environment",
        **UNLIMITED,
    }
    with log.open("wb") as sink:
        process = subprocess.Popen(COMMAND, stdout=sink, stderr=sink, env=environment(**settings), cwd=folder)
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/healthz", process, log)
            yield port, key
        finally:
            stop(process)


def ask(
    port: int, method: str, path: str, **headers: str
) -> tuple[int, Mapping[str, str], dict[str, object]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        body = ASKED if method == "POST" else None
        connection.request(method, path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), json.loads(answer.read())
    finally:
        connection.close()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until_ten(holds: Callable[[], bool]) -> float:
    """Seconds until it held ten times in a row: both workers were asked."""
    began, times = time.monotonic(), 0
    while times < 10 and time.monotonic() - began < 60:
        time.sleep(0.02)
        times = times + 1 if holds() else 0
    return time.monotonic() - began


@pytest.mark.parametrize("mode", ["assume-role", "assume-role-per-caller"])
def test_a_cold_start_without_sts_recovers_when_it_comes(tmp_path: Path, mode: str) -> None:
    """Alive, not ready, 503 with Retry-After; ready within 5 s of STS's return, though nobody asks."""
    sts = Sts(tmp_path, Hurried(1), life=3600)
    with cold(tmp_path, sts=sts.port, mode=mode) as (port, secret):
        key = {"Authorization": f"Bearer {secret}"}
        for _ in range(20):
            status, headers, problem = ask(port, "POST", "/presign", **key)
            assert (status, problem["code"]) == (503, "credentials_unavailable")
            assert 1 <= int(headers["Retry-After"]) <= 60
        assert ask(port, "GET", "/readyz")[0] == 503
        assert ask(port, "GET", "/healthz")[0] == 200
        sts.start()
        try:
            while not listens(sts.port):
                time.sleep(0.02)
            seconds = until_ten(lambda: ask(port, "GET", "/readyz")[0] == 200)
            seconds += until_ten(lambda: ask(port, "POST", "/presign", **key)[0] == int(ISSUED))
            print(f"{mode}: tickets {seconds:.1f} s after STS")
            assert seconds < RECOVERY + SLACK
        finally:
            sts.kill()
