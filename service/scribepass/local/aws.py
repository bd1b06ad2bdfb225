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
from scribepass.transcribe import Failure, Operation, Role, StreamSession
from scribepass.transcribe.catalogue import OPERATION_OF_PATH

from .access import Access
from .addresses import Addresses
from .clock import ShiftedClock
from .diagnosis import diagnose
from .faults import Faults
from .handshake import Accepted, Handshake
from .http import Answer, Http, Peer, peer_of, problem
from .http2 import Http2, Http2Wire, Site
from .journal import Journal, Rejection
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
from .websocket import WebSocketWire, interruptible
from .wire import Wire

__all__ = ["LocalAws"]

HEALTHY = Answer(status=200, body='{"status": "ok"}')
NOTHING_HERE = problem(404, "UnknownOperationException", "There is nothing at this path.")


class Connection(ServerConnection):
    """A WebSocket connection that knows what the handshake said of it."""

    verdict: Accepted | Refusal

    def __init__(self, protocol: ServerProtocol, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(interruptible(protocol), *arguments, **options)


class LocalAws(Addresses):
    """What one server serves. Made by :func:`~scribepass.local.server.serve`, which says where."""

    def __init__(  # noqa: PLR0913 - those of `serve`, which has the defaults
        self,
        recogniser: Engine,
        *,
        region: str,
        clock: Callable[[], datetime],
        limits: Limits,
        refuse_handshake: bool,
        signing_secret: bytes | None,
        resources: Resources,
        access: Access,
        roles: Roles | None,
    ) -> None:
        super().__init__()
        keys = Keys(signing_secret)
        self.region = region
        self.limits = limits
        self.access = access
        self.journal = Journal()
        self.faults = Faults()
        self.sts_faults = StsFaults()
        self.clock = clock = ShiftedClock(clock)
        self._lookup = keys.lookup
        self._first_engine = recogniser
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
            access=access,
            judge=self.judge,
            stream=self.serve,
            respond=self._respond,
            clock=clock,
            limits=limits,
        )

    @property
    def engine(self) -> Engine:
        """Who hears the streams to come."""
        return self._recognitions.engine

    def heard_by(self, engine: Engine) -> None:
        """Let ``engine`` hear the streams to come. It must be one that runs in this process."""
        self._recognitions.engine = engine
        self._handshake.knows(engine.languages)

    def reset(self) -> None:
        """Forget what was seen, and all that was asked for since the start. Open streams go on."""
        self.journal.forget()
        self.faults.clear()
        self.sts_faults.clear()
        self.clock.shift_seconds = 0.0
        self._streams.forget()
        self.heard_by(self._first_engine)

    def sniffer(self, *arguments: Any, **options: Any) -> asyncio.Protocol:  # noqa: ANN401 - passed on
        """Make the protocol of a new connection. The arguments are those of a ``ServerConnection``."""
        return Sniffer(
            websocket=Connection(*arguments, **options),
            http=self._http,
            http2=self._http2,
            transports=self._transports,
            limits=self.limits,
        )

    def examine(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a GET that is no stream, or that is refused before it becomes one; else note the verdict."""
        headers = list(request.headers.raw_items())
        fault = self.access.fault(headers)
        if fault is not None:
            return self._response(problem(403, "AccessDeniedException", fault))
        path = request.path.partition("?")[0]
        if path == "/healthz":
            return self._response(HEALTHY)
        operation = OPERATION_OF_PATH.get(path)
        if operation is None:
            return self._response(NOTHING_HERE)
        signed = SignedRequest(method="GET", target=request.path, headers=headers)
        verdict = self.judge(operation, signed, peer_of(connection.transport), transport="websocket")
        if isinstance(verdict, Refusal) and self._refuse_handshake:
            return self._response(problem(verdict.status, verdict.kind, verdict.message))
        cast("Connection", connection).verdict = verdict
        return None

    def judge(
        self, operation: Operation, request: SignedRequest, peer: Peer, *, transport: str
    ) -> Accepted | Refusal:
        """Say whether this request opens a stream, and note it where it does not."""
        verdict = self._handshake.examine(
            operation,
            request,
            source_ip=peer.address,
            secure=peer.secure,
            http2=transport == Http2Wire.transport,
        )
        if isinstance(verdict, Refusal):
            self.journal.reject(
                Rejection(
                    operation=operation,
                    transport=transport,
                    at=self.clock(),
                    kind=verdict.kind,
                    message=verdict.message,
                    diagnosis=diagnose(request, lookup=self._lookup),
                )
            )
        return verdict

    async def transcribe(self, connection: ServerConnection) -> None:
        """Serve one open WebSocket until it is over."""
        verdict = cast("Connection", connection).verdict
        wire = WebSocketWire(connection, limits=self.limits)
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
            limits=self.limits,
            clock=self.clock,
            journal=self.journal,
            resources=self._resources,
            faults=self.faults.take(accepted.session_id),
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
            _, late = await asyncio.wait(self._requests, timeout=self.limits.close_seconds)
            for each in late:  # a recogniser is far behind
                each.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _http(self) -> asyncio.Protocol:
        return Http(
            self._respond,
            clock=self.clock,
            body_bytes=self.limits.http_body_bytes,
            idle_seconds=self.limits.http_idle_seconds,
        )

    def _http2(self) -> asyncio.Protocol:
        return Http2(self._site.serve, limits=self.limits, tasks=self._requests)

    def _respond(self, request: SignedRequest, peer: Peer) -> Answer:
        fault = self.access.fault(request.headers)
        if fault is not None:
            return problem(403, "AccessDeniedException", fault)
        if request.path == "/healthz" and request.method in {"GET", "HEAD"}:
            return HEALTHY
        if request.path != "/":
            return NOTHING_HERE
        if request.method != "POST":
            return problem(405, "MethodNotAllowedException", "STS takes POST.")
        return self._sts.answer(request, source_ip=peer.address, secure_transport=peer.secure)

    def _response(self, answer: Answer) -> Response:
        headers = Headers([*answer.headers(now=self.clock()), ("connection", "close")])
        return Response(answer.status, HTTPStatus(answer.status).phrase, headers, answer.content)
