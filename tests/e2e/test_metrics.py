"""Figures of the service as it is shipped: two workers, one port for operators, whatever becomes of whom."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from support.collecting import collecting
from support.figures import figures, freeze
from support.gunicorn import AWS, COMMAND, LOCAL, SECRET, Running, running
from support.service import QUERY
from support.stack import READY_SECONDS, environment, free_port, stop, wait_until_ready

ISSUED = 'scribepass_tickets_total{outcome="issued",reason="none"}'


def is_alive(pid: int) -> bool:
    """Whether there is such a process, and not only its exit code."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except FileNotFoundError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A service, and its operator's port."""

    service: Running
    port: int

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def figures(self) -> dict[str, float]:
        status, text = self.get("/metrics")
        assert status == 200
        return figures(text)

    def readiness(self) -> tuple[int, dict[str, Any]]:
        status, text = self.get("/readyz")
        return status, json.loads(text)

    def workers(self) -> list[int]:
        """The pids of those that have booted and not ended, by the log."""
        lines = [each["event"] for each in self.service.lines()]
        booted = [int(each.rpartition(" ")[2]) for each in lines if each.startswith("Booting worker")]
        return [pid for pid in booted if is_alive(pid)]

    def issue(self, times: int) -> list[dict[str, Any]]:
        tickets = []
        for _ in range(times):
            status, ticket = self.service.ask(f"/presign?{QUERY}")
            assert status == 200, ticket
            tickets.append(ticket)
        return tickets


@contextmanager
def watched(folder: Path, *, command: Sequence[str] = COMMAND, **settings: str) -> Iterator[Watched]:
    port = free_port()
    bind = f"127.0.0.1:{port}"
    chosen = {**LOCAL, "SCRIBEPASS_WORKERS": "2", "SCRIBEPASS_OPERATOR_BIND": bind, **settings}
    with running(folder, command=command, **chosen) as it:
        yield Watched(service=it, port=port)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched(tmp_path_factory.mktemp("watched")) as it:
        until(lambda: it.readiness()[0] == 200)
        yield it


def test_every_ticket_is_counted_once(shared: Watched) -> None:
    """Whichever worker vended it, and whichever answers."""
    before = shared.figures().get(ISSUED, 0.0)
    shared.issue(60)
    assert {shared.figures()[ISSUED] for _ in range(10)} == {before + 60}


def test_refusals_are_told_apart(shared: Watched) -> None:
    """By the code that the caller reads."""
    assert shared.service.ask("/presign?language-code=xx")[0] == 400
    assert shared.service.ask(f"/presign?{QUERY}&{QUERY}")[0] == 400
    assert shared.figures()['scribepass_tickets_total{outcome="refused",reason="invalid_parameters"}'] == 2


def test_requests_are_timed(shared: Watched) -> None:
    """By endpoint and class of status."""
    name = 'scribepass_request_seconds_count{endpoint="presign",status="2xx"}'
    before = shared.figures().get(name, 0.0)
    shared.issue(5)
    assert shared.figures()[name] == before + 5


def test_operators_have_a_port_of_their_own(shared: Watched) -> None:
    """Nothing of theirs is on the port of the callers, and nothing of the callers' on theirs."""
    assert shared.service.ask("/metrics")[0] == 404
    assert shared.service.ask("/readyz") == (200, {"status": "ready"})
    assert shared.get("/healthz") == (200, b'{"status": "ok"}')
    for path in ("/", f"/presign?{QUERY}", "/catalogue", "/openapi.json", "/debug", "/metrics/"):
        assert shared.get(path)[0] == 404


def test_readiness_says_what_of_whom(shared: Watched) -> None:
    """Each part, in both workers."""
    until(lambda: shared.readiness()[1]["workers"] == {"alive": 2, "silent": 0})
    status, said = shared.readiness()
    assert (status, said["status"]) == (200, "ready")
    assert set(said["parts"]) == {"credentials", "key_set", "store", "clock"}
    assert all(each == {"ready": True, "workers_not_ready": 0} for each in said["parts"].values())


def listening(pid: int) -> set[int]:
    """The TCP ports on which a process listens, by the kernel."""
    sockets = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        if match := re.fullmatch(r"socket:\[(\d+)\]", str(each.readlink())):
            sockets.add(match[1])
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    ]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and row[9] in sockets}


def test_nothing_else_listens(shared: Watched) -> None:
    """Two ports in every process, and no control socket."""
    for pid in (shared.service.process.pid, *shared.workers()):
        assert listening(pid) == {shared.service.port, shared.port}


