"""Attempts to fetch that end in time, also where the source does not.

No option of an HTTP library bounds a whole exchange (a byte a second goes on for ever), and Python cannot end
a thread. So every attempt has a thread of its own, which is left behind when its time is over.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future

from scribepass.sigv4 import Credentials

from . import CredentialSource

__all__ = ["MAX_ABANDONED", "Attempts", "TooManyAbandoned"]

MAX_ABANDONED = 4
"""Attempts that were left behind and have not ended; with so many, no other is made until one has."""


class TooManyAbandoned(TimeoutError):
    """Sources hang, and have hung so often that none is asked again for now."""


class Attempts:
    """Asks sources, within ``timeout`` real seconds each time. Safe to share between threads."""

    def __init__(self, *, timeout: float) -> None:
        self._timeout = timeout
        self._counting = threading.Lock()
        self._abandoned: list[threading.Thread] = []

    def fetch(self, source: CredentialSource) -> Credentials:
        """What the source gives. What it gives too late is dropped.

        Raises:
            TimeoutError: it gave nothing in time.
            TooManyAbandoned: it was not asked.
            Exception: whatever the source raised.
        """
        with self._counting:
            self._abandoned = [each for each in self._abandoned if each.is_alive()]
            if len(self._abandoned) >= MAX_ABANDONED:
                raise TooManyAbandoned
        result: Future[Credentials] = Future()
        thread = threading.Thread(target=_ask, args=(source, result), name="fetch-credentials", daemon=True)
        thread.start()
        thread.join(self._timeout)
        if not result.done():
            with self._counting:
                self._abandoned.append(thread)
            raise TimeoutError
        return result.result()


def _ask(source: CredentialSource, result: Future[Credentials]) -> None:
    try:
        result.set_result(source.fetch())
    except Exception as error:  # noqa: BLE001 (it is raised again where it was waited for)
        result.set_exception(error)
