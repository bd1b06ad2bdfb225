"""One HTTP/2 request and its answer; of a stream of Transcribe's, the wire."""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import Callable
from typing import Protocol

from scribepass.local.limits import Limits
from scribepass.local.wire import Gone

from .requests import Fields

__all__ = ["Carrier", "Http2Wire", "Reset"]


class Reset(enum.Enum):
    """Why a stream is reset, as RFC 9113, 7 numbers it."""

    NO_ERROR = 0  # the answer is whole, and the rest of the request is not wanted
    INTERNAL_ERROR = 2
    REFUSED_STREAM = 7


class Carrier(Protocol):
    """A connection, as far as one of its streams needs it."""

    def respond(self, stream_id: int, head: Fields) -> None:
        """Send the head of the answer."""
        ...

    def acknowledge(self, stream_id: int, size: int) -> None:
        """Let the client send ``size`` more bytes."""
        ...

    def reset(self, stream_id: int, why: Reset) -> None:
        """End the stream at once, both ways."""
        ...

    def flush(self) -> None:
        """Send what windows and the socket allow."""
        ...


class Http2Wire:
    """The server's end of one HTTP/2 stream.

    What comes is acknowledged when more is asked for, so that the client's window closes while audio waits.
    What goes stands in a buffer of its own, so that a frame that was begun is never torn: only its sender
    waits, and may be cancelled.
    """

    transport = "http2"

    def __init__(self, carrier: Carrier, stream_id: int, *, limits: Limits) -> None:
        self._carrier = carrier
        self.stream_id = stream_id
        self._limits = limits
        self._incoming = bytearray()
        self._owed = 0  # flow-controlled bytes that came
        self._taken = 0  # those that have been given to who receives
        self._forgetting = False
        self._heard_all = False
        self._outgoing = bytearray()
        self._ending = False
        self._said_all = False
        self._gone = False
        self._hanging = False
        self._changed = asyncio.Event()

    async def receive(self) -> bytes | None:
        """Wait for a slice of the request's body; None at its end. :class:`Gone`."""
        self._acknowledge(self._taken)
        await self._until(lambda: bool(self._incoming) or self._heard_all)
        data = bytes(self._incoming)
        self._incoming.clear()
        self._taken = self._owed
        return data or None

    async def send(self, frame: bytes) -> None:
        """Send, as fast as the client takes it. :class:`Gone`."""
        if self._gone:
            raise Gone
        self._outgoing += frame
        self._carrier.flush()
        await self._until(lambda: not self._outgoing)

    async def close(self, farewell: bytes = b"") -> None:
        """Send what is left and END_STREAM. What the client still sends is forgotten, for a while.

        Some clients end their audio only when they have seen the end of the answer; who does not even then
        is told to stop.
        """
        if self._gone:
            return
        self._forgetting = True
        self._acknowledge(self._owed)
        self._outgoing += farewell
        self._ending = True
        self._carrier.flush()
        try:
            async with asyncio.timeout(self._limits.close_seconds):
                await self._until(lambda: self._said_all and self._heard_all)
        except TimeoutError:
            self._reset(Reset.NO_ERROR if self._said_all else Reset.INTERNAL_ERROR)
        except Gone:
            pass

    async def hang(self) -> None:
        """Send nothing more and open the client's window no more; the connection goes on for others."""
        self._hanging = True
        await self.lost()

    async def lost(self) -> None:
        """Wait for a reset, or for the end of the connection."""
        with contextlib.suppress(Gone):
            await self._until(lambda: False)

    def abort(self) -> None:
        """Reset the stream, not the connection: others may have streams on it."""
        self._reset(Reset.INTERNAL_ERROR)

    def begin(self, head: Fields) -> None:
        """Send the head of the answer; its body follows by :meth:`send` and :meth:`close`."""
        if not self._gone:
            self._carrier.respond(self.stream_id, head)

    def feed(self, data: bytes, flow_controlled: int) -> None:
        """The client has sent a piece; ``flow_controlled`` counts its padding as well."""
        self._owed += flow_controlled
        if self._forgetting:
            self._acknowledge(self._owed)
            return
        self._incoming += data
        self._changed.set()

    def feed_eof(self) -> None:
        """The client has sent all."""
        self._heard_all = True
        self._changed.set()

    def lose(self) -> None:
        """The stream or its connection is no more."""
        if not self._gone:
            self._gone = True
            self._acknowledge(self._owed)
            self._incoming.clear()
            self._outgoing.clear()
            self._changed.set()

    @property
    def over(self) -> bool:
        """Whether nothing can come or go any more."""
        return self._gone or (self._said_all and self._heard_all)

    def take(self, most: int) -> tuple[bytes, bool] | None:
        """Up to ``most`` bytes to be sent now, and whether they are the last; None when there is nothing."""
        if self._hanging:
            return None
        piece = bytes(self._outgoing[: max(0, most)])
        del self._outgoing[: len(piece)]
        last = self._ending and not self._outgoing and not self._said_all
        if self._gone or not (piece or last):
            return None
        self._said_all = last
        if not self._outgoing:
            self._changed.set()
        return piece, last

    async def _until(self, happened: Callable[[], bool]) -> None:
        while not (self._gone or happened()):
            self._changed.clear()
            await self._changed.wait()
        if self._gone:
            raise Gone

    def _acknowledge(self, size: int) -> None:
        if size:
            self._owed -= size
            self._taken = 0
            self._carrier.acknowledge(self.stream_id, size)

    def _reset(self, why: Reset) -> None:
        if not self.over:
            self._carrier.reset(self.stream_id, why)
        self.lose()
