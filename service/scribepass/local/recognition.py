"""Where each stream gets its recogniser, and how many there may be at once."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from . import refusals
from .recognisers import Engine, Options, Said
from .recognisers.inline import Inline
from .recognisers.process import Child
from .recognisers.threaded import Threaded

__all__ = ["Recognition", "Recognitions"]


class Recognition(Protocol):
    """One stream's recogniser, seen from the event loop, which it never blocks."""

    async def feed(self, pcm: bytes) -> None:
        """Hand over 16-bit mono PCM; waits while the recogniser is behind."""
        ...

    async def finish(self) -> None:
        """End the audio: the last results follow."""
        ...

    def said(self) -> AsyncIterator[Sequence[Said]]:
        """Yield what is said as it comes, until the last word."""
        ...


class Recognitions:
    """Opens recognisers of one engine, at most ``processes`` of them in processes or threads of their own."""

    def __init__(self, engine: Engine, *, processes: int) -> None:
        self.engine = engine
        self._processes = processes
        self._running = 0

    @contextlib.asynccontextmanager
    async def open(self, options: Options) -> AsyncIterator[Recognition]:
        """Lend a recogniser. :class:`~scribepass.local.refusals.Refused` when there are too many."""
        if self.engine.isolation == "inline":
            async with Inline(self.engine, options) as inline:
                yield inline
            return
        if self._running >= self._processes:
            raise refusals.Refused(refusals.TOO_MANY)
        self._running += 1
        if self.engine.isolation == "thread":
            async with Threaded(self.engine, options, at_rest=self._release) as threaded:
                yield threaded
            return
        try:
            async with Child(self.engine, options) as child:
                yield child
        finally:
            self._release()

    def _release(self) -> None:
        self._running -= 1
