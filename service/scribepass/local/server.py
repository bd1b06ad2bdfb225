"""The server: one port on loopback, for STS and for the three WebSocket paths of Transcribe streaming."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import cast

from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as serve_websockets
from websockets.http11 import Request, Response

from .aws import LocalAws
from .limits import Limits
from .recognisers import Engine
from .recognisers.process import preload

__all__ = ["DEFAULT_PORT", "LocalAws", "serve"]

DEFAULT_PORT = 8444

# Audio that comes faster than it is heard waits with the client, not here: its pings stand in the same queue.
_RECEIVE_BYTES = 128 * 1024


def utcnow() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


@contextlib.asynccontextmanager
async def serve(
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    *,
    recogniser: Engine,
    region: str = "us-east-1",
    clock: Callable[[], datetime] = utcnow,
    limits: Limits | None = None,
    refuse_handshake: bool = False,
    signing_secret: bytes | None = None,
) -> AsyncIterator[LocalAws]:
    """Serve a local AWS of one ``region`` while the context lasts; ``port`` 0 takes a free one.

    ``refuse_handshake``: answer refusals with HTTP 4xx instead of an exception frame after the 101.
    ``signing_secret``: makes session tokens that outlive this server. ``ValueError`` for a host that is not
    loopback, since whoever can connect can use this machine; ``OSError`` for a port that is taken.

    A script calls this under ``if __name__ == "__main__":``, like every user of ``multiprocessing``.
    """
    limits = limits or Limits()
    local = LocalAws(
        recogniser,
        region=region,
        clock=clock,
        limits=limits,
        refuse_handshake=refuse_handshake,
        signing_secret=signing_secret,
    )
    with _bound(host, port) as listener:
        preload(recogniser)
        async with _listening(local, listener, limits=limits) as server:
            local.host, local.port = listener.getsockname()[:2]
            try:
                yield local
            finally:
                server.close()
                local.abort_http()


def _listening(local: LocalAws, listener: socket.socket, *, limits: Limits) -> Server:
    return serve_websockets(
        local.transcribe,
        sock=listener,
        create_connection=cast("type[ServerConnection]", local.sniffer),
        process_request=local.examine,
        process_response=_completed,
        compression=None,
        server_header=None,
        open_timeout=limits.open_seconds,
        close_timeout=limits.close_seconds,
        ping_interval=None,  # silence is ended by the limit on audio; a pong would wait behind unheard audio
        max_size=limits.message_bytes,
        logger=_quiet_logger(),
    )


def _bound(host: str, port: int) -> socket.socket:
    address = ipaddress.ip_address(host)
    if not address.is_loopback:
        raise ValueError(f"the local AWS listens on loopback only, not on {host}")
    listener = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)  # connections inherit it
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener


def _completed(_connection: ServerConnection, request: Request, response: Response) -> None:
    versions = request.headers.get_all("Sec-WebSocket-Version")
    if response.status_code == 400 and versions and versions != ["13"]:
        response.headers["Sec-WebSocket-Version"] = "13"  # RFC 6455, 4.4: or the client cannot try again
    if "x-amzn-requestid" not in response.headers:
        response.headers["x-amzn-requestid"] = str(uuid.uuid4())


def _quiet_logger() -> logging.Logger:
    """Make a logger that nobody can set to DEBUG by name: there, websockets writes the signed URL."""
    logger = logging.Logger("websockets.server", level=logging.WARNING)  # noqa: LOG001 - on purpose, see above
    logger.parent = logging.getLogger()
    return logger
