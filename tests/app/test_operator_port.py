"""The operator's port: answered by whichever worker lives, bounded, and with nothing of what is sent."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from scribepass.app import operator_port
from scribepass.app.kinds import every_kind
from scribepass.app.operations import FOLDER, Operations
from scribepass.app.operator_answers import SILENT_SECONDS, answer_to, readiness_of
from scribepass.app.operator_port import OperatorPort, bound
from scribepass.errors import SettingsError
from scribepass.telemetry.folder import bury
from scribepass.telemetry.metrics import Prometheus
from scribepass.telemetry.table import declared
from support.figures import freeze, shared_folder
from support.stack import free_port

OWNER = (os.getuid(), os.getgid())
NOW = 1_800_000_000.0
Said = tuple[float, dict[str, float]]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with shared_folder(tmp_path / "figures") as it:
        yield it


def child(work: Callable[[], object], *, ends: bool = True) -> int:
    """The pid of a forked process that does ``work``, and then ends or waits to be killed."""
    told, tells = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os.write(tells, b".")
            while not ends:
                signal.pause()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(tells)
    with os.fdopen(told, "rb") as pipe:
        pipe.read(1)
    if ends:
        os.waitpid(pid, 0)
    return pid


def saying(pulse: float, parts: dict[str, float]) -> Callable[[], None]:
    def work() -> None:
        metrics = Prometheus()
        for part, ready in parts.items():
            metrics.gauge("ready", ready, part=part)
        metrics.gauge("pulse_timestamp_seconds", pulse)

    return work


ALL = {"service": 1.0, "credentials": 1.0, "key_set": 1.0, "store": 1.0, "clock": 1.0}
COLD = {**ALL, "service": 0.0, "credentials": 0.0}


@pytest.mark.parametrize(
    ("workers", "ready", "missing", "alive", "silent"),
    [
        pytest.param([(NOW, ALL), (NOW - 9, ALL)], True, {}, 2, 0, id="all is well"),
        pytest.param([(NOW, ALL), (NOW, COLD)], False, {"credentials": 1}, 2, 0, id="one is cold"),
        pytest.param([(NOW, COLD), (NOW, COLD)], False, {"credentials": 2}, 2, 0, id="both are cold"),
        pytest.param([(NOW, {**ALL, "store": 0.0}), (NOW, ALL)], True, {"store": 1}, 2, 0,
                     id="the store is away, which costs no ticket"),
        pytest.param([(NOW, ALL), (NOW - 11, COLD)], True, {}, 1, 1, id="one hangs, the other serves"),
        pytest.param([(NOW - 11, ALL)], False, {}, 0, 1, id="the only one hangs"),
        pytest.param([], False, {}, 0, 0, id="nobody has said anything"),
    ],
)  # fmt: skip
def test_readiness_is_that_of_all_workers(
    folder: Path, workers: Sequence[Said], ready: bool, missing: dict[str, int], alive: int, silent: int
) -> None:
    """Ready where every worker that lives can serve; each part that is missing, and in how many of them."""
    for pulse, parts in workers:
        child(saying(pulse, parts))
    answer = answer_to("/readyz?verbose", folder=folder, now=NOW)
    said = json.loads(answer.body)
    assert (answer.status, said["status"]) == ((200, "ready") if ready else (503, "not ready"))
    assert said["workers"] == {"alive": alive, "silent": silent}
    counts = {part: each["workers_not_ready"] for part, each in said["parts"].items()}
    assert {part: count for part, count in counts.items() if count} == missing
    assert all(each["ready"] is not bool(each["workers_not_ready"]) for each in said["parts"].values())
    assert set(said["parts"]) == (set(ALL) - {"service"} if alive else set())


def test_a_dead_worker_has_no_say(folder: Path) -> None:
    """Once gunicorn's master has noticed."""
    pid = child(saying(NOW, COLD))
    child(saying(NOW, ALL))
    assert not readiness_of(folder, now=NOW)[0]
    bury(folder, pid)
    assert readiness_of(folder, now=NOW + SILENT_SECONDS - 1)[0]


def test_every_reason_to_refuse_has_its_name() -> None:
    """What /presign can answer is told apart in the figures."""
    (tickets,) = (each for each in declared() if each.name == "tickets")
    assert {each.code for each in every_kind()} <= set(tickets.labels["reason"])


Served = tuple[int, Path]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    figures = tmp_path_factory.mktemp("served") / "figures"
    with shared_folder(figures) as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        number = int(listener.getsockname()[1])
        it = OperatorPort(listener, folder=folder)
        it.serve()
        yield number, folder
        it.close()


