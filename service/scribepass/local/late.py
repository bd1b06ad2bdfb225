"""Frames that leave later than they were said."""

from __future__ import annotations

import asyncio
from collections import deque

from .wire import Gone, Wire

__all__ = ["LateSender"]

_WAITING = 1024
"""Frames; a client that leaves so many unread does not read at all."""


class LateSender:
    """Sends on a wire, each frame ``seconds`` after it was handed over, and in that order.

    A frame that the client does not take within ``patience`` seconds ends the connection.
    """

    def __init__(self, wire: Wire, *, patience: float) -> None:
        self.seconds = 0.0
        self._wire = wire
        self._patience = patience
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._gone = False

    async def send(self, frame: bytes) -> None:
        """Send now where nothing is late, else soon. :class:`Gone`."""
        if not self.seconds and not self._waiting:
            await self._wire.send(frame)
            return
        if len(self._waiting) >= _WAITING:
            self._wire.abort()
            self._gone = True
        if self._gone:
            raise Gone
        self._waiting.append((asyncio.get_running_loop().time() + self.seconds, frame))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_waiting())

    async def drain(self, *, farewell: bool) -> None:
        """Wait until everything has left, or the client; and as long again before a ``farewell``."""
        if self._sending is not None:
            await asyncio.wait([self._sending])
        if farewell:
            await asyncio.sleep(self.seconds)

    def cancel(self) -> None:
        """Send nothing of what waits."""
        if self._sending is not None:
            self._sending.cancel()

    async def _send_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                due, frame = self._waiting[0]
                await asyncio.sleep(due - loop.time())
                async with asyncio.timeout(self._patience):
                    await self._wire.send(frame)
                self._waiting.popleft()
        except Gone:
            self._gone = True
        except TimeoutError:
            self._wire.abort()
            self._gone = True
