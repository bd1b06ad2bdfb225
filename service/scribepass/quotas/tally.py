"""What this process has admitted, and what it may admit when the store's word is not to be had or not enough.

Admissions are remembered at all times: what happened before the trouble counts after it. `watch` has the
rules and the reasons.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from . import Standing
from .log import Log
from .watch import Watch
from .windows import EVERYBODY, MINUTE, Limits, Window

__all__ = ["RESERVE", "Admission", "Tally"]

RESERVE = 0.2
"""The part of a limit that all processes together add to what the store has granted."""


class Admission(NamedTuple):
    """One that is remembered, and the earlier ones that the store is to be told of with it."""

    key: str
    limits: Limits
    moment: float
    owed: list[float]


class Tally:
    """Admissions of this process by key. Safe to share between threads."""

    def __init__(self, watch: Watch, *, share: float, monotonic: Callable[[], float]) -> None:
        self._watch = watch
        self._share = share
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._own = Log()
        self._loose = Log()  # those that the store has not granted, or whose grant is worth nothing
        self._owed = Log()  # those that the store does not know
        self._refused = Log()  # when the store last refused this key

    def admit(self, key: str, limits: Limits, *, alone: bool) -> Admission:
        """Remember one admission, if this process may admit it.

        With the store it may, and the store is asked next, unless its yes is not enough.

        Raises:
            Throttled: it may not.
        """
        with self._lock:
            now = self._monotonic()
            guarded = alone or self._watch.guarded(now)
            if guarded:
                for each, window, part in limits.windows(key):
                    if wait := self._wait(each, window, part, now):
                        raise window.refusal(wait)
            for each, keep in limits.keys(key):
                self._own.add(each, now, keep=keep)
                if guarded:
                    self._loose.add(each, now, keep=MINUTE)
            if limits.longest <= MINUTE:
                return Admission(key, limits, now, [])
            if alone:
                self._owed.add(key, now, keep=limits.longest)
            return Admission(key, limits, now, [] if alone else self._owed.pop(key))

    def take_back(self, admission: Admission) -> None:
        """It was not admitted after all."""
        with self._lock:
            for each, _ in admission.limits.keys(admission.key):
                self._own.undo(each, admission.moment)
                self._loose.undo(each, admission.moment)
            self._owed.restore(admission.key, admission.owed, keep=admission.limits.longest)

    def refused(self, admission: Admission, window: Window) -> None:
        """The store has refused it in this window."""
        self.take_back(admission)
        key = next(each for each, whole, _ in admission.limits.windows(admission.key) if whole is window)
        with self._lock:
            self._refused.pop(key)
            self._refused.add(key, self._monotonic(), keep=MINUTE)

    def standing(self, admission: Admission) -> Standing | None:
        """Where its caller stands with this process alone."""
        part = admission.limits.told_part
        with self._lock:
            return self._own.standing(admission.key, part, admission.moment) if part else None

    def forgotten(self) -> None:
        """The store has forgotten everything: whatever was admitted is owed to it."""
        with self._lock:
            self._owed = self._own.copy()
            self._owed.pop(EVERYBODY)

    def _wait(self, key: str, window: Window, part: Window, now: float) -> float:
        wait = self._own.wait(key, part, now)
        if window.seconds > MINUTE or not self._watch.unsettled(now):
            return wait
        least = 0 if self._refused.count(key, window, now) else 1
        most = max(least, int(window.limit * self._share * RESERVE + 1e-9))
        if self._loose.count(key, window, now) < most:
            return wait
        return max(wait, self._watch.settles(now))