def test_no_series_is_a_callers_choice(shared: Watched) -> None:
    """Hostile paths, methods, parameters and headers: not one new series beyond the table's."""
    hostile = ["canary", "%00canary", "a" * 500, "%F0%9F%98%80canary", "canary%0Aevil_metric%201"]
    for word in hostile:
        shared.service.ask(f"/{word}")
        shared.service.ask(f"/presign?{QUERY}&{word}={word}")
        shared.service.ask(f"/presign?language-code={word}", **{"X-API-Key": f"sp_live_{word[:8]}_x"})
        shared.service.ask(f"/sessions/{word}/closed", Origin=f"https://{word[:6]}.example")
        method = word.encode().replace(b"%", b"")[:20]
        shared.service.raw(method + b" /presign HTTP/1.1\r\nHost: canary\r\nConnection: close\r\n\r\n")
    status, text = shared.get("/metrics")
    assert status == 200
    assert b"canary" not in text
    assert b"aaaa" not in text
    assert len(figures(text)) <= 500
    labels = {label for name in figures(text) for label in re.findall(r"(\w+)=", name)}
    assert labels <= {"outcome", "reason", "endpoint", "status", "source", "result", "issuer", "part", "le"}


def test_no_secret_and_nobody_is_named(shared: Watched) -> None:
    """What was vended, and who asked, is in neither answer of the port."""
    tickets = shared.issue(20)
    text = b"".join(shared.get(path)[1] for path in ("/metrics", "/readyz", "/healthz")).decode()
    for ticket in tickets:
        query = parse_qs(urlsplit(ticket["url"]).query)
        for secret in (query["X-Amz-Signature"][0], ticket["ticket_id"], ticket["session_id"]):
            assert secret not in text
    for word in (SECRET, AWS["AWS_ACCESS_KEY_ID"], "127.0.0.1", "Amz"):
        assert word not in text


def test_a_killed_worker_takes_no_figure_along(tmp_path: Path) -> None:
    """Its counts stay, what it said of itself goes, and its successor counts on."""
    with watched(tmp_path) as it:
        until(lambda: it.readiness()[1]["workers"]["alive"] == 2)
        it.issue(20)
        assert it.figures()[ISSUED] == 20
        for killed in range(2):
            os.kill(it.workers()[0], signal.SIGKILL)
            assert it.figures()[ISSUED] == 20 + 10 * killed
            until(lambda: it.readiness()[1]["workers"] == {"alive": 2, "silent": 0})
            it.issue(10)
            assert it.figures()[ISSUED] == 30 + 10 * killed
        assert stop(it.service.process) == 0


def test_a_stopped_worker_holds_nobody_up(tmp_path: Path) -> None:
    """The other answers, with the figures of both."""
    with watched(tmp_path) as it:
        until(lambda: it.readiness()[1]["workers"]["alive"] == 2)
        it.issue(20)
        stopped = it.workers()[0]
        freeze(stopped)
        try:
            assert [it.figures()[ISSUED] for _ in range(20)] == [20] * 20
            until(lambda: it.readiness()[1]["workers"] == {"alive": 1, "silent": 1})
            assert it.readiness()[0] == 200
        finally:
            os.kill(stopped, signal.SIGCONT)
        until(lambda: it.readiness()[1]["workers"] == {"alive": 2, "silent": 0})
        assert stop(it.service.process) == 0


def test_figures_outlive_reloads(tmp_path: Path) -> None:
    """HUP, three times: nothing is lost, the folder does not grow, and it goes with the service."""
    with watched(tmp_path) as it:
        for round_ in range(1, 4):
            it.issue(10)
            old = it.workers()
            it.service.process.send_signal(signal.SIGHUP)
            until(lambda old=old: len(it.workers()) == 2 and not set(old) & set(it.workers()))
            until(lambda: it.readiness()[1]["workers"] == {"alive": 2, "silent": 0})
            assert it.figures()[ISSUED] == 10 * round_
        environ = Path(f"/proc/{it.workers()[0]}/maps").read_text()
        (folder,) = {Path(each) for each in re.findall(r"(/\S*/scribepass-metrics-\w+)/", environ)}
        assert folder.stat().st_mode & 0o777 == 0o700
        owners = {path.stem.rpartition("_")[2] for path in folder.glob("*.db")}
        assert owners == {"dead", *map(str, it.workers())}
        assert stop(it.service.process) == 0
    assert not folder.exists()


@contextmanager
def cold(folder: Path, **settings: str) -> Iterator[Watched]:
    """A service that is alive, and may never be ready."""
    port, operator = free_port(), free_port()
    binds = {"SCRIBEPASS_BIND": f"127.0.0.1:{port}", "SCRIBEPASS_OPERATOR_BIND": f"127.0.0.1:{operator}"}
    log = folder / "gunicorn.log"
    environ = environment(**{**LOCAL, **binds, "SCRIBEPASS_WORKERS": "2", "HOME": str(folder), **settings})
    with log.open("wb") as sink:
        process = subprocess.Popen(COMMAND, stdout=sink, stderr=sink, env=environ, cwd=folder)
        try:
            wait_until_ready(f"http://127.0.0.1:{operator}/healthz", process, log)
            yield Watched(service=Running(process=process, port=port, log=log), port=operator)
        finally:
            stop(process)


