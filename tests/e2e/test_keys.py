"""API keys in the service as it runs: what the file says is so within seconds, in every process, unasked."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from scribepass.cli import main
from support.gunicorn import AWS, UNLIMITED, Running, running
from support.service import QUERY
from support.stack import READY_SECONDS, wait_until_ready

PROMISE = 5.0
"""Seconds within which a change counts."""


class Callers:
    """A key file that is changed as an operator would, and a service that nobody tells of it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "keys.json"
        keys = {"SCRIBEPASS_API_KEYS_FILE": str(self.path), "SCRIBEPASS_WORKERS": "2"}
        self.settings = {**AWS, **UNLIMITED, **keys}

    def _keys(self, *arguments: str) -> str:
        done = CliRunner().invoke(main, ["keys", arguments[0], "--file", str(self.path), *arguments[1:]])
        assert done.exit_code == 0, done.output
        return done.stdout.strip()

    def new(self) -> str:
        return self._keys("new", "--caller", "page")

    def revoke(self, key: str) -> None:
        self._keys("revoke", key.split("_")[2])


def status(it: Running, key: str) -> int:
    return it.ask(f"/presign?{QUERY}", **{"X-API-Key": key})[0]


def seconds_until(statuses: Callable[[], set[int]], only: int) -> float:
    """When the last answer came that was another than ``only``, within twice what is promised."""
    began, last = time.monotonic(), 0.0
    while (now := time.monotonic() - began) < 2 * PROMISE:
        if statuses() != {only}:
            last = now
        elif now - last > PROMISE:
            break
    return last


def test_a_revoked_key_is_refused_by_every_worker_within_five_seconds(tmp_path: Path) -> None:
    """Both processes know it at first; 5 s after it is revoked nobody does, and the other key goes on."""
    callers = Callers(tmp_path)
    lost, kept = callers.new(), callers.new()
    with running(tmp_path, **callers.settings) as it:
        assert {status(it, lost) for _ in range(40)} == {200}
        callers.revoke(lost)
        assert seconds_until(lambda: {status(it, lost) for _ in range(8)}, 401) <= PROMISE
        assert {status(it, kept) for _ in range(40)} == {200}
        printed = it.log.read_text()
    assert not any(key[17:] in printed for key in (lost, kept))


class Client:
    """Asks without a pause, with the newest key that it was given, and keeps the answers."""

    def __init__(self, it: Running, keys: list[str]) -> None:
        self.it, self.keys = it, keys
        self.answers: list[int] = []

    def ask(self, over: threading.Event) -> None:
        while not over.wait(0.02):
            self.answers.append(status(self.it, self.keys[-1]))


def rotate(callers: Callers, it: Running, in_use: list[str], clients: list[Client]) -> None:
    """Give the clients a new key once the service knows it, and revoke the old one once none uses it."""
    new = callers.new()
    assert seconds_until(lambda: {status(it, new) for _ in range(8)}, 200) <= PROMISE
    in_use.append(new)
    asked = [len(each.answers) + 2 for each in clients]
    until(lambda: all(len(each.answers) >= count for each, count in zip(clients, asked, strict=True)))
    callers.revoke(in_use[-2])


def test_keys_are_rotated_without_a_failed_request(tmp_path: Path) -> None:
    """New key, a moment, callers move to it, old key revoked: twice, and every answer is 200."""
    callers = Callers(tmp_path)
    in_use, over = [callers.new()], threading.Event()
    with running(tmp_path, **callers.settings) as it:
        clients = [Client(it, in_use) for _ in range(3)]
        threads = [threading.Thread(target=each.ask, args=(over,)) for each in clients]
        for thread in threads:
            thread.start()
        try:
            for _ in range(2):
                rotate(callers, it, in_use, clients)
            assert seconds_until(lambda: {status(it, in_use[0])}, 401) <= PROMISE
        finally:
            over.set()
            for thread in threads:
                thread.join()
        assert {answer for each in clients for answer in each.answers} == {200}
        assert sum(len(each.answers) for each in clients) > 100


def test_a_revoked_key_does_not_come_back_with_a_new_worker(tmp_path: Path) -> None:
    """The file is broken and the worker killed: its successor goes on with what it knew, not the master."""
    callers = Callers(tmp_path)
    lost, kept = callers.new(), callers.new()
    with running(tmp_path, **{**callers.settings, "SCRIBEPASS_WORKERS": "1"}) as it:
        callers.revoke(lost)
        until(lambda: status(it, lost) == 401)
        callers.path.write_text("broken")
        (first,) = workers(it)
        os.kill(first, signal.SIGKILL)
        until(lambda: len(workers(it)) == 2)
        wait_until_ready(f"http://127.0.0.1:{it.port}/readyz", it.process, it.log)
        assert [status(it, key) for key in (lost, kept)] == [401, 200]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers(it: Running) -> list[int]:
    said = [each["event"] for each in it.lines() if "Booting worker" in each["event"]]
    return [int(each.split()[-1]) for each in said]
