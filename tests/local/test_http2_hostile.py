"""HTTP/2 from clients that are broken or mean: the connection may end, the server does not."""

import asyncio
import random
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import structlog
from h2.config import H2Configuration
from h2.connection import H2Connection

from scribepass.local.http2 import Http2
from scribepass.local.http2.frames import FrameFilter
from scribepass.local.http2.wire import Http2Wire, Reset
from scribepass.local.limits import Limits
from scribepass.local.server import LocalAws
from scribepass.local.wire import Gone
from scribepass.sigv4.request import SignedRequest
from support.http2 import GOAWAY, connected, signed_headers, stream
from support.streaming import audio, local_aws

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
PSEUDO = [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "x")]
EASE = 11  # ENHANCE_YOUR_CALM


@pytest.fixture
async def local() -> AsyncIterator[LocalAws]:
    async with local_aws() as local:
        yield local


def frame(kind: int, payload: bytes, *, flags: int = 0, stream_id: int = 0) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream_id) + payload


def requests(*headers: list[tuple[str, str]]) -> bytes:
    """What a client sends that opens a stream for each of these heads."""
    client = H2Connection(config=H2Configuration(client_side=True))
    client.initiate_connection()
    for number, head in enumerate(headers):
        client.send_headers(1 + 2 * number, head)
    return bytes(client.data_to_send())


# A header that is in the table once can be said again in one byte: 4 KiB each time.
BOMB = requests([*PSEUDO, *[("x-bomb", "b" * 4000)] * 20])