def test_a_cold_service_says_which_part_is_missing(tmp_path: Path) -> None:
    """Without STS: alive, not ready, and the reason is for operators only."""
    settings = {
        "SCRIBEPASS_CREDENTIAL_MODE": "assume-role",
        "SCRIBEPASS_ROLE_ARN": "arn:aws:iam::123456789012:role/scribepass",
        "SCRIBEPASS_STS_ENDPOINT": f"http://127.0.0.1:{free_port()}",
    }
    with cold(tmp_path, **settings) as it:
        missing = {"ready": False, "workers_not_ready": 2}
        until(lambda: it.readiness()[1]["parts"].get("credentials") == missing)
        assert it.readiness()[0] == 503
        status, said = it.service.ask("/readyz")
        assert (status, said["code"]) == (503, "not_ready")
        assert "credentials" not in json.dumps(said)
        until(lambda: sum(it.figures()[name] for name in it.figures() if "sts_calls" in name) > 0)
        assert it.figures()['scribepass_sts_calls_total{result="ok"}'] == 0
        assert it.figures()["scribepass_credential_seconds_left"] == 0


def test_there_is_no_port_unless_it_is_asked_for(tmp_path: Path) -> None:
    """One port, and no folder."""
    with running(tmp_path, **LOCAL) as it:
        assert listening(it.process.pid) == {it.port}
        assert b"PROMETHEUS" not in Path(f"/proc/{it.process.pid}/environ").read_bytes()
        assert stop(it.process) == 0
        assert not [each for each in it.lines() if each["event"] == "operator_port_open"]


def refused(folder: Path, **settings: str) -> str:
    environ = environment(**{**LOCAL, "HOME": str(folder), **settings})
    done = subprocess.run(
        COMMAND, capture_output=True, text=True, env=environ, cwd=folder, timeout=30, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_port_that_is_taken_ends_the_start_in_words(tmp_path: Path) -> None:
    """Exit code 2 and a sentence, before anything listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = refused(tmp_path, SCRIBEPASS_OPERATOR_BIND=f"127.0.0.1:{taken.getsockname()[1]}")
    assert "SCRIBEPASS_OPERATOR_BIND cannot be bound: " in said


def test_the_callers_port_is_not_for_operators(tmp_path: Path) -> None:
    """Whoever says what is bound in the end."""
    port = free_port()
    bind = f"127.0.0.1:{port}"
    said = refused(tmp_path, SCRIBEPASS_OPERATOR_BIND=bind, GUNICORN_CMD_ARGS=f"--bind={bind}")
    assert "SCRIBEPASS_OPERATOR_BIND is also where callers are served" in said


def test_the_next_gunicorn_takes_the_port_over(tmp_path: Path) -> None:
    """USR2, then TERM to the first: the second has the same port, and figures of its own."""
    pidfile = tmp_path / "pid"
    # Not "python -m gunicorn", which gunicorn starts again in a way that hides Python's own http.
    command = [str(Path(sys.executable).with_name("gunicorn")), *COMMAND[3:]]
    with watched(tmp_path, command=command, GUNICORN_CMD_ARGS=f"--pid={pidfile}") as it:
        it.issue(5)
        it.service.process.send_signal(signal.SIGUSR2)
        until((tmp_path / "pid.2").exists)
        new = int((tmp_path / "pid.2").read_text())
        try:
            until(lambda: len(it.workers()) == 4)
            assert it.get("/healthz")[0] == 200
            assert stop(it.service.process) == 0
            until(lambda: it.readiness()[1]["workers"] == {"alive": 2, "silent": 0})
            assert it.figures().get(ISSUED, 0.0) == 0
            it.issue(3)
            assert it.figures()[ISSUED] == 3
        finally:
            os.kill(new, signal.SIGTERM)
            until(lambda: not is_alive(new))


def test_a_span_for_each_request(tmp_path: Path) -> None:
    """From gunicorn as it is shipped to a collector, the last ones as a worker ends; without secrets."""
    with collecting() as collector:
        with running(tmp_path, **LOCAL, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as it:
            tickets = [it.ask(f"/presign?{QUERY}")[1] for _ in range(5)]
            assert it.ask("/canary?canary=canary")[0] == 404
            assert stop(it.process) == 0
        names = [each.name for each in collector.spans]
        assert names.count("GET /presign") == 5
        assert "GET" in names
        assert "GET /readyz" in names
        sent = b"".join(collector.bodies)
    for ticket in tickets:
        signature = parse_qs(urlsplit(ticket["url"]).query)["X-Amz-Signature"][0]
        for secret in (signature, ticket["ticket_id"], ticket["session_id"]):
            assert secret.encode() not in sent
    for word in (SECRET, AWS["AWS_ACCESS_KEY_ID"], "canary", "X-Amz", QUERY):
        assert word.encode() not in sent
