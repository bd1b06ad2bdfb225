"""The handshake of RFC 6455, held against the endpoint as it is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from scribepass.local.limits import Limits
from scribepass.local.server import LocalAws
from support.raw_socket import KEY, Head, RawSocket, accept_of
from support.raw_socket import opening as request_of
from support.streaming import local_aws, signed_url

from .case import HEARD, STREAM, Case, put
from .opening import REQUESTS, Request

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOD = Case(name="a good stream", section="", sends=STREAM, answer=HEARD)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def local() -> AsyncIterator[LocalAws]:
    """One server for all cases: none may harm the next."""
    async with local_aws(limits=Limits(close_gap_seconds=0, close_seconds=1)) as server:
        yield server


def bytes_of(url: str, request: Request) -> bytes:
    head = request_of(url, request.changes, line=request.line)
    first, _, others = head.partition(b"\r\n")
    more = "".join(f"{line}\r\n" for line in request.more).encode("latin-1")
    return first + b"\r\n" + more + others


async def asked(socket: RawSocket, data: bytes, *, chopped: bool) -> Head | None:
    """Send a request, whole or byte by byte; the head of its answer, None where there is none."""
    for piece in (data[at : at + 1] for at in range(len(data))) if chopped else [data]:
        await socket.send(piece)
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        return await socket.head()
    return None


def check(head: Head, request: Request) -> None:
    """What an answer of that status must hold, and must not."""
    if head.status == 101:
        assert head.headers["sec-websocket-accept"] == accept_of(
            request.changes.get("Sec-WebSocket-Key") or KEY
        )
        assert head.headers["upgrade"].lower() == "websocket"
        assert head.headers["connection"].lower() == "upgrade"
        assert "sec-websocket-extensions" not in head.headers
        assert "sec-websocket-protocol" not in head.headers
    if request.changes.get("Sec-WebSocket-Version"):
        assert head.headers["sec-websocket-version"] == "13"
    if head.status == 426:
        assert head.headers["upgrade"] == "websocket"


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: f"{request.section} {request.name}")
async def test_the_status(local: LocalAws, request_: Request) -> None:
    """A handshake is accepted or refused as the table says; what is accepted then carries a stream."""
    url = signed_url(local)
    data = bytes_of(url, request_)
    for chopped in (False, len(data) < 2000):
        async with await RawSocket.connect(url) as socket:
            head = await asked(socket, data, chopped=chopped)
            assert (head and head.status) == request_.status
            if head is not None:
                check(head, request_)
            if head is not None and head.status == 101:
                assert await put(socket, GOOD, chopped=False) == HEARD


async def test_frames_behind_the_request(local: LocalAws) -> None:
    """Frames that come in the same segment as the request are not lost."""
    url = signed_url(local)
    async with await RawSocket.connect(url) as socket:
        head = await socket.request(request_of(url) + STREAM)
        assert head.status == 101
        assert await put(socket, Case(name="", section="", sends=b"", answer=HEARD), chopped=False) == HEARD


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
async def test_half_a_request(local: LocalAws, share: float) -> None:
    """A connection that ends before its request is whole gets no answer and does no harm."""
    url = signed_url(local)
    data = request_of(url)
    async with await RawSocket.connect(url) as socket:
        await socket.send(data[: int(len(data) * share)])
        socket.end()
        assert await socket.rest() == []
