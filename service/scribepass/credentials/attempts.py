"""Attempts to fetch that end in time, also where the source does not.

No option of an HTTP library bounds a whole exchange (a byte a second goes on for ever), and Python cannot end
a thread. So every attempt has a thread of its own, which is left behind when its time is over.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future

from scribepass.sigv4 import Credentials

from . import CredentialSource

__all__ = ["MAX_ABANDONED", "TIMEOUT", "Attempts", "TooManyAbandoned"]

TIMEOUT = 5.0
"""Seconds that one attempt may take in all."""

MAX_ABANDONED = 4
"""Attempts that were left behind and have not ended; with so many, no other is made until one has."""


class TooManyAbandoned(RuntimeError):
    """The source hangs, and has hung so often that it is not asked again for now."""


class Attempts:
    """Asks one source, within ``timeout`` seconds each time. For one thread at a time."""

    def __init__(self, source: CredentialSource, *, timeout: float = TIMEOUT) -> None:
        self._source = source
        self._timeout = timeout
        self._abandoned: list[threading.Thread] = []

    def fetch(self) -> Credentials:
        """What the source gives. What it gives too late is dropped.

        Raises:
            TimeoutError: it gave nothing in time.
            TooManyAbandoned: it was not asked.
            Exception: whatever the source raised.
        """
        self._abandoned = [each for each in self._abandoned if each.is_alive()]
        if len(self._abandoned) >= MAX_ABANDONED:
            raise TooManyAbandoned
        result: Future[Credentials] = Future()
        thread = threading.Thread(target=self._ask, args=(result,), name="fetch-credentials", daemon=True)
        thread.start()
        thread.join(self._timeout)
        if not result.done():
            self._abandoned.append(thread)
            raise TimeoutError
        return result.result()

    def _ask(self, result: Future[Credentials]) -> None:
        try:
            result.set_result(self._source.fetch())
        except Exception as error:  # noqa: BLE001 (it is raised again where it was waited for)
            result.set_exception(error)
