"""Redis or Valkey, alone or as a cluster, as the store. `limits` counts; leases are scripts beside it.

A request asks one question for each window (the shortest first; of the sliding-window counter each is one
round trip, about 0.2 ms), and one for the standing that it is told.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import RedisClusterStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from scribepass.errors import Scope

from .leases import Full
from .scripts import LEASE, MARK, RELEASE
from .store import TIMEOUT, Leased, Spent, StoreAway
from .windows import MINUTE, Limits, Window

__all__ = ["RedisStore", "dialled"]

_PREFIX = "scribepass:1"  # the number changes with what the keys hold: deployments overlap
_LEASES = f"{_PREFIX}:{{leases}}"
_MARK_SECONDS = 7 * 86_400
_ROUNDS = 5  # questions that a request asks at most
_MILLISECOND = 0.002  # and a little
_PROBE = Window(limit=1_000_000, seconds=MINUTE)
_FULL = {1: Scope.SESSIONS, 2: Scope.GLOBAL}

T = TypeVar("T")


class _Line(NamedTuple):
    """The clients of one process."""

    client: Any
    rates: SlidingWindowCounterRateLimiter
    lease: Callable[..., list[Any]]
    release: Callable[..., object]
    mark: Callable[..., object]


class RedisStore:
    """A `Store`. Connects at the first question, in whichever process that is asked. Safe between threads.

    ``timeout`` is what it has to accept a connection, and for each answer; several answers in a row have
    twice that until the last is asked for. So no request waits for more than three, unless it must connect.
    """

    def __init__(self, url: str, *, timeout: float = TIMEOUT) -> None:
        self._uri, self._options = dialled(url)
        self._options |= {"socket_timeout": timeout, "socket_connect_timeout": timeout}
        self._timeout = timeout
        self._lock = threading.Lock()
        self._line: _Line | None = None
        self._process = 0
        self._connected = self._forgotten = False
        self._mark: object = None

    def spend(self, key: str, limits: Limits, *, owed: int) -> Spent:
        """Count one request in each window in turn; those before the one that refuses have counted it."""
        return self._ask(lambda line: _spend(line.rates, key, limits, owed, self._late()))

    def lease(self, caller: str, session: str, *, seconds: float, limit: int, ceiling: int) -> Leased:
        """Hold a session: one round trip."""
        arguments = [session, f"{caller}:{session}", int(seconds * 1000), limit, ceiling]
        answer = self._ask(lambda line: line.lease(keys=_keys(caller), args=arguments))
        kind, wait, total, *rest = answer
        names = (each.decode() for each in rest[::2])
        return Leased(
            full=Full(_FULL[kind], wait / 1000) if kind else None,
            total=total,
            sessions={name: left / 1000 for name, left in zip(names, rest[1::2], strict=True)},
        )

    def release(self, caller: str, session: str) -> None:
        """Hold it no longer: one round trip."""
        self._ask(lambda line: line.release(keys=_keys(caller), args=[session, f"{caller}:{session}"]))

    def recover(self) -> bool:
        """Write as often as a request does, and look at the mark."""
        self._connected = True
        self._call(lambda line: _probe(line.rates))  # connects if it must, which is not timed
        late = self._late()
        for _ in range(_ROUNDS):
            _mind(late)
            self._call(lambda line: _probe(line.rates))
        forgotten, self._forgotten = self._forgotten, False
        return forgotten

    def close(self) -> None:
        """End this process's connections."""
        with self._lock:
            line, self._line = self._line, None
        if line is not None and self._process == os.getpid():
            line.client.close()

    def _late(self) -> float:
        return time.monotonic() + 2 * self._timeout

    def _ask(self, question: Callable[[_Line], T]) -> T:
        answer = self._call(question)
        if self._forgotten:
            raise StoreAway("StoreForgot")
        return answer

    def _call(self, question: Callable[[_Line], T]) -> T:
        try:
            line = self._dial()
            answer = question(line)
            if self._connected:
                self._connected = False
                self._look(line)
        except StoreAway:
            raise
        except Exception as error:  # noqa: BLE001 (whatever a client raises: none of it is the caller's)
            raise StoreAway(type(error).__name__) from None
        return answer

    def _look(self, line: _Line) -> None:
        """Whether the mark is still there that was there before. Asked on each new connection."""
        mark = line.mark(keys=[f"{_PREFIX}:mark"], args=[secrets.token_hex(8), _MARK_SECONDS])
        self._forgotten |= self._mark not in {None, mark}
        self._mark = mark

    def _dial(self) -> _Line:
        line = self._line
        if line is not None and self._process == os.getpid():
            return line
        if not self._lock.acquire(timeout=self._timeout):  # another thread asks a cluster for its nodes
            raise StoreAway("Connecting")
        try:
            if self._line is None or self._process != os.getpid():
                self._line = self._open()
                self._process = os.getpid()
            return self._line
        finally:
            self._lock.release()

    def _open(self) -> _Line:
        cluster = "+cluster:" in self._uri
        kind: type[RedisStorage] = RedisClusterStorage if cluster else RedisStorage

        def greet(connection: Any) -> None:  # noqa: ANN401 (redis has no type for all its connections)
            if not cluster:
                connection.on_connect()
            self._connected = True

        options: dict[str, Any] = {**self._options, "redis_connect_func": greet}
        storage = kind(self._uri, key_prefix=_PREFIX, **options)
        client: Any = storage.get_connection()
        return _Line(
            client=client,
            rates=SlidingWindowCounterRateLimiter(storage),
            lease=client.register_script(LEASE),
            release=client.register_script(RELEASE),
            mark=client.register_script(MARK),
        )