@pytest.fixture
def port(served: Served) -> int:
    return served[0]


def ask(port: int, request: bytes = b"GET /healthz HTTP/1.0\r\n\r\n", *, patience: float = 30) -> bytes:
    """All that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_it_answers_three_paths(port: int) -> None:
    """Metrics as text, readiness and liveness as JSON, none of them to be kept or guessed at."""
    Prometheus().count("store_errors")
    metrics = ask(port, b"GET /metrics?x=canary HTTP/1.1\r\nHost: canary\r\n\r\n")
    head, _, body = metrics.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"Content-Type: text/plain; version=0.0.4; charset=utf-8" in head
    assert b"Cache-Control: no-store" in head
    assert b"X-Content-Type-Options: nosniff" in head
    assert b"Server:" not in head
    assert b"\nscribepass_store_errors_total 1.0\n" in body
    assert ask(port).endswith(b'\r\n\r\n{"status": "ok"}')
    assert ask(port, b"GET /readyz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 503 ")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 404, id="no such path"),
        pytest.param(b"GET /presign HTTP/1.1\r\n\r\n", 404, id="a path of the API"),
        pytest.param(b"GET //metrics/../x HTTP/1.1\r\n\r\n", 404, id="a strange path"),
        pytest.param(b"POST /metrics HTTP/1.1\r\nContent-Length: 6\r\n\r\ncanary", 405, id="POST"),
        pytest.param(b"HEAD /metrics HTTP/1.1\r\n\r\n", 405, id="HEAD"),
        pytest.param(b"CANARY /metrics HTTP/1.1\r\n\r\n", 405, id="a method of nobody"),
        pytest.param(b"GET /canary canary HTTP/1.1\r\n\r\n", 400, id="no request line"),
        pytest.param(b"GET /canary HTTP/canary\r\n\r\n", 400, id="no version"),
        pytest.param(b"GET /canary HTTP/9.9\r\n\r\n", 505, id="a version to come"),
        pytest.param(b"GET /" + b"canary" * 2000 + b" HTTP/1.1\r\n\r\n", 414, id="a long line"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"canary: 1\r\n" * 120, 431, id="many headers"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\xfc\x03\x03canary\r\n\r\n", 400, id="TLS"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(
    port: int, request_: bytes, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """With nothing of what was sent in the answer or on stderr."""
    answer = ask(port, request_)
    assert int(answer.split()[1]) == status
    assert (b"\r\nAllow: GET\r\n" in answer) is (status == 405)
    assert b"canary" not in answer.lower()
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


def test_a_fault_is_told_to_the_log_alone(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    """500, and not a connection that ends without a word."""
    port, folder = served
    bad = folder / "counter_1.db"
    bad.write_bytes(b"canary")
    assert ask(port, b"GET /metrics HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 500 ")
    bad.unlink()
    assert "operator_port_failed" in capfd.readouterr().err
    assert b" 200 " in ask(port)


def test_clients_that_say_nothing_are_sent_away(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than there are slots: whoever comes then is answered when their time is over."""
    monkeypatch.setattr(operator_port, "_CONNECTION_SECONDS", 0.3)
    silent = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(12)]
    try:
        for number, each in enumerate(silent):
            each.sendall(b"GET /metrics HTTP/1.1\r\nX: "[: number * 3])
        assert b" 200 " in ask(port)
        assert all(each.recv(1) in {b"", b"H"} for each in silent)
    finally:
        for each in silent:
            each.close()


