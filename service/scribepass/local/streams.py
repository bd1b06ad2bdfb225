"""The streams that are open: how many there may be, and one for each session id."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

from . import refusals
from .refusals import Refusal, Refused

__all__ = ["Ending", "Streams"]


class Ending(Protocol):
    """A stream, as far as it can be told to end."""

    def end(self, refusal: Refusal) -> None:
        """End soon, with this exception."""
        ...


class Streams:
    """Admits at most ``most`` streams at once."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._open: dict[tuple[str, str], Ending] = {}
        self._count = 0

    @contextlib.contextmanager
    def admitted(self, stream: Ending, *, account: str, session_id: str) -> Iterator[None]:
        """Hold a place for ``stream``. An older one of the same account and session id is ended.

        :class:`Refused` when all places are taken.
        """
        key = (account, session_id)
        older = self._open.get(key)
        if self._count - (older is not None) >= self._most:
            raise Refused(refusals.TOO_MANY)
        if older is not None:
            older.end(refusals.CONFLICT)
        self._open[key] = stream
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1
            if self._open.get(key) is stream:
                del self._open[key]
