"""How a WebSocket is closed so that every client hears the last word."""

from __future__ import annotations

import asyncio
import contextlib

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from .limits import Limits

__all__ = ["say_goodbye"]


async def say_goodbye(connection: ServerConnection, farewell: bytes = b"", *, limits: Limits) -> None:
    """Send a last message, if any, and close with 1000, which clients want even after an exception.

    What the client still sends is read and forgotten, or its close frame would stand behind it, unread.
    """
    reading = asyncio.create_task(_forget(connection))
    try:
        async with asyncio.timeout(limits.close_gap_seconds + limits.close_seconds):
            if farewell:
                await connection.send(farewell)
            await asyncio.sleep(limits.close_gap_seconds)
            await connection.close()
    except TimeoutError:
        connection.transport.abort()
    except ConnectionClosed:
        pass
    finally:
        reading.cancel()
        await asyncio.wait([reading])


async def _forget(connection: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await connection.recv()
