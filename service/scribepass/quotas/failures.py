"""Refused credentials by address."""

from __future__ import annotations

import threading
from collections.abc import Callable

from scribepass.errors import Scope

from .log import Log
from .names import network_of
from .windows import MINUTE, Window

__all__ = ["Failures"]


class Failures:
    """Counts in this process alone, also where there is a store, and so allows its share.

    Whoever is counted here is unknown: so nobody unknown can fill the store, load it or time it, and guesses
    are held down whether it is there or not. All processes together hold the limit; one that gets every
    request of an address refuses it sooner, which costs no good credential anything.
    """

    def __init__(self, limit: int, *, share: float, monotonic: Callable[[], float]) -> None:
        self._window = None
        if limit:
            self._window = Window(limit=limit, seconds=MINUTE, scope=Scope.FAILURES).part(share)
        self._monotonic = monotonic
        self._log = Log()
        self._lock = threading.Lock()

    def count(self, address: str) -> None:
        """One more of ``address``; those beyond the limit are not remembered.

        Raises:
            Throttled: it is one too many.
        """
        if self._window is None:
            return
        key = network_of(address)
        with self._lock:
            now = self._monotonic()
            if wait := self._log.wait(key, self._window, now):
                raise self._window.refusal(wait)
            self._log.add(key, now, keep=self._window.seconds)
