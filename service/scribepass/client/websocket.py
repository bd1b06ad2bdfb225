"""The WebSocket of one ticket. Nothing that websockets says of it leaves here: it may hold the URL."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.http11 import Response

from scribepass.client.failures import StreamLost
from scribepass.client.tickets import ClientTicket, is_loopback
from scribepass.errors import StreamFailed
from scribepass.telemetry import redact_text

__all__ = ["WebSocket", "open_websocket"]

CLOSE_SECONDS = 1.0
PING_SECONDS = 20.0
MAX_MESSAGE_BYTES = 1024 * 1024
"""A result with every word of 30 s of speech has some 20 KiB."""

NORMAL_CLOSES = {1000, 1001, 1005}
"""AWS does not document its codes; these say that a server meant to close."""

SERVER_FAULT = 500

_SILENT = logging.Logger("scribepass.client.websocket")  # noqa: LOG001 - in no tree, so nothing can turn it on
_SILENT.disabled = True
"""At DEBUG websockets logs the request line, and that is the presigned URL."""


@contextlib.asynccontextmanager
async def open_websocket(ticket: ClientTicket, *, within: float) -> AsyncIterator[WebSocket]:
    """Connect with the ticket's URL ``within`` so many seconds; close with code 1000 at the end of the block.

    Raises StreamFailed: AWS's exception where the handshake was refused, else ``StreamLost``.
    """
    connection = await _connect(ticket.url, within=within)
    try:
        yield WebSocket(connection)
    finally:
        await _close(connection)


class WebSocket:
    """An open connection that carries binary messages."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, message: bytes) -> bool:
        """Send, waiting while the network is slower than the audio. False: the connection has closed."""
        try:
            await self._connection.send(message)
        except ConnectionClosed:
            return False
        return True

    async def receive(self) -> bytes | None:
        """The next message; None once the other side has closed on purpose. Raises StreamFailed."""
        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
        if code in NORMAL_CLOSES:
            return None
        how = f"with code {code}" if code else "without a word"
        raise StreamLost("ConnectionLost", f"the connection was closed {how}")


async def _close(connection: ClientConnection) -> None:
    # websockets' own limit begins when all has been written, and a network that stands still takes nothing.
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await connection.close()
    except TimeoutError:
        connection.transport.abort()
    except asyncio.CancelledError:
        connection.transport.abort()
        raise


async def _connect(url: str, *, within: float) -> ClientConnection:
    # The failure is raised outside the handlers: its context would be an exception that knows the URL.
    try:
        return await connect(
            url,
            compression=None,
            # A proxy of the environment would look for loopback on its own machine.
            proxy=None if is_loopback(urlsplit(url).hostname or "") else True,
            open_timeout=within,
            close_timeout=CLOSE_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            max_size=MAX_MESSAGE_BYTES,
            logger=_SILENT,
        )
    except InvalidStatus as refused:
        failure: StreamFailed = _refusal(refused.response)
    except TimeoutError:
        failure = _unconnected(url, f"no answer within {within:g} s; is its port open to this network?")
    except OSError as error:
        failure = _unconnected(url, error.strerror or type(error).__name__)
    except (WebSocketException, ValueError) as error:
        failure = _unconnected(url, f"it does not speak WebSocket ({type(error).__name__})")
    raise failure


def _unconnected(url: str, reason: str) -> StreamFailed:
    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.netloc}"
    return StreamLost("ConnectionFailed", f"cannot connect to {where}: {redact_text(reason)}")


def _refusal(response: Response) -> StreamFailed:
    """AWS's answer to a handshake it refuses: the name in ``x-amzn-errortype``, the text in the body."""
    kind = response.headers.get("x-amzn-errortype", "").partition(":")[0]
    try:
        body = json.loads(response.body or b"")
        said = str(body.get("Message") or body.get("message"))
    except (ValueError, AttributeError):
        said = response.reason_phrase
    text = f"{redact_text(said)} (HTTP {response.status_code})"
    if not kind and response.status_code >= SERVER_FAULT:
        # Something between us and Transcribe, which may be better soon.
        return StreamLost("ConnectionFailed", text, kind="HandshakeRefused")
    return StreamFailed(kind or "HandshakeRefused", text)
