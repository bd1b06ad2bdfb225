"""A recogniser in the server's own process, for engines that cost next to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from scribepass.transcribe import Result

from . import Engine, Options

__all__ = ["Inline"]


class Inline:
    """The same face as :class:`~scribepass.local.recognisers.process.Child`, without a child."""

    def __init__(self, engine: Engine, options: Options) -> None:
        self._recogniser = engine.open(options)
        self._results: asyncio.Queue[list[Result] | None] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._recogniser.close()

    async def feed(self, pcm: bytes) -> None:
        """Hand over audio."""
        if results := self._recogniser.feed(pcm):
            self._results.put_nowait(results)

    async def finish(self) -> None:
        """End the audio: the last results follow."""
        self._results.put_nowait(self._recogniser.finish())
        self._results.put_nowait(None)

    async def results(self) -> AsyncIterator[tuple[Result, ...]]:
        """Yield results as they come, until the last."""
        while (results := await self._results.get()) is not None:
            if results:
                yield tuple(results)
