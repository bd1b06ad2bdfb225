"""The time by which everything here goes, shifted on demand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

__all__ = ["MAX_SHIFT_SECONDS", "ShiftedClock"]

MAX_SHIFT_SECONDS = 10 * 366 * 86_400


class ShiftedClock:
    """Another clock that goes ``shift_seconds`` ahead of it, or behind."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.shift_seconds = 0.0
        self._clock = clock

    def __call__(self) -> datetime:
        """The time, aware, in UTC."""
        return self._clock() + timedelta(seconds=self.shift_seconds)
