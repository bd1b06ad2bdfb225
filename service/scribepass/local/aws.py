"""What is at which path: STS, Transcribe streaming, and a sign of life."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.protocol import State

from scribepass.sigv4.request import SignedRequest
from scribepass.transcribe import Failure, Role, StreamSession
from scribepass.transcribe.catalogue import OPERATION_OF_PATH

from .handshake import Accepted, Handshake
from .http import Answer, Http, problem
from .http2 import Http2, Site
from .journal import Journal
from .keys import Keys
from .limits import Limits
from .recognisers import Engine
from .recognition import Recognitions
from .refusals import Refusal
from .resources import Resources
from .sniffing import Sniffer
from .stream import Stream
from .streams import Streams
from .sts import Roles, Sts, StsFaults
from .websocket import WebSocketWire
from .wire import Wire

__all__ = ["LocalAws"]

HEALTHY = Answer(status=200, body='{"status": "ok"}')
NOTHING_HERE = problem(404, "UnknownOperationException", "There is nothing at this path.")


class Connection(ServerConnection):
    """A WebSocket connection that knows what the handshake said of it."""

    verdict: Accepted | Refusal


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
        resources: Resources,
        roles: Roles | None = None,
    ) -> None:
        keys = Keys(signing_secret)
        self.host, self.port, self.tls_port = "", 0, 0
        self.authority: Path | None = None
        self.journal = Journal()
        self.sts_faults = StsFaults()
        self._clock = clock
        self._limits = limits
        self._refuse_handshake = refuse_handshake
        self._sts = Sts(keys=keys, clock=clock, roles=roles, faults=self.sts_faults)
        self._resources = resources
        self._handshake = Handshake(
            keys=keys,
            clock=clock,
            region=region,
            languages=recogniser.languages,
            filters=resources.vocabulary_filters.keys(),
            roles=roles,
        )
        self._recognitions = Recognitions(recogniser, processes=limits.recognition_processes)
        self._streams = Streams(limits, clock=clock)
        self._transports: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()
        self._requests: set[asyncio.Task[None]] = set()  # over HTTP/2
        self._site = Site(
            handshake=self._handshake, stream=self.serve, respond=self._respond, clock=clock, limits=limits
        )

    @property
    def url(self) -> str:
        """Where STS and the HTTP/2 streams are, for ``endpoint_url``."""
        return f"http://{self._address(self.port)}"

    @property
    def endpoint(self) -> str:
        """Where the WebSocket streams are."""
        return f"ws://{self._address(self.port)}"

    @property
    def tls_url(self) -> str:
        """``url`` through TLS, by a certificate of ``authority``. LookupError where there is no TLS port."""
        return f"https://{self._tls_address}"

    @property
    def wss_endpoint(self) -> str:
        """``endpoint`` through TLS. LookupError where there is no TLS port."""
        return f"wss://{self._tls_address}"

    @property
    def _tls_address(self) -> str:
        if not self.tls_port:
            raise LookupError("this local AWS has no TLS port")
        return self._address(self.tls_port)

    def _address(self, port: int) -> str:
        return f"[{self.host}]:{port}" if ":" in self.host else f"{self.host}:{port}"

    def sniffer(self, *arguments: Any, **options: Any) -> asyncio.Protocol:  # noqa: ANN401 - passed on
        """Make the protocol of a new connection. The arguments are those of a ``ServerConnection``."""
        return Sniffer(
            websocket=Connection(*arguments, **options),
            http=self._http,
            http2=self._http2,
            transports=self._transports,
            limits=self._limits,
        )

    def examine(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a GET that is no stream, or that is refused before it becomes one; else note the verdict."""
        path = request.path.partition("?")[0]
        if path == "/healthz":
            return self._response(HEALTHY)
        operation = OPERATION_OF_PATH.get(path)
        if operation is None:
            return self._response(NOTHING_HERE)
        signed = SignedRequest(method="GET", target=request.path, headers=list(request.headers.raw_items()))
        verdict = self._handshake.examine(
            operation,
            signed,
            source_ip=connection.remote_address[0],
            secure=connection.transport.get_extra_info("ssl_object") is not None,
        )
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
        stream = Stream(
            wire,
            accepted,
            limits=self._limits,
            clock=self._clock,
            journal=self.journal,
            resources=self._resources,
        )
        await stream.run(streams=self._streams, recognitions=self._recognitions)

    async def shut(self) -> None:
        """Drop the connections that have not become WebSockets, or not yet; over HTTP/2, say so first."""
        for transport in list(self._transports):
            protocol = transport.get_protocol()
            if isinstance(protocol, Http2):
                protocol.shut()
            elif not isinstance(protocol, ServerConnection) or protocol.state is State.CONNECTING:
                cast("asyncio.Transport", transport).abort()
        if self._requests:
            _, late = await asyncio.wait(self._requests, timeout=self._limits.close_seconds)
            for each in late:  # a recogniser is far behind
                each.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _http(self) -> asyncio.Protocol:
        return Http(
            self._respond,
            clock=self._clock,
            body_bytes=self._limits.http_body_bytes,
            idle_seconds=self._limits.http_idle_seconds,
        )

    def _http2(self) -> asyncio.Protocol:
        return Http2(self._site.serve, limits=self._limits, tasks=self._requests)

    def _respond(self, request: SignedRequest, source_ip: str) -> Answer:
        if request.path == "/healthz" and request.method in {"GET", "HEAD"}:
            return HEALTHY
        if request.path != "/":
            return NOTHING_HERE
        if request.method != "POST":
            return problem(405, "MethodNotAllowedException", "STS takes POST.")
        return self._sts.answer(request, source_ip=source_ip)

    def _response(self, answer: Answer) -> Response:
        headers = Headers([*answer.headers(now=self._clock()), ("connection", "close")])
        return Response(answer.status, HTTPStatus(answer.status).phrase, headers, answer.body.encode())
