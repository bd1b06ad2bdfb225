"""The server: a port on loopback, and one for TLS, in one loop; behind each STS and Transcribe streaming.

::

    plain port   first bytes   "GET " ─► WebSocket   "PRI " ─► HTTP/2   else ─► HTTP/1.1
    TLS port     ALPN          "h2" ─► HTTP/2   else as above
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
import ssl
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
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
from .resources import Resources
from .sts.roles_file import load
from .tls import certified

__all__ = ["DEFAULT_PORT", "DEFAULT_TLS_PORT", "CannotListen", "LocalAws", "serve"]

DEFAULT_PORT = 8444
DEFAULT_TLS_PORT = 8443
"""AWS's own for WebSockets, which its JavaScript SDK adds to any host."""

# Audio that comes faster than it is heard waits with the client, not here: its pings stand in the same queue.
_RECEIVE_BYTES = 128 * 1024

_Listener = tuple[socket.socket, ssl.SSLContext | None]


class CannotListen(OSError):
    """A port is taken, or is not for everybody. ``filename`` is the address."""


def utcnow() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


@contextlib.asynccontextmanager
async def serve(  # noqa: PLR0913 - each is one thing that a caller may choose
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    *,
    recogniser: Engine,
    region: str = "us-east-1",
    clock: Callable[[], datetime] = utcnow,
    limits: Limits | None = None,
    refuse_handshake: bool = False,
    signing_secret: bytes | None = None,
    roles: Path | None = None,
    resources: Resources | None = None,
    access: Access | None = None,
    tls_port: int | None = None,
    state: Path | None = None,
    control_port: int | None = None,
) -> AsyncIterator[LocalAws]:
    """Serve a local AWS of one ``region`` while the context lasts; port 0 takes a free one.

    ``refuse_handshake``: answer refusals with HTTP 4xx, not with an exception frame after the 101.
    ``signing_secret``: makes session tokens that outlive this server. ``resources``: what an account holds;
    ``roles``: a file of roles (:mod:`~scribepass.local.sts.roles_document`), without which every role exists.
    ``access``: who else than this machine may use it. ``tls_port``: the same through TLS, whose certificates
    are kept in the folder ``state``, or while this server lasts. ``control_port``: where the control API is.

    ``ValueError`` for roles that cannot be understood, and for a host that is neither loopback nor allowed by
    ``access``: whoever can connect can use this machine. ``CannotListen`` for a port that is taken,
    ``OSError`` for a file or a folder. A script calls this under ``if __name__ == "__main__":``.
    """
    local = LocalAws(
        recogniser,
        region=region,
        clock=clock,
        limits=limits or Limits(),
        refuse_handshake=refuse_handshake,
        signing_secret=signing_secret,
        resources=resources or Resources(),
        access=access or Access(),
        roles=None if roles is None else load(roles),
    )
    local.access.check_address(host)
    with _listeners(local, host, port, tls_port=tls_port, state=state) as listeners:
        preload(recogniser)
        async with _served(local, listeners), _controlled(local, control_port):
            yield local


@contextlib.asynccontextmanager
async def _served(local: LocalAws, listeners: Sequence[_Listener]) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(_listening(local, *each)) for each in listeners]
        try:
            yield
        finally:
            for server in servers:
                server.close()
            await local.shut()


@contextlib.contextmanager
def _listeners(
    local: LocalAws, host: str, port: int, *, tls_port: int | None, state: Path | None
) -> Iterator[list[_Listener]]:
    """Take both ports before anything is made, and tell ``local`` where it is."""
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(_bound(host, port))
        local.host, local.port = plain.getsockname()[:2]
        if tls_port is None:
            yield [(plain, None)]
            return
        secure = stack.enter_context(_bound(host, tls_port))
        local.tls_port = secure.getsockname()[1]
        context, local.authority = stack.enter_context(certified(state, now=utcnow()))
        yield [(plain, None), (secure, context)]


def _listening(local: LocalAws, listener: socket.socket, context: ssl.SSLContext | None) -> Server:
    limits = local.limits
    return serve_websockets(
        local.transcribe,
        sock=listener,
        ssl=context,
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
            raise CannotListen(error.errno, error.strerror, f"{host}:{port}") from None
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