HOSTILE: dict[str, bytes] = {
    "a preface that goes wrong": b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" + bytes(100),
    "half a preface, then HTTP/1.1": b"PRI POST / HTTP/1.1\r\nhost: x\r\n\r\n",
    "no settings": PREFACE + frame(0, b"data", stream_id=1),
    "a frame beyond the limit": PREFACE + SETTINGS + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01",
    "data on a stream that is not": PREFACE + SETTINGS + frame(0, b"data", stream_id=7),
    "headers on an even stream": PREFACE + SETTINGS + frame(1, b"\x82", flags=5, stream_id=2),
    "headers that are no HPACK": PREFACE + SETTINGS + frame(1, b"\xff" * 64, flags=5, stream_id=1),
    "headers without a path": PREFACE + SETTINGS + frame(1, b"\x82", flags=5, stream_id=1),
    "a bomb of headers": BOMB,
    "continuation without headers": PREFACE + SETTINGS + frame(9, b"", stream_id=1),
    "continuation without end": PREFACE
    + SETTINGS
    + frame(1, b"", stream_id=1)
    + frame(9, b"", stream_id=1) * 100,
    "padding beyond the frame": PREFACE + SETTINGS + frame(0, b"\xff", flags=8, stream_id=1),
    "a window beyond its limit": PREFACE + SETTINGS + frame(8, b"\x7f\xff\xff\xff") * 2,
    "a window of nothing": PREFACE + SETTINGS + frame(8, bytes(4)),
    "settings of half a setting": PREFACE + frame(4, b"\x00\x04\x00"),
    "settings that are not allowed": PREFACE + frame(4, b"\x00\x04\xff\xff\xff\xff"),
    "a push promise": PREFACE + SETTINGS + frame(5, bytes(4), flags=4, stream_id=1),
    "a ping of seven bytes": PREFACE + SETTINGS + frame(6, bytes(7)),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_bytes(local: LocalAws, data: bytes) -> None:
    """They end their connection, and nothing else; nobody has to look after that."""
    with structlog.testing.capture_logs() as lines:
        reader, writer = await asyncio.open_connection(local.host, local.port)
        writer.write(data)
        async with asyncio.timeout(10):
            try:
                while await reader.read(65_536):
                    pass
            except ConnectionResetError:
                pass
        writer.close()
        async with connected(local) as client:
            assert (await stream(client, signed_headers(local), [audio()] * 8)).finals == ["one two"]
    assert [line for line in lines if line["log_level"] == "error"] == []


async def test_a_header_beyond_the_limit(local: LocalAws) -> None:
    """A head of 32 KiB is more than anybody needs."""
    async with connected(local) as client:
        client.request([*PSEUDO, *((f"x-{number}", "y" * 4000) for number in range(10))])
        await client.until(lambda: client.gone == EASE)


async def test_one_stream_too_many() -> None:
    """A client that does not keep to the settings is told so and dropped."""
    async with local_aws(limits=Limits(http2_streams=1)) as local, connected(local) as client:
        client.h2.remote_settings.update({3: 10})
        client.h2.remote_settings.acknowledge()
        for _ in range(2):
            client.request(signed_headers(local))
        await client.until(lambda: client.closed)


async def test_rapid_resets(local: LocalAws) -> None:
    """Requests that are reset as soon as they are made do not pile up (CVE-2023-44487)."""
    async with connected(local) as client:
        for _ in range(500):
            client.h2.reset_stream(client.request(signed_headers(local)[:4]))
            client.flush()
            await client.writer.drain()
        refused = 7  # REFUSED_STREAM: nothing was done, so it may be tried again
        while (answer := await client.answered(client.request(signed_headers(local)[:4]))).reset == refused:
            pass
        assert answer.status == 400


async def test_empty_data_without_end(local: LocalAws) -> None:
    """Frames that no window counts are not kept."""
    async with connected(local) as client:
        stream_id = client.request(signed_headers(local))
        client.writer.write(frame(0, b"", stream_id=stream_id) * 10_000)
        await client.writer.drain()
        client.h2.reset_stream(stream_id)
        client.flush()
        assert (await stream(client, signed_headers(local), [audio()] * 8)).finals == ["one two"]


class Transport(asyncio.Transport):
    """A socket that keeps what is written and remembers whether it is read."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.written = bytearray()
        self.reading = True
        self.closing = False

    def write(self, data: Any) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = True


async def echo(wire: Http2Wire, _request: SignedRequest, _transport: asyncio.BaseTransport) -> None:
    wire.begin([(":status", "200")])
    try:
        while (piece := await wire.receive()) is not None:
            await wire.send(piece)
    except Gone:
        return
    await wire.close()


def recorded() -> bytes:
    """A connection with three streams that ends well."""
    client = H2Connection(config=H2Configuration(client_side=True))
    client.initiate_connection()
    for stream_id in (1, 3, 5):
        client.send_headers(stream_id, [*PSEUDO, ("x-amzn-transcribe-language-code", "en-US")])
        client.send_data(stream_id, b"a" * 300)
        client.ping(b"12345678")
    client.reset_stream(3)
    client.increment_flow_control_window(1000)
    for stream_id in (1, 5):
        client.send_data(stream_id, b"b" * 20, end_stream=True)
    return bytes(client.data_to_send()) + GOAWAY


async def test_mutations() -> None:
    """Three hundred connections, each damaged somewhere: no exception, nothing left running."""
    generator, data, limits = random.Random(7540), recorded(), Limits(close_seconds=0.01)
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(generator.randint(1, 4)):
            at = generator.randrange(len(broken))
            new = generator.randbytes(generator.choice([0, 1, 1, 9]))
            broken[at : at + generator.choice([0, 1, 1, 1, 9])] = new
        tasks: set[asyncio.Task[None]] = set()
        protocol = Http2(echo, limits=limits, tasks=tasks)
        protocol.connection_made(Transport())
        cut = generator.randrange(len(broken) + 1)
        for piece in (bytes(broken[:cut]), bytes(broken[cut:])):
            protocol.data_received(piece)
            await asyncio.sleep(0)
        protocol.connection_lost(None)
        if tasks:
            await asyncio.wait(tasks)
        assert not tasks


async def test_pings_of_a_client_that_does_not_read() -> None:
    """While it does not take the answers, its frames are not read: they do not pile up."""
    transport, protocol = Transport(), Http2(echo, limits=Limits(), tasks=set())
    protocol.connection_made(transport)
    protocol.data_received(requests(PSEUDO))
    protocol.pause_writing()
    assert not transport.reading
    protocol.resume_writing()
    assert transport.reading
    protocol.connection_lost(None)
    await asyncio.sleep(0)


@pytest.mark.parametrize("size", [1, 2, 8, 9, 24, 25, 1000])
def test_goaway_is_taken_out(size: int) -> None:
    """Wherever the bytes are cut, the rest is as it was."""
    data = PREFACE + SETTINGS + frame(1, b"head", stream_id=1) + frame(0, b"", stream_id=1)
    with_it = data + GOAWAY + frame(0, b"more", stream_id=1) + frame(7, b"x" * 500) + frame(6, bytes(8))
    for whole, leaving in ((data, False), (with_it, True)):
        filter_ = FrameFilter()
        kept = b"".join(filter_.feed(whole[at : at + size]) for at in range(0, len(whole), size))
        assert kept == whole.replace(GOAWAY, b"").replace(frame(7, b"x" * 500), b"")
        assert filter_.leaving is leaving


class Connection:
    """A connection that remembers what one of its streams has asked for."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.resets: list[Reset] = []
        self.window = 0
        self.sent: list[tuple[bytes, bool]] = []
        self.wire = Http2Wire(self, 1, limits=Limits(close_seconds=0.01))

    def respond(self, _stream_id: int, head: object) -> None:
        pass

    def acknowledge(self, _stream_id: int, size: int) -> None:
        self.acknowledged += size

    def reset(self, _stream_id: int, why: Reset) -> None:
        self.resets.append(why)

    def flush(self) -> None:
        while (taken := self.wire.take(self.window)) is not None:
            self.window -= len(taken[0])
            self.sent.append(taken)


async def test_audio_is_acknowledged_when_more_is_asked_for() -> None:
    """The client's window is closed while its audio waits, and while it is being heard."""
    connection = Connection()
    wire = connection.wire
    wire.feed(b"a" * 100, 110)
    wire.feed(b"b" * 100, 100)
    assert connection.acknowledged == 0
    assert await wire.receive() == b"a" * 100 + b"b" * 100
    assert connection.acknowledged == 0
    wire.feed(b"c", 1)
    assert await wire.receive() == b"c"
    assert connection.acknowledged == 210
    wire.feed_eof()
    assert await wire.receive() is None
    assert connection.acknowledged == 211


async def test_a_frame_is_never_torn() -> None:
    """Who sends may be cancelled in the middle of a frame; its rest still goes before the next."""
    connection = Connection()
    wire = connection.wire
    connection.window = 3
    sending = asyncio.create_task(wire.send(b"abcdef"))
    await asyncio.sleep(0)
    sending.cancel()
    await asyncio.wait([sending])
    wire.feed_eof()
    closing = asyncio.create_task(wire.close(b"farewell"))
    await asyncio.sleep(0)
    connection.window = 100
    connection.flush()
    await closing
    assert connection.sent == [(b"abc", False), (b"deffarewell", True)]
    assert connection.resets == []


ENDS: dict[str, tuple[Callable[[Connection], None], list[Reset]]] = {
    "the client goes on": (lambda connection: setattr(connection, "window", 100), [Reset.NO_ERROR]),
    "the client takes nothing": (lambda connection: connection.wire.feed_eof(), [Reset.INTERNAL_ERROR]),
    "the client is gone": (lambda connection: connection.wire.lose(), []),
}


@pytest.mark.parametrize(("before", "resets"), ENDS.values(), ids=ENDS)
async def test_how_a_close_ends(before: Callable[[Connection], None], resets: list[Reset]) -> None:
    """It takes no longer than its limit, and says what was wrong."""
    connection = Connection()
    connection.wire.feed(b"unheard", 7)
    before(connection)
    await connection.wire.close(b"farewell")
    assert connection.resets == resets
    assert connection.acknowledged == 7


async def test_after_the_end() -> None:
    """Whoever still has a wire whose stream is gone is told so."""
    connection = Connection()
    wire = connection.wire
    sending, receiving = asyncio.create_task(wire.send(b"abc")), asyncio.create_task(wire.receive())
    await asyncio.sleep(0)
    wire.lose()
    for each in (sending, receiving, asyncio.create_task(wire.send(b"abc"))):
        with pytest.raises(Gone):
            await each
    wire.abort()
    await wire.close(b"abc")
    assert connection.resets == []
