"""Time that moves only by hand, or faster than it does."""

import time
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


class Clock:
    """A wall clock when called, and a monotonic one beside it."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now
        self._elapsed = 0.0

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Both clocks move on."""
        self.now += timedelta(seconds=seconds)
        self._elapsed += seconds

    def set_wall(self, seconds: float) -> None:
        """Somebody sets the wall clock; the monotonic one does not care."""
        self.now += timedelta(seconds=seconds)


class Hurried:
    """A wall clock that runs ``tempo`` times as fast as the real one, from ``start`` (POSIX time) on.

    Processes that are given the same ``start`` agree on the time.
    """

    def __init__(self, tempo: float, *, start: float | None = None) -> None:
        self.tempo = tempo
        self.start = time.time() if start is None else start

    def __call__(self) -> datetime:
        elapsed = (time.time() - self.start) * self.tempo
        return datetime.fromtimestamp(self.start + elapsed, UTC)
