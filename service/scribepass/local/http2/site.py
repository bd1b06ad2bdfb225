"""What is at which path over HTTP/2: the streams of Transcribe, and all that HTTP/1.1 is answered too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from scribepass.local.access import Access
from scribepass.local.handshake import Accepted
from scribepass.local.http import Answer, Cut, Peer, peer_of, problem
from scribepass.local.limits import Limits
from scribepass.local.refusals import Refusal
from scribepass.local.wire import Gone, Wire
from scribepass.sigv4.request import SignedRequest
from scribepass.transcribe.catalogue import OPERATION_OF_HTTP2_PATH, Operation

from .requests import stream_head
from .wire import Http2Wire

__all__ = ["Site"]


class Judge(Protocol):
    """Says whether a signed request opens a stream."""

    def __call__(
        self, operation: Operation, request: SignedRequest, peer: Peer, *, transport: str
    ) -> Accepted | Refusal:
        """Whatever is wrong with the request is a refusal."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Answers requests of whom ``access`` lets in.

    ``judge`` says whether one opens a stream, ``stream`` serves it; ``respond`` answers what is no stream.
    """

    access: Access
    judge: Judge
    stream: Callable[[Wire, Accepted], Awaitable[None]]
    respond: Callable[[SignedRequest, Peer], Answer]
    clock: Callable[[], datetime]
    limits: Limits

    async def serve(self, wire: Http2Wire, request: SignedRequest, transport: asyncio.BaseTransport) -> None:
        """Answer one request, and close its wire."""
        peer = peer_of(transport)
        operation = OPERATION_OF_HTTP2_PATH.get(request.path) if request.method == "POST" else None
        if operation is None:
            await self._plain(wire, request, peer)
            return
        fault = self.access.fault(request.headers)
        if fault is not None:
            await self._answer(wire, problem(403, "AccessDeniedException", fault))
            return
        verdict = self.judge(operation, request, peer, transport=wire.transport)
        if isinstance(verdict, Refusal):
            await self._answer(wire, problem(verdict.status, verdict.kind, verdict.message))
            return
        wire.begin(
            stream_head(verdict, now=self.clock())
        )  # at once: clients send nothing before they have it
        await self.stream(wire, verdict)

    async def _plain(self, wire: Http2Wire, request: SignedRequest, peer: Peer) -> None:
        body = bytearray()
        try:
            async with asyncio.timeout(self.limits.http_idle_seconds):
                while (piece := await wire.receive()) is not None:
                    if len(body) <= self.limits.http_body_bytes:
                        body += piece
        except (Gone, TimeoutError):
            wire.abort()
            return
        if len(body) > self.limits.http_body_bytes:
            limit = f"The body is longer than {self.limits.http_body_bytes} bytes."
            answer = problem(413, "RequestEntityTooLargeException", limit)
        else:
            answer = self.respond(replace(request, body=bytes(body)), peer)
        await self._answer(wire, answer, head_only=request.method == "HEAD")

    async def _answer(self, wire: Http2Wire, answer: Answer, *, head_only: bool = False) -> None:
        if answer.delay_seconds:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(answer.delay_seconds):
                    await wire.lost()
        if answer.cut is Cut.SILENT:
            await wire.hang()
            return
        if answer.cut is Cut.RESET:
            wire.abort()
            return
        wire.begin([(":status", str(answer.status)), *answer.headers(now=self.clock())])
        if answer.cut is Cut.HALFWAY:
            with contextlib.suppress(Gone):
                await wire.send(answer.content[: len(answer.content) // 2])
            wire.abort()
            return
        await wire.close(b"" if head_only else answer.content)
