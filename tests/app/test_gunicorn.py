"""gunicorn as shipped: started for real, asked over sockets, and ended."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scribepass.callers.api_keys import new_key
from scribepass.callers.key_file import add_key
from support.gunicorn import AWS, COMMAND, LOCAL, SECRET, Running, running
from support.service import QUERY
from support.stack import READY_SECONDS, environment, free_port, stop, wait_until_ready


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = {**LOCAL, "PORT": "1", "SCRIBEPASS_WORKERS": "2"}
    with running(tmp_path_factory.mktemp("gunicorn"), **settings) as it:
        yield it


def test_it_serves_and_ends_cleanly(tmp_path: Path) -> None:
    """Probes and a ticket, JSON lines only, exit code 0 on TERM, and nothing left behind."""
    with running(tmp_path, **LOCAL) as it:
        assert it.ask("/healthz") == (200, {"status": "ok"})
        status, ticket = it.ask(f"/presign?{QUERY}", **{"X-Request-Id": "request-of-mine"})
        assert status == 200
        assert stop(it.process) == 0
        lines = it.lines()
        (line,) = (each for each in lines if each["event"] == "ticket_issued")
    assert line["ticket_id"] == ticket["ticket_id"]
    assert line["request_id"] == "request-of-mine"
    assert any(each.get("logger") == "gunicorn.error" for each in lines)
    printed = it.log.read_text()
    assert SECRET not in printed
    assert ticket["url"].partition("?")[2] not in printed
    assert ticket["url"].rpartition("=")[2] not in printed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gunicorn.log"]


def test_settings_become_gunicorns_own(local: Running) -> None:
    """Each name is one that this gunicorn knows, with the value that is meant."""
    shown = next(each["event"] for each in local.lines() if each["event"].startswith("Current configuration"))
    values = {line.partition(":")[0].strip(): line.partition(":")[2].strip() for line in shown.splitlines()}
    expected = {
        "bind": f"['127.0.0.1:{local.port}']",
        "worker_class": "scribepass.app.worker.Worker",
        "workers": "2",
        "threads": "8",
        "keepalive": "75",
        "timeout": "30",
        "graceful_timeout": "30",
        "limit_request_fields": "50",
        "limit_request_line": "4094",
        "limit_request_field_size": "8190",
        "forwarded_allow_ips": "[]",
        "control_socket_disable": "True",
        "preload_app": "False",
        "reload": "False",
        "accesslog": "None",
        "header_map": "drop",
    }
    assert {name: values[name] for name in expected} == expected
    assert "SCRIPT_NAME" not in values["forwarder_headers"]


def test_a_trusted_word_from_a_stranger_counts_for_nothing(local: Running) -> None:
    """No forwarded scheme, script name or path is believed, and no underscore stands for a hyphen."""
    answer = local.raw(
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Forwarded-Proto: https\r\n"
        b"SCRIPT_NAME: /x\r\nPATH_INFO: /presign\r\nX-Request_Id: aaaaaaaaaa\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"Strict-Transport-Security" not in answer
    assert b"aaaaaaaaaa" not in answer


EXPECTED = {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Connection": "close",
}


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param(b"GET //presign HTTP/1.1\r\nHost: evil.example\r\n", 400, id="a foreign host"),
        pytest.param(b"GET /presign HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n", 400, id="two hosts"),
        pytest.param(b"POST /presign HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n"
                     b"Content-Type: application/json\r\n", 413, id="a body that is announced too large"),
        pytest.param(b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: localhost\r\n", 414, id="a long line"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: 1\r\n" * 60,
                     431, id="sixty headers"),
        pytest.param(b"POST /presign HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                     b"Content-Length: 5\r\n", 400, id="two lengths"),
        pytest.param(b"GET /canary\r\n", 400, id="no version"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Canary : canary\r\n", 400, id="a bad name"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: canary\r\n", 417, id="an expectation"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: canary\r\n",
                     501, id="a transfer coding"),
    ],
)  # fmt: skip
def test_malformed_requests_are_refused(local: Running, request_: bytes, status: int) -> None:
    """Before or in the application; in the same form, with nothing of what was sent in answer or log."""
    answer = local.raw(request_ + b"Connection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines()[1:])
    assert {name: headers.get(name) for name in EXPECTED} == EXPECTED
    problem = json.loads(body)
    assert (int(answer.split()[1]), problem["status"]) == (status, status)
    assert problem["request_id"] == headers["X-Request-Id"]
    assert len(headers["X-Request-Id"]) >= 8
    assert b"canary" not in answer
    assert "canary" not in local.log.read_text()
    assert "Traceback" not in local.log.read_text()


CHUNKED = (
    b"POST /presign HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
)
GOOD = json.dumps({"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16000}).encode()


@pytest.mark.parametrize(
    ("size", "status"), [(len(GOOD), 201), (8191, 201), (8192, 201), (8193, 413), (20_000, 413)]
)
def test_a_chunked_body_is_held_to_the_limit(local: Running, size: int, status: int) -> None:
    """8 KiB, however it is sent."""
    body = GOOD.ljust(size)
    parts = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:50], body[50:]))
    assert int(local.raw(CHUNKED + parts + b"0\r\n\r\n").split()[1]) == status


@pytest.mark.parametrize(
    "body",
    [b"canary\r\n\r\n", b"-1\r\n{}\r\n", b"2\r\n{}XX0\r\n\r\n", b"2;\x00=\r\n{}\r\n0\r\n\r\n"],
    ids=repr,
)
def test_a_malformed_chunk_is_the_clients_fault(local: Running, body: bytes) -> None:
    """400 with problem details, and no traceback in the log."""
    answer = local.raw(CHUNKED + body)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "bad_request"
    assert b"canary" not in answer
    assert "Traceback" not in local.log.read_text()


def test_keys_are_asked_for_in_production(tmp_path: Path) -> None:
    """Where nothing says local, a key of the file opens, and nothing else does."""
    key, record = new_key("live", caller="web-app")
    add_key(tmp_path / "keys.json", record=record)
    with running(tmp_path, **AWS, SCRIBEPASS_API_KEYS_FILE=str(tmp_path / "keys.json")) as it:
        assert it.ask(f"/presign?{QUERY}")[0] == 401
        status, ticket = it.ask(f"/presign?{QUERY}", Authorization=f"Bearer {key}")
        assert status == 200
        assert ticket["url"].startswith("wss://transcribestreaming.us-east-1.amazonaws.com:8443/")
        assert stop(it.process) == 0
    assert key[17:] not in it.log.read_text()


def refused(folder: Path, *options: str, **settings: str) -> str:
    """What gunicorn says when it does not start; it must end by itself, and not by success."""
    environ = environment(**{"HOME": str(folder), **settings})
    done = subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, env=environ, cwd=folder, timeout=30, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("options", "extra"),
    [
        pytest.param(["--bind", "0.0.0.0:{port}"], {}, id="an option"),
        pytest.param(["--bind", "[::]:{port}"], {}, id="an option, IPv6"),
        pytest.param(["--bind", "127.0.0.1:{port}", "--bind", "0.0.0.0:{other}"], {}, id="one of two"),
        pytest.param([], {"GUNICORN_CMD_ARGS": "--bind=0.0.0.0:{port}"}, id="gunicorn's variable"),
        pytest.param(["--bind", ":{port}"], {}, id="no address"),
    ],
)
def test_the_anonymous_are_not_served_on_another_address(
    tmp_path: Path, options: list[str], extra: dict[str, str]
) -> None:
    """What counts is what would really be bound, whoever said it."""
    ports = {"port": free_port(), "other": free_port()}
    said = refused(
        tmp_path,
        *(each.format(**ports) for each in options),
        **LOCAL,
        **{name: value.format(**ports) for name, value in extra.items()},
    )
    assert "SCRIBEPASS_ANONYMOUS forbids" in said


ACTIVATED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.executable, sys.argv[2:])
"""


