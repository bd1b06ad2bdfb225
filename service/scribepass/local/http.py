"""HTTP/1.1 for what is not a WebSocket: whole requests in, whole answers out, on h11."""

from __future__ import annotations

import asyncio
import enum
import json
import socket
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import cast

import h11

from scribepass.sigv4.request import SignedRequest

__all__ = ["Answer", "Cut", "Http", "Peer", "peer_of", "problem"]

_HEAD_BYTES = 32 * 1024  # a session token of 8 KiB, signed headers, and room


class Cut(enum.Enum):
    """Where an answer ends before its time, on purpose."""

    NOWHERE = "it is whole"
    HALFWAY = "half of the body, then the end of the connection"
    RESET = "nothing, and the connection is reset"
    SILENT = "nothing, until the client closes the connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole HTTP answer. ``kind`` is AWS's name of an error, for ``x-amzn-errortype``.

    ``delay_seconds`` and ``cut`` are faults on demand: it is sent later, and not all of it.
    """

    status: int
    body: str | bytes
    content_type: str = "application/json"
    kind: str | None = None
    request_id: str = ""
    delay_seconds: float = 0.0
    cut: Cut = Cut.NOWHERE

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        return self.body.encode() if isinstance(self.body, str) else self.body

    def headers(self, *, now: datetime) -> list[tuple[str, str]]:
        """All headers; ``date`` is what SDKs correct their clocks by."""
        fields = [
            ("content-type", self.content_type),
            ("content-length", str(len(self.content))),
            ("date", format_datetime(now, usegmt=True)),
            ("x-amzn-requestid", self.request_id or str(uuid.uuid4())),
        ]
        return [*fields, ("x-amzn-errortype", self.kind)] if self.kind else fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who is at the other end: its IP address, and whether it has come through TLS."""

    address: str
    secure: bool


def peer_of(transport: asyncio.BaseTransport) -> Peer:
    """The other end of a connection."""
    return Peer(
        address=transport.get_extra_info("peername")[0],
        secure=transport.get_extra_info("ssl_object") is not None,
    )


def problem(status: int, kind: str, message: str) -> Answer:
    """An error as the JSON services of AWS word it."""
    return Answer(status=status, kind=kind, body=json.dumps({"Message": message}))


class Http(asyncio.Protocol):
    """One connection. ``respond`` is given each whole request and whose it is; it must not block.

    A body longer than ``body_bytes`` is read and not kept. A request that is not whole ``idle_seconds`` after
    the connection or the answer before it ends the connection.
    """

    def __init__(
        self,
        respond: Callable[[SignedRequest, Peer], Answer],
        *,
        clock: Callable[[], datetime],
        body_bytes: int,
        idle_seconds: float,
    ) -> None:
        self._respond = respond
        self._clock = clock
        self._body_bytes = body_bytes
        self._idle_seconds = idle_seconds
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD_BYTES)
        self._request: h11.Request  # from its head to its answer
        self._body = bytearray()
        self._paused = False
        self._silent = False  # from an answer that never comes to the client's end of the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request."""
        self._transport = cast("asyncio.Transport", transport)  # asyncio has disabled Nagle on it
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        if not self._silent:
            self._connection.receive_data(data)
            self._proceed()

    def eof_received(self) -> None:
        """Close when nothing is left to answer."""
        self.data_received(b"")

    def pause_writing(self) -> None:
        """Answer no more to a client that does not read its answers."""
        self._paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._paused = False
        self._transport.resume_reading()
        self._proceed()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Stop the clock."""
        self._timer.cancel()

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._idle_seconds, self._transport.abort)

    def _proceed(self) -> None:
        try:
            while not (self._paused or self._transport.is_closing()):
                event = self._connection.next_event()
                if event in (h11.NEED_DATA, h11.PAUSED):
                    break
                self._take(event)
        except h11.RemoteProtocolError as error:
            self._refuse(error)

    def _take(self, event: object) -> None:
        if isinstance(event, h11.Request):
            self._request = event
            self._body.clear()
        elif isinstance(event, h11.Data):
            if len(self._body) <= self._body_bytes:
                self._body += event.data
        elif isinstance(event, h11.EndOfMessage):
            self._answer()
        else:
            self._transport.close()

    def _answer(self) -> None:
        self._timer.cancel()
        answer = self._answer_to(self._request)
        if answer.delay_seconds:
            self.pause_writing()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(answer.delay_seconds, self._deliver_late, answer)
        else:
            self._deliver(answer)

    def _answer_to(self, request: h11.Request) -> Answer:
        if len(self._body) > self._body_bytes:
            limit = f"The body is longer than {self._body_bytes} bytes."
            return problem(413, "RequestEntityTooLargeException", limit)
        signed = SignedRequest(
            method=request.method.decode(),
            target=request.target.decode("latin-1"),
            headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers],
            body=bytes(self._body),
        )
        return self._respond(signed, peer_of(self._transport))

    def _deliver_late(self, answer: Answer) -> None:
        self._paused = False
        self._transport.resume_reading()
        self._deliver(answer)
        self._proceed()

    def _deliver(self, answer: Answer) -> None:
        if answer.cut is Cut.SILENT:
            self._silent = True
            return
        if answer.cut is Cut.RESET:
            self._reset()
            return
        self._send(answer, self._request)
        if self._connection.our_state is h11.DONE:
            self._connection.start_next_cycle()
            self._wait()
        else:
            self._transport.close()

    def _reset(self) -> None:
        """Close with RST, which a socket does that has nothing to linger for."""
        connected = self._transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _refuse(self, error: h11.RemoteProtocolError) -> None:
        if self._connection.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            status = error.error_status_hint
            what = "This is not a request of HTTP/1.1, or one that is too long."
            self._send(problem(status, "MalformedHttpRequestException", what), None)
        self._transport.close()

    def _send(self, answer: Answer, request: h11.Request | None) -> None:
        headers = [*answer.headers(now=self._clock()), *([] if request else [("connection", "close")])]
        reason = HTTPStatus(answer.status).phrase
        parts: list[h11.Event] = [
            h11.Response(status_code=answer.status, reason=reason.encode(), headers=headers)
        ]
        if answer.cut is Cut.HALFWAY:
            parts.append(h11.Data(data=answer.content[: len(answer.content) // 2]))
        else:
            if request is None or request.method != b"HEAD":
                parts.append(h11.Data(data=answer.content))
            parts.append(h11.EndOfMessage())
        self._transport.write(b"".join(self._connection.send(part) or b"" for part in parts))
