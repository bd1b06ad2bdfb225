"""A local AWS in a thread of its own, with an event loop of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from scribepass.local.recognisers.scripted import Scripted
from scribepass.local.server import LocalAws, serve

__all__ = ["REGION", "Running"]

REGION = "us-east-1"
SCRIPT = ("hello world",)

_Answer = TypeVar("_Answer")


class Running:
    """Runs while the context lasts, on free ports of 127.0.0.1. ``local`` is the thread's: see `call`."""

    def __init__(self) -> None:
        self.local: LocalAws
        self._ready: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, name="scribepass-local-aws", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def call(self, what: Callable[[LocalAws], _Answer]) -> _Answer:
        """What ``what`` returns, or raises, of the local AWS, between two steps of its loop."""

        async def called() -> _Answer:
            return what(self.local)

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        serving = serve(port=0, tls_port=0, recogniser=Scripted(SCRIPT), region=REGION, control_port=0)
        async with serving as self.local:
            self._ready.set_result(None)
            await self._stop.wait()
