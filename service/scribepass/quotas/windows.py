"""A limit as a number of admissions in a window of time, and what of it one process allows by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from scribepass.errors import Scope, Throttled

from . import Ceiling, Quota, Standing

__all__ = ["EVERYBODY", "MINUTE", "Limits", "Window", "limits_of", "whole_part"]

MINUTE = 60
_HOUR = 3600

EVERYBODY = "*"
"""The key of all callers together."""


def whole_part(limit: int, share: float) -> int:
    """What one process allows of ``limit``: whole ones, at least one; 0 stays 0, which is no limit."""
    return max(1, int(limit * share + 1e-9)) if limit else 0  # 49 * (1 / 49) is less than 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """At most ``limit`` admissions in any ``seconds``; ``scope`` is what a refusal is called."""

    limit: int
    seconds: float
    scope: Scope = Scope.RATE

    def part(self, share: float) -> Window:
        """What one process allows without knowing of the others.

        Where its share is less than one admission, it allows one in so much longer a time: in the long run
        all processes together keep the limit, and no caller is shut out by any of them.
        """
        stretch = min(1.0, self.limit * share + 1e-9)
        limit = whole_part(self.limit, share)
        return Window(limit=limit, seconds=self.seconds / stretch, scope=self.scope)

    def standing(self, *, used: int, eases: float) -> Standing:
        """What a caller is told: what is left, and that in ``eases`` seconds there will be more."""
        return Standing(
            limit=self.limit,
            remaining=max(0, self.limit - used),
            reset=math.ceil(max(0.0, eases)),
            window=math.ceil(self.seconds),
        )

    def refusal(self, wait: float) -> Throttled:
        """What is raised when it has no room for ``wait`` more seconds."""
        return Throttled(retry_after=max(1, math.ceil(wait)), scope=self.scope)


class Limits:
    """Every window that one admission is counted in: whole, and the part that one process allows."""

    def __init__(self, quota: Quota, ceiling: Ceiling, *, share: float) -> None:
        self._of_caller = [(each, each.part(share)) for each in _windows_of_caller(quota)]
        self._of_all = [(each, each.part(share)) for each in _windows_of_all(ceiling)]
        self.longest = max((each.seconds for each, _ in self._of_caller), default=0)
        """Seconds of the longest window of the caller."""
        self.told = next((each for each, _ in self._of_caller if each.seconds >= MINUTE), None)
        """The window that a caller is told about: the minute, or the hour where the minute has no limit."""
        self.told_part = self.told.part(share) if self.told else None

    def windows(self, key: str) -> Iterator[tuple[str, Window, Window]]:
        """Under which key to count, the whole window, its part.

        The shortest of the caller's comes first and everybody's last: what one caller is refused must not
        use up what all share.
        """
        for window, part in self._of_caller:
            yield key, window, part
        for window, part in self._of_all:
            yield EVERYBODY, window, part

    def keys(self, key: str) -> Iterator[tuple[str, float]]:
        """The keys to count under, and for how many seconds an admission matters there."""
        for each, windows in ((key, self._of_caller), (EVERYBODY, self._of_all)):
            if windows:
                yield each, max(part.seconds for _, part in windows)


@lru_cache(maxsize=256)
def limits_of(quota: Quota, ceiling: Ceiling, share: float) -> Limits:
    """The limits of callers with this quota."""
    return Limits(quota, ceiling, share=share)


def _windows_of_caller(quota: Quota) -> Iterator[Window]:
    if 0 < quota.burst < quota.per_minute:
        # At the sustained rate: with 10 in a minute and a burst of 5, any 30 s hold 5.
        yield Window(limit=quota.burst, seconds=math.ceil(MINUTE * quota.burst / quota.per_minute))
    if quota.per_minute:
        yield Window(limit=quota.per_minute, seconds=MINUTE)
    if quota.per_hour:
        yield Window(limit=quota.per_hour, seconds=_HOUR)


def _windows_of_all(ceiling: Ceiling) -> Iterator[Window]:
    if ceiling.per_second:
        limit = max(ceiling.burst, ceiling.per_second)
        yield Window(limit=limit, seconds=math.ceil(limit / ceiling.per_second), scope=Scope.GLOBAL)
