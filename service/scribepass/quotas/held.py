"""What this process knows of outstanding tickets: for while the store is away, and for when it is back."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from scribepass.errors import Scope

from .leases import LONGEST_WAIT, Full, Leases
from .store import Leased
from .tally import RESERVE
from .windows import whole_part

__all__ = ["Held", "Untold"]

_BELIEVED = (
    600.0  # seconds: a session that was closed at another process must not keep its caller out for long
)
_MANY = 10_000


class Untold(NamedTuple):
    """What the store is to be told: sessions to hold, for how many seconds, and sessions that are closed."""

    held: list[tuple[str, str, float]]
    closed: list[tuple[str, str]]


class Held:
    """A conservative picture of the store's leases. Safe to share between threads.

    It is what the store last said of a caller, believed for ten minutes. While the store is away a caller may
    hold its limit by that picture, and of leases granted without the store this process grants its share.
    Of the deployment's ceiling it grants its share of what was free when the store last spoke, or of a fifth
    of the ceiling if that is more. What it granted and what was closed meanwhile, the store is told when it
    is back; if it comes back empty, also what this process knows of what it held.
    """

    def __init__(self, *, share: float, monotonic: Callable[[], float]) -> None:
        self._share = share
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known = Leases()
        self._alone = Leases()
        self._closed: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._total = 0
        self._told_at = 0.0

    def learn(self, caller: str, leased: Leased) -> None:
        """The store has spoken."""
        with self._lock:
            now = self._monotonic()
            ends = {session: now + min(left, _BELIEVED) for session, left in leased.sessions.items()}
            self._known.replace(caller, ends)
            self._total, self._told_at = leased.total, now

    def take(self, caller: str, session: str, *, seconds: float, limit: int, ceiling: int) -> Full | None:
        """Hold a session without the store, or say what is full."""
        with self._lock:
            now = self._monotonic()
            if not self._known.holds(caller, session, now):
                if limit and self._known.count(caller, now) >= limit:
                    return Full(Scope.SESSIONS, LONGEST_WAIT)
                if ceiling and self._alone.total(now) >= self._most(ceiling, now):
                    return Full(Scope.GLOBAL, LONGEST_WAIT)
                part = whole_part(limit, self._share)
            else:
                part = 0
            full = self._alone.take(caller, session, ends=now + seconds, limit=part, ceiling=0, now=now)
            if full is None:
                self._known.put(caller, session, ends=now + min(seconds, _BELIEVED))
                self._closed.pop((caller, session), None)
            return full

    def release(self, caller: str, session: str, *, told: bool) -> None:
        """A session is closed; whether the store knows."""
        with self._lock:
            self._known.drop(caller, session)
            self._alone.drop(caller, session)
            if not told:
                self._closed[caller, session] = None
                if len(self._closed) > _MANY:
                    self._closed.popitem(last=False)

    def untold(self, *, everything: bool) -> Untold:
        """What the store is to be told; ``everything`` that is known, if it has forgotten."""
        with self._lock:
            now = self._monotonic()
            held = [*self._alone.items(now), *(self._known.items(now) if everything else ())]
            return Untold(
                [(caller, session, ends - now) for caller, session, ends in held], list(self._closed)
            )

    def told(self, untold: Untold) -> None:
        """The store was told this."""
        with self._lock:
            for caller, session, _ in untold.held:
                self._alone.drop(caller, session)
            for each in untold.closed:
                self._closed.pop(each, None)

    def _most(self, ceiling: int, now: float) -> int:
        free = ceiling - (self._total if now < self._told_at + _BELIEVED else 0)
        if self._share >= 1:
            return max(0, free)
        return max(1, int(self._share * max(ceiling * RESERVE, free) + 1e-9))
