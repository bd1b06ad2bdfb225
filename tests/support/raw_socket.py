"""A WebSocket client that sends whatever bytes it is told to, over a bare socket."""

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from .frames import CLOSE, CONTINUATION, PING, PONG, Frame, Frames

KEY = base64.b64encode(b"the sample nonce").decode()
PATIENCE = 60.0
"""Seconds that an answer may take on a machine with much else to do."""


def accept_of(key: str) -> str:
    """What a server says to a key (RFC 6455 section 1.3)."""
    guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1(f"{key}{guid}".encode()).digest()).decode()  # noqa: S324


def opening(
    url: str, changes: Mapping[str, str | None] | None = None, *, line: str = "GET {} HTTP/1.1"
) -> bytes:
    """The request of a handshake; ``changes`` sets headers, or leaves them out with None."""
    parts = urlsplit(url)
    headers: dict[str, str | None] = {
        "Host": parts.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        **(changes or {}),
    }
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([line.format(url.split(parts.netloc, 1)[1]), *lines, "", ""]).encode("latin-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The status and the headers of an answer, names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


class RawSocket:
    """One connection. Use :meth:`connect`, then :meth:`request` or :meth:`open`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._frames = Frames()
        self._waiting: list[Frame] = []
        self._ended = False
        self.last: Frame | None = None
        """The newest frame that was read."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.vanish()

    @classmethod
    async def connect(cls, url: str) -> Self:
        """A TCP connection to the server of ``url``."""
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    @classmethod
    async def open(cls, url: str) -> Self:
        """A WebSocket, its handshake done."""
        socket = await cls.connect(url)
        head = await socket.request(opening(url))
        assert head.status == 101
        assert head.headers["sec-websocket-accept"] == accept_of(KEY)
        return socket

    async def request(self, data: bytes) -> Head:
        """Send a request and read the head of its answer."""
        await self.send(data)
        return await self.head()

    async def head(self) -> Head:
        """Read the head of an answer. ``IncompleteReadError`` where there is none."""
        async with asyncio.timeout(PATIENCE):
            text = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = text.strip().split("\r\n")
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
        }
        return Head(status=int(first.split()[1]), headers=headers)

    async def send(self, data: bytes) -> None:
        """Send bytes, unless :meth:`end` was called; a server that has gone is not an error here."""
        if self._ended:
            return
        with contextlib.suppress(ConnectionError):
            self._writer.write(data)
            await self._writer.drain()

    async def frame(self) -> Frame | None:
        """The next frame of the server; None when it has closed the connection."""
        async with asyncio.timeout(PATIENCE):
            while not self._waiting:
                data = await self._read()
                if not data:
                    return None
                self._waiting = self._frames.receive(data)
        self.last = self._waiting.pop(0)
        return self.last

    async def _read(self) -> bytes:
        try:
            return await self._reader.read(2**16)
        except ConnectionError:
            # What came before a reset is still there, but asyncio does not give it out any more.
            left = bytes(self._reader._buffer)  # type: ignore[attr-defined]
            self._reader._buffer.clear()  # type: ignore[attr-defined]
            return left

    async def rest(self) -> list[Frame]:
        """All frames until the server closes the connection."""
        found = []
        while (each := await self.frame()) is not None:
            found.append(each)
        return found

    async def message(self) -> Frame | None:
        """The next frame that is part of a message."""
        while (each := await self.frame()) is not None and each.opcode in {PING, PONG, CLOSE}:
            if each.opcode == CLOSE:
                return None
        assert each is None or each.opcode != CONTINUATION
        return each

    def end(self) -> None:
        """Say that nothing more will be sent (FIN)."""
        self._ended = True
        with contextlib.suppress(OSError):
            self._writer.write_eof()

    def vanish(self) -> None:
        """Drop the connection (RST where something was not read)."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
