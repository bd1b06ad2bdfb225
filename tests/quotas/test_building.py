"""Quotas as the settings want them, with a real store and the thread that watches it."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scribepass.callers import Caller
from scribepass.errors import Throttled
from scribepass.quotas import Ceiling, Quota, Quotas
from scribepass.quotas.building import build_quotas
from scribepass.quotas.memory import InMemory
from support.redis import RedisServer, running

pytestmark = pytest.mark.usefixtures("socket_enabled")

MANY = Quota(per_minute=1000, burst=0, per_hour=0)
ADA = Caller(id="ada")


def built(url: str | None) -> Quotas:
    return build_quotas(url, ceiling=Ceiling(), failures_per_minute=20, share=0.5)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with running(tmp_path) as started:
        yield started


@pytest.fixture
def quotas(server: RedisServer) -> Iterator[Quotas]:
    made = built(server.url)
    yield made
    made.close()


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_without_a_store_it_is_memory() -> None:
    """No thread, no connection."""
    assert isinstance(built(None), InMemory)


def test_making_one_asks_nobody() -> None:
    """The master of gunicorn makes one to check the settings, and forks."""
    threads = threading.active_count()
    built("redis://127.0.0.1:1").close()
    assert threading.active_count() == threads


def test_a_bad_url_is_refused_without_its_password() -> None:
    """The text goes to the operator's screen."""
    with pytest.raises(ValueError, match="Redis or Valkey") as raised:
        built("http://:s3cret@host")
    assert "s3cret" not in str(raised.value)


def test_it_notices_by_itself_that_the_store_goes_and_comes(server: RedisServer, quotas: Quotas) -> None:
    """Stopped, resumed, killed, started: within seconds it is not ready and ready again, unasked."""
    eventually(quotas.ready)
    for away, back in ((server.pause, server.resume), (server.kill, server.start)):
        away()
        eventually(lambda: quotas.degraded)
        assert not quotas.ready()
        quotas.spend(ADA, quota=MANY)
        quotas.lease(ADA, session_id="1", quota=Quota(), seconds=60)
        quotas.release(ADA, session_id="1")
        back()
        eventually(lambda: not quotas.degraded)
        assert quotas.ready()


def test_three_tenants_and_one_of_them_greedy(server: RedisServer, quotas: Quotas) -> None:
    """Through the store too, the greedy one holds three sessions and the others get theirs."""
    other = built(server.url)
    eventually(quotas.ready)
    eventually(other.ready)
    held = 0
    for number in range(50):
        try:
            (quotas, other)[number % 2].lease(
                Caller(id="greedy"), session_id=str(number), quota=Quota(), seconds=60
            )
            held += 1
        except Throttled:
            continue
    for tenant in ("ada", "bob"):
        for session in "123":
            other.lease(Caller(id=tenant), session_id=session, quota=Quota(), seconds=60)
    other.close()
    assert held == 3 or quotas.degraded or other.degraded, "the machine was too busy for 50 ms"