def dialled(url: str) -> tuple[str, dict[str, Any]]:
    """A URL as `limits` takes it, and the options of its client.

    ``redis`` or ``valkey``, then ``s`` for TLS, then ``+unix`` or ``+cluster``. One client speaks to both.

    Raises:
        ValueError: it is none of these, or names no server. The text does not repeat the URL.
    """
    parts = urlsplit(url)
    transport, _, form = parts.scheme.partition("+")
    if transport not in {"redis", "rediss", "valkey", "valkeys"} or form not in {"", "unix", "cluster"}:
        raise ValueError("not a URL of Redis or Valkey")
    tls = transport.endswith("ss") or transport == "valkeys"
    options: dict[str, Any] = {
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,  # the fewest round trips to connect
    }
    if form == "cluster":
        options |= dict(parse_qsl(parts.query))
        options |= {
            name: unquote(each) for name in ("username", "password") if (each := getattr(parts, name))
        }
        if tls:
            options["ssl"] = True
    scheme = f"redis+{form}" if form else "rediss" if tls else "redis"
    return f"{scheme}{url[len(parts.scheme) :]}", options


def _keys(caller: str) -> list[str]:
    return [f"{_LEASES}:{caller}", f"{_LEASES}:*"]


@lru_cache(maxsize=256)
def _item(window: Window) -> RateLimitItem:
    return RateLimitItemPerSecond(window.limit, int(window.seconds), "rate")


def _spend(rates: SlidingWindowCounterRateLimiter, key: str, limits: Limits, owed: int, late: float) -> Spent:
    for each, window, _ in limits.windows(key):
        _mind(late)
        cost = 1 + owed if window.seconds > MINUTE else 1
        if not rates.hit(_item(window), each, cost=cost):
            _mind(late)
            return Spent(refused=window, wait=_standing(rates, window, each)[1])
    if limits.told is None:
        return Spent()
    _mind(late)
    remaining, eases = _standing(rates, limits.told, key)
    return Spent(remaining=remaining, eases=eases)


def _standing(rates: SlidingWindowCounterRateLimiter, window: Window, key: str) -> tuple[int, float]:
    stats = rates.get_window_stats(_item(window), key)
    eases = stats.reset_time - time.time()
    # In the first millisecond of a window `limits` takes its end for its beginning.
    return stats.remaining, eases if eases > _MILLISECOND else window.seconds


def _probe(rates: SlidingWindowCounterRateLimiter) -> None:
    rates.hit(_item(_PROBE), "probe")


def _mind(late: float) -> None:
    if time.monotonic() > late:
        raise StoreAway("Slow")
