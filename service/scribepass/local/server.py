"""The server: one port on loopback, for STS and for the three WebSocket paths of Transcribe streaming."""

from __future__ import annotations

import asyncio
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

from .access import Access
from .aws import LocalAws
from .control import Control
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
async def serve(  # noqa: PLR0913 - keywords with defaults
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    *,
    recogniser: Engine,
    region: str = "us-east-1",
    clock: Callable[[], datetime] = utcnow,
    limits: Limits | None = None,
    refuse_handshake: bool = False,
    signing_secret: bytes | None = None,
    access: Access | None = None,
    control_port: int | None = None,
) -> AsyncIterator[LocalAws]:
    """Serve a local AWS of one ``region`` while the context lasts; ``port`` 0 takes a free one.

    ``refuse_handshake``: answer refusals with HTTP 4xx instead of an exception frame after the 101.
    ``signing_secret``: makes session tokens that outlive this server. ``access``: who else than this machine
    may use it. ``control_port``: where to serve the control API.

    ``ValueError`` for a host that is neither loopback nor allowed by ``access``: whoever can connect can
    use this machine; ``OSError`` for a port that is taken.

    A script calls this under ``if __name__ == "__main__":``, like every user of ``multiprocessing``.
    """
    limits, access = limits or Limits(), access or Access()
    local = LocalAws(
        recogniser,
        region=region,
        clock=clock,
        limits=limits,
        refuse_handshake=refuse_handshake,
        signing_secret=signing_secret,
        access=access,
    )
    access.check_address(host)
    with _bound(host, port) as listener:
        preload(recogniser)
        async with _listening(local, listener, limits=limits) as server:
            local.host, local.port = listener.getsockname()[:2]
            try:
                async with _controlled(local, control_port):
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
        process_response=_with_request_id,
        compression=None,
        server_header=None,
        open_timeout=limits.open_seconds,
        close_timeout=limits.close_seconds,
        ping_interval=None,  # silence is ended by the limit on audio; a pong would wait behind unheard audio
        max_size=limits.message_bytes,
        logger=_quiet_logger(),
    )


@contextlib.asynccontextmanager
async def _controlled(local: LocalAws, port: int | None) -> AsyncIterator[None]:
    if port is None:
        yield
        return
    with _bound(local.host, port) as listener:
        control = Control(local)
        server = await asyncio.get_running_loop().create_server(control.protocol, sock=listener)
        local.control_port = listener.getsockname()[1]
        try:
            yield
        finally:
            server.close()
            control.abort()


def _bound(host: str, port: int) -> socket.socket:
    address = ipaddress.ip_address(host)
    listener = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)  # connections inherit it
        listener.bind((host, port))
    except BaseException as error:
        listener.close()
        if isinstance(error, OSError):
            error.filename = f"{host}:{port}"
        raise
    return listener


def _with_request_id(_connection: ServerConnection, _request: Request, response: Response) -> None:
    if "x-amzn-requestid" not in response.headers:
        response.headers["x-amzn-requestid"] = str(uuid.uuid4())


def _quiet_logger() -> logging.Logger:
    """Make a logger that nobody can set to DEBUG by name: there, websockets writes the signed URL."""
    logger = logging.Logger("websockets.server", level=logging.WARNING)  # noqa: LOG001 - on purpose, see above
    logger.parent = logging.getLogger()
    return logger
