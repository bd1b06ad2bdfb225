"""What was admitted, by key, in this process's memory.

``limits`` has a memory of its own. It is not used, because (measured, 5.8): it starts a thread every 10 ms
under load, which walks over all keys; its moving window keeps each key for ever, and keys are addresses too;
its sliding window stands on the wall clock's grid and admitted 1.9 times the limit within one window; and its
time cannot be given to it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict

from . import Standing
from .windows import Window

__all__ = ["Log"]


class Log:
    """Moments of admission, exact to the last one. Its owner holds a lock around each use.

    Moments are a monotonic clock's seconds. At most ``keys`` keys: the one used longest ago is forgotten.
    """

    def __init__(self, *, keys: int = 50_000) -> None:
        self._keys = keys
        self._moments: OrderedDict[str, list[float]] = OrderedDict()
        self._forget_at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._moments)

    def count(self, key: str, window: Window, now: float) -> int:
        """Admissions within the window that ends now."""
        moments = self._moments.get(key, ())
        return len(moments) - bisect_right(moments, now - window.seconds)

    def wait(self, key: str, window: Window, now: float) -> float:
        """Seconds until the window has room for one more; 0 where it has."""
        if self.count(key, window, now) < window.limit:
            return 0.0
        return self._moments[key][-window.limit] + window.seconds - now

    def standing(self, key: str, window: Window, now: float) -> Standing:
        """Where the key stands: it eases when the first of the admissions within the window leaves it."""
        used = self.count(key, window, now)
        eases = self._moments[key][-used] + window.seconds - now if used else 0.0
        return window.standing(used=used, eases=eases)

    def add(self, key: str, now: float, *, keep: float) -> None:
        """An admission. Those of more than ``keep`` seconds ago are forgotten."""
        moments = self._moments.setdefault(key, [])
        del moments[: bisect_right(moments, now - keep)]
        moments.append(now)
        self._forget_at[key] = now + keep
        self._moments.move_to_end(key)
        self._sweep(now)

    def undo(self, key: str, moment: float) -> None:
        """Take back one admission that was added at ``moment``."""
        moments = self._moments.get(key, [])
        index = bisect_left(moments, moment)
        if index < len(moments) and moments[index] == moment:
            del moments[index]

    def pop(self, key: str) -> list[float]:
        """Forget a key, and say what was known of it."""
        self._forget_at.pop(key, None)
        return self._moments.pop(key, [])

    def restore(self, key: str, moments: list[float], *, keep: float) -> None:
        """Add admissions of the past."""
        if moments:
            self._moments[key] = sorted([*self._moments.get(key, ()), *moments])
            self._forget_at[key] = self._moments[key][-1] + keep

    def copy(self) -> Log:
        """Another with the same admissions."""
        twin = Log(keys=self._keys)
        twin._moments = OrderedDict((key, list(moments)) for key, moments in self._moments.items())
        twin._forget_at = dict(self._forget_at)
        return twin

    def _sweep(self, now: float) -> None:
        # Two for each that is added: idle keys go sooner than new ones can come.
        for _ in range(2):
            key = next(iter(self._moments))
            if len(self._moments) <= self._keys and now < self._forget_at[key]:
                return
            self.pop(key)
