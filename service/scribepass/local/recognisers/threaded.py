"""A recogniser in a thread of its own, for engines whose library releases the GIL while it works."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from scribepass.telemetry import get_log

from . import Engine, Options, Recogniser, Said

__all__ = ["Threaded"]

_log = get_log("local")
_Answer = TypeVar("_Answer")


class Threaded:
    """The same face as :class:`~scribepass.local.recognisers.process.Child`, with a thread for a child.

    One thread opens, feeds and closes the recogniser. A thread cannot be killed, and whoever leaves does not
    wait for what it still does: ``at_rest`` is called in the event loop once it has done that.
    """

    _recogniser: Recogniser

    def __init__(self, engine: Engine, options: Options, *, at_rest: Callable[[], None]) -> None:
        self._engine = engine
        self._options = options
        self._at_rest = at_rest
        self._held = contextlib.ExitStack()
        self._said: asyncio.Queue[Sequence[Said] | None] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recogniser")

    async def __aenter__(self) -> Self:
        try:
            await self._run(self._open)
        except BaseException:
            self._leave()  # a recogniser that opens after all is closed behind it
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    async def feed(self, pcm: bytes) -> None:
        """Hand over audio; waits until it has been heard."""
        if said := await self._run(lambda: self._recogniser.feed(pcm)):
            self._said.put_nowait(said)

    async def finish(self) -> None:
        """End the audio: the last results follow."""
        self._said.put_nowait(await self._run(self._recogniser.finish))
        self._said.put_nowait(None)

    async def said(self) -> AsyncIterator[Sequence[Said]]:
        """Yield what is said as it comes, until the last word."""
        while (said := await self._said.get()) is not None:
            yield said

    def _open(self) -> None:
        self._recogniser = self._held.enter_context(contextlib.closing(self._engine.open(self._options)))

    async def _run(self, work: Callable[[], _Answer]) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _leave(self) -> None:
        loop = asyncio.get_running_loop()

        def rest(closing: Future[None]) -> None:
            if error := closing.exception():
                _log.error("recogniser_not_closed", exc_info=error)
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._at_rest)

        self._thread.submit(self._held.close).add_done_callback(rest)
        self._thread.shutdown(wait=False)
