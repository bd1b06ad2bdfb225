"""Quotas in the memory of one process."""

from __future__ import annotations

import threading
from collections.abc import Callable

from scribepass.callers import Caller

from . import Ceiling, Quota, Standing
from .failures import Failures
from .leases import Leases
from .log import Log
from .names import name_of
from .windows import limits_of, whole_part

__all__ = ["InMemory"]


class InMemory:
    """Exact, for one process; of several processes each allows its ``share``, which is at least one.

    A lease lives in the process that granted it, and can be released before its end only there: several
    processes want a store.
    """

    degraded = False

    def __init__(
        self, *, ceiling: Ceiling, failures_per_minute: int, share: float, monotonic: Callable[[], float]
    ) -> None:
        self._ceiling = ceiling
        self._share = share
        self._monotonic = monotonic
        self._log = Log()
        self._leases = Leases()
        self._lock = threading.Lock()
        self._failures = Failures(failures_per_minute, share=share, monotonic=monotonic)

    def spend(self, caller: Caller, *, quota: Quota) -> Standing | None:
        """Count one request in every window or, if one of them is full, in none."""
        key = name_of(caller.id)
        limits = limits_of(quota, self._ceiling, self._share)
        with self._lock:
            now = self._monotonic()
            for each, _, part in limits.windows(key):
                if wait := self._log.wait(each, part, now):
                    raise part.refusal(wait)
            for each, keep in limits.keys(key):
                self._log.add(each, now, keep=keep)
            return self._log.standing(key, limits.told_part, now) if limits.told_part else None

    def lease(self, caller: Caller, *, session_id: str, quota: Quota, seconds: int) -> None:
        """Count an outstanding ticket."""
        limit, ceiling = (whole_part(each, self._share) for each in (quota.sessions, self._ceiling.sessions))
        name, session = name_of(caller.id), name_of(session_id)
        with self._lock:
            now = self._monotonic()
            full = self._leases.take(name, session, ends=now + seconds, limit=limit, ceiling=ceiling, now=now)
        if full:
            raise full.refusal()

    def release(self, caller: Caller, *, session_id: str) -> None:
        """The session is closed."""
        with self._lock:
            self._leases.drop(name_of(caller.id), name_of(session_id))

    def failed(self, address: str) -> None:
        """Count a refused credential."""
        self._failures.count(address)

    def ready(self) -> bool:
        """Always: there is nobody to wait for."""
        return True

    def close(self) -> None:
        """There is nothing to close."""
