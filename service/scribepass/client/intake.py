"""The source's audio on its way to whichever stream there is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from scribepass.client.audio import CHUNK_SECONDS, SAMPLE_BYTES, AudioFormat, whole_samples
from scribepass.client.liveness import is_audible
from scribepass.client.notices import Dropped, OnNotice
from scribepass.transcribe.resume import Resume

__all__ = ["Intake"]

AHEAD_SECONDS = 1.0
"""A source that can wait is read this far ahead of what was sent."""

TOLD_SECONDS = 1.0
"""Of dropped audio, from one notice to the next; the first comes at once."""


class Intake:
    """Reads a source into ``resume``, and gives each stream what it has to send.

    A source that is not ``live`` is read no further than can be sent; and no faster than it was spoken, while
    ``buffer`` seconds wait for what they say to be final. A live one is, and what ``resume`` cannot hold is
    ``Dropped``.
    """

    def __init__(
        self,
        resume: Resume,
        *,
        form: AudioFormat,
        live: bool,
        buffer: float,
        on_notice: OnNotice,
    ) -> None:
        self._resume = resume
        self.form = form
        self._frame = SAMPLE_BYTES * form.channels
        self._most = self._frame * form.sample_rate
        self._live = live
        self._buffer = buffer
        self._notify = on_notice
        self._lost = self._told = 0.0
        self._fault: Exception | None = None
        self._arrived = asyncio.Event()
        self._left = asyncio.Event()
        self.is_over = False
        """Whether the source has ended."""
        self.audible_until = 0.0
        """When on the timeline something was to be heard last, in seconds."""
        self.settled_until = 0.0
        """When on the timeline the last final result ended; whoever reads the results says so."""

    async def read(self, audio: AsyncIterator[bytes]) -> None:
        """Read all of the source. What it raises comes out of ``pieces`` once all was sent."""
        try:
            async for piece in whole_samples(audio, frame=self._frame, most=self._most):
                self._hear(piece)
                await self._room(len(piece) / self._most)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # Something that the caller's audio waits for was cancelled, not this task.
            self._fault = RuntimeError("the audio was cancelled")
        except Exception as fault:  # noqa: BLE001 - whatever the caller's audio raises
            self._fault = fault
        self.is_over = True
        self._tell(0.0)
        self._arrived.set()

    def _hear(self, audio: bytes) -> None:
        self._lost += self._resume.hear(audio)
        if is_audible(audio):
            self.audible_until = self._resume.heard
        self._tell(TOLD_SECONDS if self._told else 0.0)
        self._arrived.set()

    def _tell(self, at_least: float) -> None:
        new = self._lost - self._told
        if new > 0 and new >= at_least:
            self._told = self._lost
            self._notify(Dropped(seconds=new, total=self._lost))

    async def _room(self, seconds: float) -> None:
        if self._live:
            return
        if self._resume.heard - self.settled_until > self._buffer - AHEAD_SECONDS:
            # More at once would push out what may have to be sent again; but it may as well be silence.
            await asyncio.sleep(seconds)
        while self._resume.backlog >= AHEAD_SECONDS:
            self._left.clear()
            await self._left.wait()

    async def pieces(self, clock: Callable[[], float]) -> AsyncIterator[bytes]:
        """What the stream of now has to send, until the source has ended. Raises what the source raised."""
        while True:
            self._arrived.clear()
            if piece := self._resume.take(clock(), most=CHUNK_SECONDS):
                self._left.set()
                yield piece
            elif self._resume.backlog > 0:
                await asyncio.sleep(CHUNK_SECONDS / 2)  # the stream has had as much as it may have by now
            elif not self.is_over:
                await self._arrived.wait()
            else:
                self.check()
                return

    async def more(self, than: float) -> None:
        """Wait until more ``than`` so many seconds were heard, or the source has ended."""
        while self._resume.heard <= than and not self.is_over:
            self._arrived.clear()
            await self._arrived.wait()

    def check(self) -> None:
        """Raise what the source raised, if it did."""
        if self._fault is not None:
            raise self._fault
