"""Whether the store answers, and what that means for what this process may admit by itself.

The limit of one window is L, of N processes each has the share 1/N. While the store is away nobody knows
what it has granted to others. So this process goes by what it knows: its own admissions. ::

        L in all         trouble           a minute later            back           a minute later
    ────────────────────────┼─────────────────────┼────────────────────┼─────────────────────┼────────────
     the store's yes        │ alone: a fifth of   │ alone: its share   │ the store's yes     │ the store's
                            │ its share           │                    │ *and* its share     │ yes

The first minute: L may have been granted just before, all by one process, and is still in the window: all
processes together add no more than 0.2 L to it. Then only what each has admitted itself is left: its share,
L in all. (A process that has never reached the store cannot know whether others have: it does the same.)
Back, the store knows nothing of what was admitted alone: for a minute both must agree. (After less
than a minute away that is not needed: the store has kept what it granted, and all together added 0.2 L.)

If the store comes back empty, its yes is worth nothing for a minute: each process still holds its share, and
within a minute of the trouble a fifth of it, for what it admits with the store's yes, too. Whether it is
empty is seen by a mark in it that each process remembers. If trouble comes again before the last is over,
nobody has admitted more than that meanwhile, so it counts from where the first began.

A fifth of a share may be less than one admission. A process to which the store has not refused the caller
within the minute still admits one: limits that small may be passed by one for each process.

This holds for windows up to a minute. In longer ones the first minute's rule would shut callers out for long:
there each process allows its share alone at once, and tells the store later, with the caller's next request,
what it does not know. A caller who first spends a whole hour's limit at one process, and then finds the
others alone, gets their shares on top.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from scribepass.background import uniform
from scribepass.telemetry import Metrics, get_log

from .store import StoreAway
from .windows import MINUTE

__all__ = ["Watch"]

_PAUSE = (0.75, 1.25)  # seconds between attempts; drawn, so that not all processes come back at once
_QUIET = 0.7  # seconds without an answer to a request after which the thread asks
_APART = 5.0  # seconds: by how much processes differ, at most, in when trouble began
_NEVER = -math.inf

_log = get_log("quotas")


class Watch:
    """Stops asking at the first failure, and asks again in the background until there is an answer.

    ``recover`` speaks to the store and tells it what it missed, says whether it has forgotten, and raises
    `StoreAway`. No request waits for that. A thread does it, about once a second, also when nobody else has
    asked for as long: so every process notices trouble, and its end, within about a second of the others.
    Safe to share between threads. ``share`` as in `build_quotas`; where it is all of it there are no others.
    """

    def __init__(
        self,
        recover: Callable[[], bool],
        *,
        share: float,
        monotonic: Callable[[], float],
        metrics: Metrics,
        draw: Callable[[float, float], float] = uniform,
    ) -> None:
        self._recover = recover
        self._sole = share >= 1
        self._monotonic = monotonic
        self._metrics = metrics
        self._draw = draw
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._heard = self._trouble = self._back = _NEVER
        self._away = self._wary = False

    @property
    def away(self) -> bool:
        """Whether not to ask."""
        return self._away

    def start(self) -> None:
        """Begin to watch in the background, if that has not begun in this process."""
        if self._thread is not None and self._thread.is_alive():
            return
        with self._lock:
            if not self._closed.is_set() and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="limiter-store", daemon=True)
                self._thread.start()

    def heard(self) -> None:
        """It has answered."""
        if self._heard == _NEVER:
            self._metrics.gauge("limiter_degraded", 0)
        self._heard = self._monotonic()

    def heard_within(self, seconds: float) -> bool:
        """Whether it has answered so lately, and has not failed since."""
        return not self._away and self._monotonic() - self._heard < seconds

    def unsettled(self, now: float) -> bool:
        """Whether what the store granted to others before the trouble may still be in a window."""
        return not self._sole and now < self._trouble + MINUTE

    def settles(self, now: float) -> float:
        """Seconds until that is no longer so."""
        return self._trouble + MINUTE - now

    def guarded(self, now: float) -> bool:
        """Whether the store's yes is not enough, because it does not know what was admitted lately."""
        return self._wary and now < self._back + MINUTE

    def lost(self, error: StoreAway) -> None:
        """It has failed: do not ask until it is back."""
        self._metrics.count("store_errors")
        with self._lock:
            if self._away:
                return
            self._begin_trouble()
            self._away = True
        self._metrics.gauge("limiter_degraded", 1)
        _log.warning("limiter_store_lost", error=str(error))

    def beat(self) -> None:
        """Ask, unless somebody has just had an answer."""
        if not self.heard_within(_QUIET):
            self.attempt()

    def attempt(self) -> bool:
        """Ask once; whether there was an answer."""
        with self._asking:
            return self._attempt()

    def close(self) -> None:
        """Ask no more."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def _attempt(self) -> bool:
        try:
            forgotten = self._recover()
        except StoreAway as error:
            self.lost(error)
            return False
        with self._lock:
            was_away, self._away = self._away, False
            if forgotten and not was_away:
                self._begin_trouble()
            if forgotten or was_away:
                self._end_trouble(forgotten=forgotten)
        self.heard()
        if forgotten or was_away:
            self._metrics.gauge("limiter_degraded", 0)
            _log.info("limiter_store_back", forgotten=forgotten)
        return True

    def _begin_trouble(self) -> None:
        now = self._monotonic()
        if not self.guarded(now):
            self._trouble = now

    def _end_trouble(self, *, forgotten: bool) -> None:
        self._back = self._monotonic()
        # One alone is held to no fifth: what it admitted may be the whole limit.
        self._wary = forgotten or self._sole or self._back - self._trouble >= MINUTE - _APART

    def _run(self) -> None:
        while not self._closed.wait(self._draw(*_PAUSE)):
            self.beat()
