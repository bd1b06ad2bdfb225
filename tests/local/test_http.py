"""HTTP/1.1 as it comes over the wire: whole, in pieces, several at once, and wrong."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import pytest

from scribepass.local.http import Answer, Http
from scribepass.local.limits import Limits
from scribepass.local.server import LocalAws
from support.streaming import local_aws, utcnow

POST = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n\r\na=b"
LIMITS = Limits(http_idle_seconds=0.2, sniff_seconds=0.2, http_body_bytes=64)


@pytest.fixture
async def local() -> AsyncIterator[LocalAws]:
    async with local_aws(limits=LIMITS) as local:
        yield local


async def exchange(local: LocalAws, *pieces: bytes, eof: bool = True) -> bytes:
    """Send pieces one after the other, then read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", local.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if eof:
            writer.write_eof()
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


def statuses(answers: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d+) ", answers)


async def test_whole_and_byte_by_byte(local: LocalAws) -> None:
    """However a request arrives, it is answered once, and every answer has a request id."""
    for pieces in ([POST], [POST[at : at + 1] for at in range(len(POST))]):
        answer = await exchange(local, *pieces)
        assert statuses(answer) == [b"403"]
        assert b"\r\nx-amzn-requestid: " in answer
        assert b"<Code>MissingAuthenticationToken</Code>" in answer


async def test_several_on_one_connection(local: LocalAws) -> None:
    """Connections are kept, and requests may come before their turn."""
    assert statuses(await exchange(local, POST * 3)) == [b"403"] * 3
    assert statuses(await exchange(local, POST, POST)) == [b"403"] * 2


async def test_http_1_0_is_closed_after_one(local: LocalAws) -> None:
    """An old client gets its answer and the end of the connection."""
    old = POST.replace(b"1.1", b"1.0")
    assert statuses(await exchange(local, old, eof=False)) == [b"403"]


OTHER = {
    "PUT": (
        b"PUT / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n",
        b"405",
        b'{"Message": "STS takes POST."}',
    ),
    "HEAD": (b"HEAD / HTTP/1.1\r\nhost: localhost\r\n\r\n", b"405", b""),
    "another path": (
        b"POST /x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n",
        b"404",
        b'{"Message": "There is nothing at this path."}',
    ),
    "a body too long": (
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 65\r\n\r\n" + b"x" * 65,
        b"413",
        b'{"Message": "The body is longer than 64 bytes."}',
    ),
}


@pytest.mark.parametrize(("request_", "status", "body"), OTHER.values(), ids=OTHER)
async def test_other_requests(local: LocalAws, request_: bytes, status: bytes, body: bytes) -> None:
    """Whatever is no call of STS has an answer that says so."""
    answer = await exchange(local, request_)
    assert statuses(answer) == [status]
    assert answer.partition(b"\r\n\r\n")[2] == body


MALFORMED = {
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no host": b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n",
    "a head without end": b"POST / HTTP/1.1\r\nhost: localhost\r\nx: " + b"x" * 40_000,
    "two lengths": b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    "a chunk that is none": b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED)
async def test_malformed(local: LocalAws, request_: bytes) -> None:
    """Not HTTP: 4xx and the end of the connection."""
    answer = await exchange(local, request_, eof=False)
    assert {status[:1] for status in statuses(answer)} == {b"4"}
    assert b"x-amzn-errortype: MalformedHttpRequestException" in answer


SILENT = {
    "nothing": b"",
    "not enough to tell": b"GE",
    "half a head": b"POST / HT",
    "half a body": POST[:-1],
}


@pytest.mark.parametrize("start", SILENT.values(), ids=SILENT)
async def test_silence_is_ended(local: LocalAws, start: bytes) -> None:
    """Whoever begins and does not go on is disconnected, without an answer."""
    with contextlib.suppress(ConnectionResetError):
        assert statuses(await exchange(local, start, eof=False)) == []


async def test_a_client_that_goes_away_is_no_fault(local: LocalAws) -> None:
    """Closing in the middle of a request is answered with a close, and the server goes on."""
    assert statuses(await exchange(local, POST[:-1])) in ([], [b"400"])
    assert statuses(await exchange(local, POST)) == [b"403"]


class Full(asyncio.Transport):
    """A transport that stops its writer as soon as it has been given anything, as a full one does."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.protocol = protocol
        self.written = b""
        self.reading = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)
        self.protocol.pause_writing()

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return False


async def test_answers_that_are_not_read_stop_the_reading() -> None:
    """A client that only sends gets one answer, and the next when it has read that one: memory is bounded."""
    http = Http(lambda *_: Answer(status=200, body=""), clock=utcnow, body_bytes=10, idle_seconds=10)
    transport = Full(http)
    http.connection_made(transport)
    http.data_received(POST * 3)
    assert (statuses(transport.written), transport.reading) == ([b"200"], False)
    http.resume_writing()
    assert statuses(transport.written) == [b"200"] * 2
    http.resume_writing()
    assert statuses(transport.written) == [b"200"] * 3
    http.resume_writing()
    assert transport.reading
    http.connection_lost(None)