def test_the_anonymous_are_not_served_on_an_inherited_socket(tmp_path: Path) -> None:
    """What systemd has bound and hands over counts, whatever the settings say."""
    with socket.create_server(("0.0.0.0", 0)) as bound:  # noqa: S104 (the fault)
        done = subprocess.run(
            [sys.executable, "-c", ACTIVATED, str(bound.fileno()), *COMMAND],
            capture_output=True, text=True, env=environment(**LOCAL, HOME=str(tmp_path)), cwd=tmp_path,
            timeout=30, check=False, pass_fds=[bound.fileno()],
        )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "SCRIBEPASS_ANONYMOUS forbids" in done.stderr
    assert "Traceback" not in done.stderr


def over_socket_file(path: Path, request: bytes, process: subprocess.Popen[bytes]) -> bytes:
    """The answer of the server behind ``path``, as soon as there is one."""
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(path))
            except OSError:
                time.sleep(0.05)
                continue
            connection.settimeout(READY_SECONDS)
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))
    raise AssertionError("nobody listens")


def test_a_unix_socket_is_of_this_machine(tmp_path: Path) -> None:
    """The anonymous may come through a socket file, which only its owner and group can open."""
    path = tmp_path / "s"
    environ = environment(**LOCAL, SCRIBEPASS_BIND=f"unix:{path}", HOME=str(tmp_path))
    request = f"GET /presign?{QUERY} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    with (tmp_path / "log").open("wb") as sink:
        process = subprocess.Popen(COMMAND, stdout=sink, stderr=sink, env=environ, cwd=tmp_path)
        try:
            assert over_socket_file(path, request, process).startswith(b"HTTP/1.1 200")
            assert path.stat().st_mode & 0o007 == 0
        finally:
            assert stop(process) == 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param({}, ["SCRIBEPASS_API_KEYS_FILE"], id="nothing set"),
        pytest.param({"SCRIBEPASS_ANONYMOUS": "true"}, ["SCRIBEPASS_ANONYMOUS"], id="anonymous there"),
        pytest.param({**AWS, "SCRIBEPASS_API_KEYS_FILE": "/no"}, ["cannot be read"], id="no key file"),
        pytest.param({**LOCAL, "SCRIBEPASS_BIND": "0.0.0.0:1"}, ["SCRIBEPASS_BIND"], id="anonymous for all"),
        pytest.param({"SCRIBEPASS_ENV": "prod", "SCRIBEPASS_WORKER": "1"},
                     ["SCRIBEPASS_ENV", "SCRIBEPASS_WORKER", "SCRIBEPASS_WORKERS"], id="mistakes"),
        pytest.param({"SCRIBEPASS_API_KEYS_FILE": "x", "AWS_ENDPOINT_URL_STS": "http://canary"},
                     ["AWS_ENDPOINT_URL_STS"], id="an endpoint in production"),
        pytest.param({**LOCAL, "SCRIBEPASS_PAGE_DIR": "/nonexistent"}, ["SCRIBEPASS_PAGE_DIR"], id="no page"),
    ],
)  # fmt: skip
def test_it_does_not_start_with_faults(tmp_path: Path, settings: dict[str, str], words: list[str]) -> None:
    """Exit code 2 and a sentence for each, before anything listens; no value is echoed."""
    said = refused(tmp_path, **settings)
    assert said.startswith("scribepass cannot start:\n")
    assert all(word in said for word in words)
    assert "canary" not in said


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    """The new process fetches credentials of its own and serves."""
    with running(tmp_path, **LOCAL, SCRIBEPASS_WORKERS="1") as it:
        first = int(
            next(each["event"] for each in it.lines() if "Booting worker" in each["event"]).split()[-1]
        )
        os.kill(first, signal.SIGKILL)
        wait_until_ready(f"http://127.0.0.1:{it.port}/readyz", it.process, it.log)
        assert it.ask(f"/presign?{QUERY}")[0] == 200
        assert stop(it.process) == 0


