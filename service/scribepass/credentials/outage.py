"""Whether STS is away, so that not every caller's request must find out for itself. Pure."""

from __future__ import annotations

from .faults import Fault
from .snapshot import Draw

__all__ = ["LONGEST", "LONGEST_THROTTLED", "Outage"]

LONGEST, LONGEST_THROTTLED = 4.0, 30.0
"""Seconds between two attempts during an outage, at the most: it is over within 5 s of STS's return."""

_AT_ONCE = frozenset({Fault.THROTTLED, Fault.TIMEOUT})  # of other faults it takes two in a row


class Outage:
    """Whether STS is away, as far as the last attempts tell."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._failures = 0
        self._on = False
        self._until = 0.0

    def forbids(self, now: float, *, busy: bool) -> bool:
        """Whether no attempt may be made: it is too soon, or one is on its way to find out."""
        return self._on and (busy or now < self._until)

    def goes_on(self, fault: Fault | None, now: float) -> bool:
        """Whether there is an outage, now that an attempt has ended like this."""
        if fault in {None, Fault.DENIED}:
            self._failures, self._on = 0, False
            return False
        self._failures += 1
        self._on = self._on or self._failures > 1 or fault in _AT_ONCE
        longest = LONGEST_THROTTLED if fault is Fault.THROTTLED else LONGEST
        self._until = now + self._draw(0.5, 1.0) * min(2.0**self._failures, longest)
        return self._on
