"""Four real processes on one limit, with a real redis-server that fails in the ways that servers do."""

import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.redis import RedisServer, running, wire
from support.stack import environment

pytestmark = pytest.mark.usefixtures("socket_enabled")

LIMIT = 200
PROCESSES = 4

WORKER = """
    import json, sys, time
    from scribepass.callers import Caller
    from scribepass.errors import Throttled
    from scribepass.quotas import Ceiling, Quota
    from scribepass.quotas.building import build_quotas
    from scribepass.telemetry import configure

    class Errors:
        seen = 0

        def count(self, name, /, **labels):
            self.seen += name == "store_errors"

        def gauge(self, name, value, /, **labels):
            pass

    def ask(quotas, seconds):
        quota = Quota(per_minute=200, burst=0, per_hour=0)
        admitted, refused, other, waits = 0, 0, [], []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            started = time.monotonic()
            try:
                quotas.spend(Caller(id="somebody"), quota=quota)
                admitted += 1
            except Throttled:
                refused += 1
            except BaseException as error:
                other.append(repr(error))
            waits.append(time.monotonic() - started)
            time.sleep(0.01)
        return {"admitted": admitted, "refused": refused, "other": other, "longest": max(waits)}

    configure("error")
    for line in sys.stdin:
        url, seconds = json.loads(line)
        errors = Errors()
        quotas = build_quotas(
            url, ceiling=Ceiling(sessions=0, per_second=0), failures_per_minute=20, share=0.25, metrics=errors
        )
        quotas.ready()
        print("ready", flush=True)
        sys.stdin.readline()
        answer = ask(quotas, seconds)
        quotas.close()
        print(json.dumps({**answer, "errors": errors.seen}), flush=True)
"""


class Workers:
    """Processes that ask as often as told, together."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", textwrap.dedent(WORKER)]
        self._processes = [
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
            )
            for _ in range(PROCESSES)
        ]

    @contextmanager
    def asking(self, url: str, *, seconds: float) -> Iterator[list[dict[str, Any]]]:
        """All of them at once, 100 times in a second; what each saw, when the block has ended."""
        seen: list[dict[str, Any]] = []
        self._tell(json.dumps([url, seconds]))
        assert self._hear() == ["ready"] * PROCESSES
        self._tell("go")
        yield seen
        seen += map(json.loads, self._hear())

    def close(self) -> None:
        for each in self._processes:
            each.kill()
            each.communicate()

    def _tell(self, line: str) -> None:
        for each in self._processes:
            assert each.stdin is not None
            each.stdin.write(f"{line}\n")
            each.stdin.flush()

    def _hear(self) -> list[str]:
        return [each.stdout.readline().strip() for each in self._processes if each.stdout is not None]


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


def judge(seen: list[dict[str, Any]], *, most: float) -> int:
    """No exception but the one that is meant, no long wait, and not too many; how many there were."""
    admitted = sum(each["admitted"] for each in seen)
    print(f"admitted {admitted} of {LIMIT}, longest {max(each['longest'] for each in seen):.3f} s")
    assert [each["other"] for each in seen] == [[]] * PROCESSES
    assert all(each["longest"] < 2 for each in seen)
    assert admitted <= most * LIMIT
    return admitted


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with running(tmp_path) as started:
        yield started


def test_together_they_admit_the_limit(workers: Workers, server: RedisServer) -> None:
    """All the while healthy: exactly the limit, whoever is asked."""
    with workers.asking(server.url, seconds=2) as seen:
        pass
    admitted = judge(seen, most=1.2)
    assert admitted == LIMIT or any(each["errors"] for each in seen), "the machine was too busy for 50 ms"


def test_the_server_is_killed(workers: Workers, server: RedisServer) -> None:
    """In the middle of it, with what it held."""
    with workers.asking(server.url, seconds=4) as seen:
        time.sleep(1)
        server.kill()
    judge(seen, most=1.2)


def test_the_server_is_killed_and_comes_back_empty(workers: Workers, server: RedisServer) -> None:
    """Nobody gets the limit a second time."""
    with workers.asking(server.url, seconds=6) as seen:
        time.sleep(1)
        server.kill()
        time.sleep(1)
        server.start()
    judge(seen, most=1.2)


def test_the_server_is_restarted_every_second(workers: Workers, server: RedisServer) -> None:
    """Empty each time."""
    with workers.asking(server.url, seconds=6) as seen:
        for _ in range(4):
            time.sleep(0.7)
            server.kill()
            time.sleep(0.7)
            server.start()
    judge(seen, most=1.2)


@pytest.mark.parametrize("mode", ["hole", "slow", "reset", "refuse"])
def test_the_network_breaks_and_heals(workers: Workers, server: RedisServer, mode: str) -> None:
    """Accepted and never answered, answered after 5 s, reset, closed; then well again."""
    with wire(server) as cut, workers.asking(cut.url, seconds=7) as seen:
        time.sleep(0.5)
        cut.mode = mode
        time.sleep(3)
        cut.mode = "pass"
    judge(seen, most=1.2)


def test_the_network_flaps_every_second(workers: Workers, server: RedisServer) -> None:
    """Each time with another fault."""
    with wire(server) as cut, workers.asking(cut.url, seconds=7) as seen:
        for mode in ("reset", "hole", "refuse", "slow"):
            time.sleep(0.5)
            cut.mode = mode
            time.sleep(1)
            cut.mode = "pass"
    judge(seen, most=1.2)


def test_without_a_server_they_admit_a_little(workers: Workers, tmp_path: Path) -> None:
    """Never reached: in the first minute a fifth of the limit, divided; never all, never none."""
    server = RedisServer(tmp_path)
    with workers.asking(server.url, seconds=1.5) as seen:
        pass
    assert judge(seen, most=0.2) == 0.2 * LIMIT
