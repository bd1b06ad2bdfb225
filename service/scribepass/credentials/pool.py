"""A few threads that make attempts for many.

STS's quota is one for the account and cannot be raised: a process makes at most a few calls a second, and
those of requests that wait come before those that renew what still lasts. While STS is away, one attempt at a
time finds out whether it is back; everybody else is told at once that it is not.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from scribepass.background import Attempts, begins_anew, uniform
from scribepass.telemetry import NULL_METRICS, Metrics

from . import CredentialSource
from .faults import Fault
from .kept import Kept
from .outage import Outage
from .plan import OF_CALLER, Plan
from .snapshot import Draw

__all__ = ["CALLS", "Pool"]

CALLS = 3
"""Attempts a second, at the most."""

_THREADS = 4
_MOST_RENEWALS = 64  # that wait for a thread; one that does not fit is asked for again by the next request


class Pool:
    """Sees to attempts. Safe to share between threads; its own begin with the first attempt.

    ``monotonic`` runs ``tempo`` times as fast as real time.
    """

    def __init__(
        self,
        *,
        plan: Plan = OF_CALLER,
        calls: int = CALLS,
        monotonic: Callable[[], float] | None = None,
        tempo: float = 1.0,
        draw: Draw = uniform,
    ) -> None:
        self._plan = plan
        self._draw = draw
        self._monotonic = monotonic or (lambda: time.monotonic() * tempo)
        self._tempo = tempo
        self._outage = Outage(draw)
        self._closed = False
        self._begun: deque[float] = deque(maxlen=calls)
        self._answered = float("-inf")
        self._most_asked = calls * plan.deadline  # the turn of another would come after the deadline
        self.begin_anew()
        begins_anew(self)

    def begin_anew(self) -> None:
        """Go on in a forked child: nothing waits, and nothing runs."""
        self._changed = threading.Condition()
        self._attempts = Attempts(timeout=self._plan.timeout / self._tempo)
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._asked: dict[Kept, None] = {}
        self._renewals: dict[Kept, None] = {}
        self._running: dict[Kept, float] = {}

    def supplier(
        self, source: CredentialSource, *, clock: Callable[[], datetime], metrics: Metrics = NULL_METRICS
    ) -> Kept:
        """A supplier whose attempts are made here. ``clock`` is the wall clock, at the pool's tempo."""
        return _Pooled(
            self,
            source,
            clock=clock,
            plan=self._plan,
            monotonic=self._monotonic,
            tempo=self._tempo,
            draw=self._draw,
            metrics=metrics,
        )

    def add(self, kept: Kept, *, awaited: bool) -> bool:
        """Make an attempt for ``kept`` soon, sooner where it is ``awaited``; False if there will be none."""
        with self._changed:
            if kept in self._running or kept in self._asked:
                return True
            line, most = (self._asked, self._most_asked) if awaited else (self._renewals, _MOST_RENEWALS)
            busy = self._running or self._asked or self._renewals
            if self._closed or len(line) >= most or self._outage.forbids(self._monotonic(), busy=bool(busy)):
                return False
            self._renewals.pop(kept, None)
            line[kept] = None
            if self._idle < len(self._asked) + len(self._renewals) and len(self._threads) < _THREADS:
                self._threads.append(threading.Thread(target=self._run, name="refresh-callers", daemon=True))
                self._threads[-1].start()
            self._changed.notify()
            return True

    def patience(self) -> float:
        """For how many seconds a request may wait for an attempt at this moment.

        Until the deadline, counted from the start of the oldest attempt where none has ended well since: an
        STS that hangs must not hold up all threads, one behind the other.
        """
        with self._changed:
            now = self._monotonic()
            since = max(min(self._running.values(), default=now), self._answered)
            return max(self._plan.deadline - (now - since), 0.0)

    def close(self) -> None:
        """End the threads and wait for them."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (kept := self._next()) is not None:
            fault = kept.attempt(self._attempts)
            for each in self._done(kept, fault):
                each.give_up()

    def _next(self) -> Kept | None:
        with self._changed:
            while not self._closed:
                line = self._asked or self._renewals
                pause = self._until_due()
                if line and pause <= 0:
                    kept = next(iter(line))
                    del line[kept]
                    now = self._monotonic()
                    self._running[kept] = now
                    self._begun.append(now)
                    if self._asked or self._renewals:
                        self._changed.notify()
                    return kept
                self._idle += 1
                self._changed.wait(pause / self._tempo if line else None)
                self._idle -= 1
            return None

    def _until_due(self) -> float:
        """Seconds until one more attempt may begin."""
        full = len(self._begun) == self._begun.maxlen
        return self._begun[0] + 1.0 - self._monotonic() if full else 0.0

    def _done(self, kept: Kept, fault: Fault | None) -> list[Kept]:
        """Note how an attempt ended, and say who waits in vain from here on."""
        with self._changed:
            del self._running[kept]
            now = self._monotonic()
            if fault in {None, Fault.DENIED}:
                self._answered = now
            if not self._outage.goes_on(fault, now):
                return []
            vain = [*self._asked, *self._renewals]
            self._asked.clear()
            self._renewals.clear()
            return vain


class _Pooled(Kept):
    """Is renewed for as long as somebody uses it."""

    def __init__(self, pool: Pool, *args: Any, **options: Any) -> None:  # noqa: ANN401 (those of `Kept`)
        super().__init__(*args, **options)
        self._pool = pool

    def _ask(self) -> bool:
        return self._pool.add(self, awaited=True)

    def _nudge(self) -> None:
        if not self._busy and self._monotonic() >= self._pauses.background:
            self._pool.add(self, awaited=False)

    def _patience(self) -> float:
        return self._pool.patience()