def booted(it: Running) -> int:
    return sum("Booting worker" in each["event"] for each in it.lines())


def test_a_reload_loses_no_request(tmp_path: Path) -> None:
    """HUP: new processes take over, every request is answered, and the logs stay JSON without doubles."""
    with running(tmp_path, **LOCAL, SCRIBEPASS_WORKERS="1") as it:
        it.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + READY_SECONDS
        while booted(it) < 2:
            assert it.ask("/healthz") == (200, {"status": "ok"})
            assert time.monotonic() < deadline
        wait_until_ready(f"http://127.0.0.1:{it.port}/readyz", it.process, it.log)
        status, ticket = it.ask(f"/presign?{QUERY}")
        assert status == 200
        assert stop(it.process) == 0
        issued = [each for each in it.lines() if each["event"] == "ticket_issued"]
    assert [each["ticket_id"] for each in issued] == [ticket["ticket_id"]]


class Keys:
    """A key file, and a service that reads it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "keys.json"
        self.key = self.add("first")

    def add(self, caller: str) -> str:
        key, record = new_key("live", caller=caller)
        add_key(self.path, record=record)
        return key

    def statuses(self, it: Running, *keys: str) -> list[int]:
        return [it.ask(f"/presign?{QUERY}", **{"X-API-Key": each})[0] for each in keys]


def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers(it: Running) -> list[int]:
    """The processes of the workers that ever booted."""
    said = [each["event"] for each in it.lines() if "Booting worker" in each["event"]]
    return [int(each.split()[-1]) for each in said]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("how", ["reload", "crash"])
def test_a_broken_key_file_ends_nothing(tmp_path: Path, how: str) -> None:
    """Keys that were read go on being good, and strangers strangers; it is said once; mended, it is read."""
    keys = Keys(tmp_path)
    with running(tmp_path, **AWS, SCRIBEPASS_API_KEYS_FILE=str(keys.path), SCRIBEPASS_WORKERS="1") as it:
        mended = keys.path.read_text()
        keys.path.write_text(mended[:-20])
        (first,) = workers(it)
        if how == "reload":
            it.process.send_signal(signal.SIGHUP)
        else:
            os.kill(first, signal.SIGKILL)
        until(lambda: len(workers(it)) == 2 and gone(first))
        wait_until_ready(f"http://127.0.0.1:{it.port}/readyz", it.process, it.log)
        assert keys.statuses(it, keys.key, "sp_live_x") == [200, 401]
        (said,) = (each for each in it.lines() if each["event"] == "api_keys_unreadable")
        assert (said["level"], said["part"]) == ("error", "callers")
        keys.path.write_text(mended)
        second = keys.add("second")
        it.process.send_signal(signal.SIGHUP)
        until(lambda: len(workers(it)) == 3 and gone(workers(it)[1]))
        wait_until_ready(f"http://127.0.0.1:{it.port}/readyz", it.process, it.log)
        assert keys.statuses(it, keys.key, second) == [200, 200]
        keys.path.write_text("broken")
        os.kill(workers(it)[2], signal.SIGKILL)
        until(lambda: len(workers(it)) == 4)
        wait_until_ready(f"http://127.0.0.1:{it.port}/readyz", it.process, it.log)
        assert keys.statuses(it, keys.key, second) == [200, 200]
        assert stop(it.process) == 0
