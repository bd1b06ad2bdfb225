"""Attempts to fetch that end in time, also where the other side does not.

No option of an HTTP library bounds a whole exchange (a byte a second goes on for ever), and Python cannot end
a thread. So every attempt has a thread of its own, which is left behind when its time is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

__all__ = ["MAX_ABANDONED", "Attempts", "TooManyAbandoned"]

MAX_ABANDONED = 4
"""Attempts that were left behind and have not ended; with so many, no other is made until one has."""

_T = TypeVar("_T")


class TooManyAbandoned(TimeoutError):
    """The other side hangs, and has hung so often that it is not asked again for now."""


class Attempts:
    """Asks, within ``timeout`` real seconds each time. Safe to share between threads."""

    def __init__(self, *, timeout: float) -> None:
        self._timeout = timeout
        self._counting = threading.Lock()
        self._abandoned: list[threading.Thread] = []

    def make(self, ask: Callable[[], _T]) -> _T:
        """What ``ask`` returns. What it returns too late is dropped.

        Raises:
            TimeoutError: nothing came in time.
            TooManyAbandoned: it was not asked.
            Exception: whatever it raised.
        """
        with self._counting:
            self._abandoned = [each for each in self._abandoned if each.is_alive()]
            if len(self._abandoned) >= MAX_ABANDONED:
                raise TooManyAbandoned
        result: Future[_T] = Future()
        thread = threading.Thread(target=_make, args=(ask, result), name="attempt", daemon=True)
        thread.start()
        thread.join(self._timeout)
        if not result.done():
            with self._counting:
                self._abandoned.append(thread)
            raise TimeoutError
        return result.result()


def _make(ask: Callable[[], _T], result: Future[_T]) -> None:
    try:
        result.set_result(ask())
    except Exception as error:  # noqa: BLE001 (it is raised again where it was waited for)
        result.set_exception(error)
