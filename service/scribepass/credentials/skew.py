"""How far this machine's clock is from AWS's, which refuses signatures that are some minutes off."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["ClockSkew"]

_RESOLUTION = 0.5  # seconds: a Date has whole ones, and is half of one too early on average


def _ticks() -> float:
    """Seconds that also pass while the machine sleeps, where the system has such a clock."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


class ClockSkew:
    """This clock less that of STS. Safe to share between threads.

    What STS said is carried on by ``ticks``, which nobody can set: when the wall clock is set right, or
    wrong, that shows at once, and not with the next answer.
    """

    def __init__(self, *, ticks: Callable[[], float] = _ticks) -> None:
        self._ticks = ticks
        self._heard: tuple[float, Callable[[], datetime]] | None = None

    @property
    def seconds(self) -> float | None:
        """Positive where this clock is ahead; None before the first answer."""
        heard = self._heard
        if heard is None:
            return None
        epoch, clock = heard
        return clock().timestamp() - epoch - self._ticks()

    def hear(self, date: str | None, *, clock: Callable[[], datetime], took: float) -> None:
        """Take the Date header of an answer that has just come, ``took`` seconds after it was asked for.

        One that is no date says nothing. ``clock`` is the wall clock that is compared.
        """
        try:
            said = parsedate_to_datetime(date or "")
        except ValueError:
            return
        aware = said if said.tzinfo else said.replace(tzinfo=UTC)  # "-0000" is read as naive
        self._heard = (aware.timestamp() + _RESOLUTION + took / 2 - self._ticks(), clock)
