"""Outstanding tickets, in this process's memory. ``limits`` counts nothing that is given back."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from scribepass.errors import Scope, Throttled

__all__ = ["LONGEST_WAIT", "Full", "Leases"]

LONGEST_WAIT = 60
"""Seconds to tell a caller to wait, at most: a session may be closed long before its lease ends."""


class Full(NamedTuple):
    """No room: whose limit it is, and in how many seconds the first lease ends that is in the way."""

    scope: Scope
    wait: float

    def refusal(self) -> Throttled:
        """What is raised then."""
        return Throttled(retry_after=min(LONGEST_WAIT, max(1, math.ceil(self.wait))), scope=self.scope)


class Leases:
    """Who holds which session until when. Its owner holds a lock around each use.

    Moments are a monotonic clock's seconds. A lease is there until it ends or is dropped.
    """

    def __init__(self) -> None:
        self._held: dict[str, dict[str, float]] = {}
        self._queue: list[tuple[float, str, str]] = []
        self._total = 0

    def take(
        self, caller: str, session: str, *, ends: float, limit: int, ceiling: int, now: float
    ) -> Full | None:
        """Hold a session until ``ends``, or say what is full; a limit of 0 is none.

        One that is held already only ends later, never sooner, and whatever the limits.
        """
        self._end(now)
        held = self._held.get(caller, {})
        if session not in held:
            if limit and len(held) >= limit:
                return Full(Scope.SESSIONS, min(held.values()) - now)
            if ceiling and self._total >= ceiling:
                return Full(Scope.GLOBAL, self._queue[0][0] - now)
        self.put(caller, session, ends=ends)
        return None

    def put(self, caller: str, session: str, *, ends: float) -> None:
        """Hold a session until ``ends``, whatever the limits."""
        held = self._held.setdefault(caller, {})
        if ends > held.get(session, 0.0):
            self._total += session not in held
            held[session] = ends
            heapq.heappush(self._queue, (ends, caller, session))
            self._tidy()

    def drop(self, caller: str, session: str) -> None:
        """Hold it no longer."""
        held = self._held.get(caller, {})
        if held.pop(session, None) is not None:
            self._total -= 1
            if not held:
                del self._held[caller]
        self._tidy()

    def replace(self, caller: str, sessions: Mapping[str, float]) -> None:
        """The caller holds these, each until the moment beside it, and no others."""
        for session in set(self._held.get(caller, ())) - set(sessions):
            self.drop(caller, session)
        for session, ends in sessions.items():
            self.put(caller, session, ends=ends)

    def count(self, caller: str, now: float) -> int:
        """How many this caller holds."""
        self._end(now)
        return len(self._held.get(caller, ()))

    def total(self, now: float) -> int:
        """How many are held."""
        self._end(now)
        return self._total

    def holds(self, caller: str, session: str, now: float) -> bool:
        """Whether this one is held."""
        self._end(now)
        return session in self._held.get(caller, ())

    def items(self, now: float) -> Iterator[tuple[str, str, float]]:
        """Caller, session and end of each that is held."""
        self._end(now)
        for caller, held in list(self._held.items()):
            for session, ends in list(held.items()):
                yield caller, session, ends

    def _end(self, now: float) -> None:
        while self._queue and self._queue[0][0] <= now:
            _, caller, session = self._queue[0]
            self.drop(caller, session)

    def _tidy(self) -> None:
        # The front of the queue is always a lease that is held; what was dropped or renewed goes with time.
        while (
            self._queue and self._held.get(self._queue[0][1], {}).get(self._queue[0][2]) != self._queue[0][0]
        ):
            heapq.heappop(self._queue)
