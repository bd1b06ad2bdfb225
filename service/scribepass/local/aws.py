"""What is at which path: STS, Transcribe streaming, and a sign of life."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, cast

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from scribepass.sigv4.request import SignedRequest
from scribepass.transcribe import Failure, Role, StreamSession
from scribepass.transcribe.catalogue import OPERATION_OF_PATH

from .handshake import Accepted, Handshake
from .http import Answer, Http, problem
from .journal import Journal
from .keys import Keys
from .limits import Limits
from .recognisers import Engine
from .recognition import Recognitions
from .refusals import Refusal
from .sniffing import Sniffer
from .stream import Stream
from .streams import Streams
from .sts import Sts
from .websocket import WebSocketWire, interruptible
from .wire import Wire

__all__ = ["LocalAws"]


class Connection(ServerConnection):
    """A WebSocket connection that knows what the handshake said of it."""

    verdict: Accepted | Refusal

    def __init__(self, protocol: ServerProtocol, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(interruptible(protocol), *arguments, **options)


class LocalAws:
    """What one server serves. Made by :func:`~scribepass.local.server.serve`, which says where."""

    def __init__(
        self,
        recogniser: Engine,
        *,
        region: str,
        clock: Callable[[], datetime],
        limits: Limits,
        refuse_handshake: bool,
        signing_secret: bytes | None,
    ) -> None:
        keys = Keys(signing_secret)
        self.host, self.port = "", 0
        self.journal = Journal()
        self._clock = clock
        self._limits = limits
        self._refuse_handshake = refuse_handshake
        self._sts = Sts(keys=keys, clock=clock)
        self._handshake = Handshake(keys=keys, clock=clock, region=region, languages=recogniser.languages)
        self._recognitions = Recognitions(recogniser, processes=limits.recognition_processes)
        self._streams = Streams(most=limits.concurrent_streams)
        self._transports: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()

    @property
    def url(self) -> str:
        """Where STS is, for ``endpoint_url``."""
        return f"http://{self._address}"

    @property
    def endpoint(self) -> str:
        """Where Transcribe streaming is."""
        return f"ws://{self._address}"

    @property
    def _address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def sniffer(self, *arguments: Any, **options: Any) -> asyncio.Protocol:  # noqa: ANN401 - passed on
        """Make the protocol of a new connection. The arguments are those of a ``ServerConnection``."""
        return Sniffer(
            websocket=Connection(*arguments, **options),
            http=self._http,
            transports=self._transports,
            limits=self._limits,
        )

    def examine(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a GET that is no stream, or that is refused before it becomes one; else note the verdict."""
        path = request.path.partition("?")[0]
        if path == "/healthz":
            return self._response(Answer(status=200, body='{"status": "ok"}'))
        operation = OPERATION_OF_PATH.get(path)
        if operation is None:
            return self._response(problem(404, "UnknownOperationException", "There is nothing at this path."))
        signed = SignedRequest(method="GET", target=request.path, headers=list(request.headers.raw_items()))
        verdict = self._handshake.examine(operation, signed, source_ip=connection.remote_address[0])
        if isinstance(verdict, Refusal) and self._refuse_handshake:
            return self._response(problem(verdict.status, verdict.kind, verdict.message))
        cast("Connection", connection).verdict = verdict
        return None

    async def transcribe(self, connection: ServerConnection) -> None:
        """Serve one open WebSocket until it is over."""
        verdict = cast("Connection", connection).verdict
        wire = WebSocketWire(connection, limits=self._limits)
        if isinstance(verdict, Accepted):
            await self.serve(wire, verdict)
        else:
            await wire.close(
                StreamSession(Role.SERVER).send(Failure(kind=verdict.kind, message=verdict.message))
            )

    async def serve(self, wire: Wire, accepted: Accepted) -> None:
        """Serve a stream that was accepted until it is over, whatever carries it."""
        stream = Stream(wire, accepted, limits=self._limits, clock=self._clock, journal=self.journal)
        await stream.run(streams=self._streams, recognitions=self._recognitions)

    def abort_http(self) -> None:
        """Drop the connections that have not become WebSockets, or not yet."""
        for transport in list(self._transports):
            protocol = transport.get_protocol()
            if not isinstance(protocol, ServerConnection) or protocol.state is State.CONNECTING:
                cast("asyncio.Transport", transport).abort()

    def _http(self) -> asyncio.Protocol:
        return Http(
            self._respond,
            clock=self._clock,
            body_bytes=self._limits.http_body_bytes,
            idle_seconds=self._limits.http_idle_seconds,
        )

    def _respond(self, request: SignedRequest, source_ip: str) -> Answer:
        if request.path != "/":
            return problem(404, "UnknownOperationException", "There is nothing at this path.")
        if request.method != "POST":
            return problem(405, "MethodNotAllowedException", "STS takes POST.")
        return self._sts.answer(request, source_ip=source_ip)

    def _response(self, answer: Answer) -> Response:
        headers = Headers([*answer.headers(now=self._clock()), ("connection", "close")])
        return Response(answer.status, HTTPStatus(answer.status).phrase, headers, answer.body.encode())