def test_a_client_that_resets_is_no_fault(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is said about it, and its slot is free again."""
    for _ in range(20):
        rude = socket.create_connection(("127.0.0.1", port), timeout=30)
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        rude.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        rude.close()
    assert b" 200 " in ask(port)
    assert capfd.readouterr().err == ""


@contextmanager
def workers(folder: Path, *, count: int) -> Iterator[tuple[int, list[int]]]:
    """A port, and the pids of processes that answer on it. This one does not."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        it = OperatorPort(listener, folder=folder)
        pids = [child(it.serve, ends=False) for _ in range(count)]
        try:
            yield int(listener.getsockname()[1]), pids
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("fate", [freeze, kill])
def test_any_live_worker_answers_for_all(folder: Path, fate: Callable[[int], None]) -> None:
    """With one of three stopped or dead the others answer, in time."""
    with workers(folder, count=3) as (port, pids):
        assert b" 200 " in ask(port)
        fate(pids[0])
        for _ in range(50):
            assert b" 200 " in ask(port, patience=20)


@contextmanager
def opened(address: str, environ: dict[str, str], *others: object) -> Iterator[Operations]:
    operations = Operations(address, environ=environ)
    operations.open(others=others, owner=OWNER)
    try:
        yield operations
    finally:
        operations.close()


def refused(address: str, environ: dict[str, str], *others: object) -> str:
    """What is said about the only fault."""
    with pytest.raises(SettingsError) as caught, opened(address, environ, *others):
        pass
    (problem,) = caught.value.problems
    assert problem.field == "SCRIBEPASS_OPERATOR_BIND"
    return problem.message


def test_a_port_in_use_is_said_in_words() -> None:
    """Before there is any worker."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "in use" in refused(f"127.0.0.1:{taken.getsockname()[1]}", {})


ANY = "0.0.0.0"  # noqa: S104 (the fault)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("127.0.0.1", "127.0.0.1"), ("127.0.0.1", ANY), (ANY, "127.0.0.1")]
)
def test_it_is_never_the_callers_port(ours: str, theirs: str) -> None:
    """Whatever names the same port to both."""
    port = free_port()
    assert "one of its own" in refused(f"{ours}:{port}", {}, (theirs, port))


def test_another_address_is_another_port(tmp_path: Path) -> None:
    """The same number is not enough, and a socket file has none."""
    port, environ = free_port(), {FOLDER: str(tmp_path)}
    with opened(f"127.0.0.1:{port}", environ, ("127.0.0.2", port), ("127.0.0.1", port + 1), "/a/socket"):
        pass


def test_a_folder_of_the_operators_is_used_and_cleared(tmp_path: Path) -> None:
    """What an earlier service left there does not count; the folder stays."""
    (tmp_path / "counter_12.db").write_bytes(b"old")
    environ = {FOLDER: str(tmp_path)}
    with opened(f"127.0.0.1:{free_port()}", environ):
        assert environ == {FOLDER: str(tmp_path)}
        assert not (tmp_path / "counter_12.db").exists()
    assert tmp_path.is_dir()


@pytest.mark.parametrize("name", ["/nonexistent", "/proc/self/fd"])
def test_a_folder_that_cannot_be_had_is_said_in_words(name: str) -> None:
    """By the name of its variable, and the port is free again."""
    port = free_port()
    assert FOLDER in refused(f"127.0.0.1:{port}", {FOLDER: name})
    with socket.create_server(("127.0.0.1", port)):
        pass


MASTER = """
import os, sys
from scribepass.app.operations import Operations
Operations(sys.argv[1], environ=os.environ).open(others=[], owner=(os.getuid(), os.getgid()))
if os.fork() == 0:
    sys.exit()
os.wait()
folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]
print(os.path.isdir(folder), folder)
"""


def test_a_folder_of_ours_goes_with_the_master() -> None:
    """And not with the first worker that ends."""
    environ = {name: value for name, value in os.environ.items() if name != FOLDER}
    done = subprocess.run(
        [sys.executable, "-c", MASTER, f"127.0.0.1:{free_port()}"],
        capture_output=True, text=True, env=environ, timeout=60, check=True,
    )  # fmt: skip
    there, _, name = done.stdout.strip().partition(" ")
    assert there == "True"
    assert not Path(name).exists()


def test_the_next_master_takes_the_port_over() -> None:
    """USR2: it answers on the same socket, with figures of its own, when the first has gone."""
    environ: dict[str, str] = {}
    address = f"127.0.0.1:{free_port()}"
    with opened(address, environ) as first:
        env_orig = {FOLDER: environ[FOLDER]}  # as after a HUP
        first.hand_over(env_orig)
        assert FOLDER not in env_orig
        (inherited,) = env_orig
        env_orig[inherited] = str(os.dup(int(env_orig[inherited])))
        second = opened(address, env_orig)
        port = second.__enter__()
    try:
        assert list(env_orig) == [FOLDER]
        assert env_orig[FOLDER] != environ[FOLDER]
        port.serve()
        assert b" 200 " in ask(int(address.rpartition(":")[2]))
    finally:
        second.__exit__(None, None, None)


def test_ipv6() -> None:
    """In brackets."""
    with bound("[::1]:0") as listener:
        assert listener.getsockname()[0] == "::1"


def test_a_burial_that_fails_costs_figures_only(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The master goes on where somebody has removed the folder."""
    with opened(f"127.0.0.1:{free_port()}", {FOLDER: str(tmp_path)}) as operations:
        for path in tmp_path.iterdir():
            path.unlink()
        tmp_path.rmdir()
        operations.bury(12, alive=())
    assert "figures_not_kept" in capfd.readouterr().err
