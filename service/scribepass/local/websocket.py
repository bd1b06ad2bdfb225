"""A WebSocket as the wire of a stream."""

from __future__ import annotations

import asyncio
import contextlib

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from . import refusals
from .departure import departure
from .limits import Limits
from .refusals import Refused
from .wire import Gone

__all__ = ["WebSocketWire", "interruptible"]


class _Interruptible(ServerProtocol):
    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self.current_size = None  # of a message that will never be whole
        super().recv_frame(frame)


def interruptible(protocol: ServerProtocol) -> ServerProtocol:
    """Let a client close between the fragments of a message, as RFC 6455 (5.4) has it.

    websockets, which makes the protocol itself, answers that with 1002.
    """
    protocol.__class__ = _Interruptible
    return protocol


class WebSocketWire:
    """One open WebSocket, which has one stream."""

    transport = "websocket"

    def __init__(self, connection: ServerConnection, *, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits

    async def receive(self) -> bytes:
        """Wait for a binary message. A client that closes is gone: it would not hear an answer."""
        try:
            message = await self._connection.recv()
        except ConnectionClosed:
            raise Gone from None
        if isinstance(message, str):
            raise Refused(refusals.UNEXPECTED_FRAME)
        return message

    async def send(self, frame: bytes) -> None:
        """Send one message."""
        try:
            await self._connection.send(frame)
        except ConnectionClosed:
            raise Gone from None

    async def close(self, farewell: bytes = b"") -> None:
        """Close with 1000, which clients want even after an exception.

        What the client still sends is read and forgotten, or its close frame would stand behind it, unread.
        """
        limits = self._limits
        reading = asyncio.create_task(self._forget())
        try:
            async with asyncio.timeout(limits.close_gap_seconds + limits.close_seconds):
                if farewell:
                    await self._connection.send(farewell)
                await asyncio.sleep(limits.close_gap_seconds)
                await self._connection.close()
        except TimeoutError:
            self.abort()
        except ConnectionClosed:
            pass
        finally:
            reading.cancel()
            await asyncio.wait([reading])

    async def hang(self) -> None:
        """Leave the client alone with its connection."""
        self._connection.transport.pause_reading()
        await self.lost()
        self.abort()

    async def lost(self) -> None:
        """Look for it, since the client may have said more than was read."""
        await departure(self._connection.transport, meanwhile=lambda: self._connection.state is State.OPEN)

    def abort(self) -> None:
        """Drop the connection."""
        self._connection.transport.abort()

    async def _forget(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._connection.recv()
