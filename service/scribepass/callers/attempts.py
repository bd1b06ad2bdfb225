"""Exchanges that end in time, also where the other side does not.

No option of an HTTP library bounds a whole exchange (a byte a second goes on for ever), and Python cannot end
a thread. So each has a thread of its own, which is left behind when its time is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

__all__ = ["MAX_ABANDONED", "Attempts", "TooManyAbandoned"]

MAX_ABANDONED = 4
"""Exchanges that were left behind and have not ended; with so many, no other is begun until one has."""


class TooManyAbandoned(RuntimeError):
    """The other side hangs, and has hung so often that it is not asked again for now."""


class Attempts:
    """Calls ``ask``, for ``seconds`` each time. For one thread at a time."""

    def __init__(self, ask: Callable[[], bytes], *, seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._abandoned: list[threading.Thread] = []

    def fetch(self) -> bytes:
        """What ``ask`` returns. What comes too late is dropped.

        Raises:
            TimeoutError: nothing came in time.
            TooManyAbandoned: it was not called.
            Exception: whatever it raised.
        """
        self._abandoned = [each for each in self._abandoned if each.is_alive()]
        if len(self._abandoned) >= MAX_ABANDONED:
            raise TooManyAbandoned
        result: Future[bytes] = Future()
        thread = threading.Thread(target=self._call, args=(result,), name="fetch-key-set", daemon=True)
        thread.start()
        thread.join(self._seconds)
        if not result.done():
            self._abandoned.append(thread)
            raise TimeoutError
        return result.result()

    def _call(self, result: Future[bytes]) -> None:
        try:
            result.set_result(self._ask())
        except Exception as error:  # noqa: BLE001 (it is raised again where it was waited for)
            result.set_exception(error)
