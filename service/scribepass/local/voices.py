"""The recognisers of one stream: one for each of its channels."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from scribepass.transcribe.catalogue import BYTES_PER_SAMPLE

from . import refusals
from .lag import Lag
from .recognisers import Options, Said
from .recognition import Recognition, Recognitions
from .refusals import Refused

__all__ = ["Voices"]


class Voices:
    """An asynchronous context; what it has opened ends with it. ``options`` are those of any channel.

    Recognition that is further behind its audio than ``behind_seconds`` is given up.
    """

    def __init__(self, recognitions: Recognitions, options: Options, *, behind_seconds: float) -> None:
        self._recognitions = recognitions
        self._options = options
        self._stack = contextlib.AsyncExitStack()
        self._voices: list[Recognition] = []
        self._open = asyncio.Event()
        self._lag = Lag(behind_seconds)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def begun(self) -> bool:
        """Whether the recognisers are open."""
        return self._open.is_set()

    async def begin(self, channels: int) -> None:
        """Open the recognisers. :class:`~scribepass.local.refusals.Refused` when there are too many."""
        for channel in range(channels):
            options = replace(self._options, channel=channel if channels > 1 else None)
            self._voices.append(await self._stack.enter_async_context(self._recognitions.open(options)))
        self._open.set()

    async def feed(self, pcm: Sequence[bytes]) -> None:
        """Hand over the same stretch of time of each channel; waits while a recogniser is behind.

        :class:`~scribepass.local.refusals.Refused` when one is too far behind.
        """
        clock = asyncio.get_running_loop().time
        seconds, offered = len(pcm[0]) / BYTES_PER_SAMPLE / self._options.sample_rate, clock()
        deadline = self._lag.offer(seconds, now=offered)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await self._hand_over(pcm)
        if (taken := clock()) >= deadline:
            raise Refused(refusals.BEHIND)
        self._lag.take(seconds, offered=offered, now=taken)

    async def _hand_over(self, pcm: Sequence[bytes]) -> None:
        if len(self._voices) == 1:
            await self._voices[0].feed(pcm[0])
            return
        async with asyncio.TaskGroup() as tasks:
            for voice, each in zip(self._voices, pcm, strict=True):
                tasks.create_task(voice.feed(each))

    async def finish(self) -> None:
        """End the audio: the last results follow."""
        for voice in self._voices:
            await voice.finish()

    async def relay(self, say: Callable[[int, Said], Awaitable[None]]) -> None:
        """Pass on what is said, with its channel, until the last word."""
        await self._open.wait()
        async with asyncio.TaskGroup() as tasks:
            for channel, voice in enumerate(self._voices):
                tasks.create_task(_relay(channel, voice, say))


async def _relay(channel: int, voice: Recognition, say: Callable[[int, Said], Awaitable[None]]) -> None:
    async for several in voice.said():
        for said in several:
            await say(channel, said)
