"""A recogniser in the server's own process, for engines that cost next to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Self

from . import Engine, Options, Said

__all__ = ["Inline"]


class Inline:
    """The same face as :class:`~scribepass.local.recognisers.process.Child`, without a child."""

    def __init__(self, engine: Engine, options: Options) -> None:
        self._recogniser = engine.open(options)
        self._said: asyncio.Queue[Sequence[Said] | None] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._recogniser.close()

    async def feed(self, pcm: bytes) -> None:
        """Hand over audio."""
        if said := self._recogniser.feed(pcm):
            self._said.put_nowait(said)

    async def finish(self) -> None:
        """End the audio: the last results follow."""
        self._said.put_nowait(self._recogniser.finish())
        self._said.put_nowait(None)

    async def said(self) -> AsyncIterator[Sequence[Said]]:
        """Yield what is said as it comes, until the last word."""
        while (said := await self._said.get()) is not None:
            yield said
