"""Once a second, in every worker: how things stand, written where the operator's port reads it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from scribepass.background import begins_anew
from scribepass.telemetry import EventLog, Metrics, get_log
from scribepass.telemetry.sink import Sink

from .readiness import Readiness

__all__ = ["SERVICE", "SKEW_WARNING", "Pulse"]

SERVICE = "service"
"""The part that is all those without which no ticket can be vended."""
SKEW_WARNING = 5.0
"""Seconds between this clock and that of STS above which the log says so."""

_T = TypeVar("_T")


class Pulse:
    """A thread that writes gauges, started in the process that uses it: after a fork, in each child anew.

    ``seconds_left`` is the life of the credentials at hand, ``ages`` how long ago each issuer's keys were
    fetched (None: never), ``degraded`` whether the limiter counts without its store, and ``skew`` this clock
    less that of STS (None: not known yet). ``now`` is the wall clock.
    """

    def __init__(
        self,
        metrics: Metrics,
        *,
        readiness: Readiness,
        seconds_left: Callable[[], float],
        ages: Callable[[], Mapping[str, float | None]] = dict,
        degraded: Callable[[], bool] = bool,
        skew: Callable[[], float | None] = lambda: None,
        interval: float = 1.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._metrics = metrics
        self._gauges: dict[str, Callable[[], float | None]] = {
            "credential_seconds_left": seconds_left,
            "limiter_degraded": lambda: float(degraded()),
            "clock_skew_seconds": skew,
            "pulse_timestamp_seconds": now,
        }
        self._ready = {**readiness.parts, SERVICE: readiness.ready}
        self._ages = ages
        self._skew = skew
        self._skewed = False
        self._interval = interval
        self._log: EventLog = get_log("pulse")
        self._failing: set[str] = set()
        self._thread: threading.Thread | None = None
        self.begin_anew()
        begins_anew(self)

    def start(self) -> None:
        """Begin in this process, unless that has happened already."""
        with self._starting:
            if not self._ended.is_set() and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the thread and wait for it."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def begin_anew(self) -> None:
        """Forget a forked child's parent: its thread is not here, and its locks may be held for ever."""
        self._starting = threading.Lock()
        self._ended = threading.Event()
        self._thread = None
        self._counted = Sink.dropped  # what was lost before is the parent's to tell

    def beat(self) -> None:
        """Write every gauge once. What cannot be read is logged once, and leaves the others alone."""
        for part, ready in self._ready.items():
            self._metrics.gauge("ready", float(self._read(f"ready_{part}", ready) or False), part=part)
        for issuer, age in (self._read("key_set_age_seconds", self._ages) or {}).items():
            if age is not None:
                self._metrics.gauge("key_set_age_seconds", age, issuer=issuer)
        for name, reading in self._gauges.items():
            value = self._read(name, reading)
            if value is not None:
                self._metrics.gauge(name, value)
        self._read("clock", self._look_at_clock)
        self._count_lost_lines()

    def _count_lost_lines(self) -> None:
        dropped = Sink.dropped
        for _ in range(self._counted, dropped):
            self._metrics.count("log_lines_lost")
        self._counted = dropped

    def _look_at_clock(self) -> None:
        skew = self._skew() or 0.0
        skewed = abs(skew) > SKEW_WARNING
        if skewed and not self._skewed:
            self._log.warning("clock_skew", seconds=round(skew, 1))
        elif self._skewed and not skewed:
            self._log.info("clock_skew_ended", seconds=round(skew, 1))
        self._skewed = skewed

    def _read(self, name: str, reading: Callable[[], _T]) -> _T | None:
        try:
            value = reading()
        except Exception:  # noqa: BLE001 (one reading must neither end the thread nor hide the others)
            if name not in self._failing:
                self._log.error("reading_failed", reading=name, exc_info=True)
            self._failing.add(name)
            return None
        self._failing.discard(name)
        return value

    def _run(self) -> None:
        ended = self._ended  # the parent's, if a fork replaces it
        while True:
            self.beat()
            if ended.wait(self._interval):
                return
