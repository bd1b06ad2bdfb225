"""One flipped bit anywhere in a signed event is refused, with its checksums repaired or not."""

import struct
from collections.abc import Iterator
from zlib import crc32

import pytest

from scribepass.errors import RemoteProtocolError, SignatureRejected
from scribepass.eventstream import Header, HeaderType, Message
from scribepass.sigv4.chunks import ChunkSigner, ChunkVerifier
from scribepass.transcribe import NEED_DATA, Audio, Closed, EndOfAudio, Role, StreamSession
from support.http2 import EventSigner, connected, heard_in, signed_headers
from support.streaming import STATIC, Clock, audio, local_aws, signed_url, stream

SEED = "5e" * 32
CLOCK = Clock()
EVENT = audio(b"\x01\x02\x03\x04")
SAMPLE = 24  # so many bytes of a frame are tried through a socket


def signed_event(signer: ChunkSigner, payload: bytes = EVENT) -> bytes:
    """A signed message around an event."""
    now = CLOCK.now.replace(microsecond=0)
    date = Header(name=":date", type=HeaderType.TIMESTAMP, value=now)
    signature = signer.sign(date=now, payload=payload)
    headers = (date, Header(name=":chunk-signature", type=HeaderType.BYTES, value=signature))
    return Message(headers, payload).encode()


def repaired(frame: bytes) -> bytes:
    """The frame with checksums that are right for what is in it."""
    head = frame[:8]
    body = head + struct.pack(">I", crc32(head)) + frame[12:-4]
    return body + struct.pack(">I", crc32(body))


def flipped(frame: bytes, at: int) -> Iterator[bytes]:
    """The frame with each bit of one byte flipped, as it is and repaired."""
    for bit in range(8):
        damaged = frame[:at] + bytes([frame[at] ^ (1 << bit)]) + frame[at + 1 :]
        yield damaged
        if 12 <= at < len(frame) - 4:  # a checksum that is repaired is the one that was there
            yield repaired(damaged)


def hears(frames: bytes, *, signed_only: bool) -> list[object]:
    """What a server hears of a stream up to its end, the chain verified."""
    verifier = ChunkVerifier(STATIC, region="us-east-1", seed_signature=SEED)
    session = StreamSession(
        Role.SERVER,
        verify_chunk=lambda date, signature, payload: verifier.verify(
            date=date, signature=signature, payload=payload, now=CLOCK.now
        ),
        signed_only=signed_only,
    )
    session.receive_data(frames)
    session.receive_eof()
    events: list[object] = []
    while not isinstance(event := session.next_event(), Closed):
        assert event is not NEED_DATA
        events.append(event)
    return events


@pytest.mark.parametrize("signed_only", [True, False], ids=["HTTP/2", "WebSocket"])
def test_every_bit_of_a_frame(*, signed_only: bool) -> None:
    """Nothing of the event that was damaged is heard, nor of what follows; whichever bit it was."""
    signer = ChunkSigner(STATIC, region="us-east-1", seed_signature=SEED)
    first, second = signed_event(signer), signed_event(signer)
    good = [Audio(chunk=b"\x01\x02\x03\x04")] * 2
    assert hears(first + second, signed_only=signed_only) == [*good, EndOfAudio()]
    for at in range(len(first)):
        for damaged in flipped(first, at):
            with pytest.raises((RemoteProtocolError, SignatureRejected)):
                hears(damaged + second, signed_only=signed_only)


async def test_through_a_websocket() -> None:
    """A sample of the same on the wire: an exception, and no word."""
    async with local_aws() as local:
        for number in range(SAMPLE):
            url = signed_url(local)
            seed = url.rpartition("X-Amz-Signature=")[2][:64]
            frame = signed_event(ChunkSigner(STATIC, region="us-east-1", seed_signature=seed))
            heard = await stream(url, [list(flipped(frame, spread(number, frame)))[number % 8]])
            assert heard.failure is not None
            assert heard.failure.kind == "BadRequestException"
        assert {record.audio_seconds for record in local.journal} == {0.0}


async def test_through_http2() -> None:
    """And over HTTP/2, where all the streams share a connection."""
    async with local_aws() as local, connected(local) as client:
        for number in range(SAMPLE):
            headers = signed_headers(local)
            frame = EventSigner(headers)(EVENT)
            stream_id = client.request(headers)
            damaged = list(flipped(frame, spread(number, frame)))[number % 8]
            await client.send(stream_id, damaged, end=True)
            failure = heard_in(await client.answered(stream_id)).failure
            assert failure is not None
            assert failure.kind == "BadRequestException"
        assert {record.audio_seconds for record in local.journal} == {0.0}


def spread(number: int, frame: bytes) -> int:
    """Places all over the frame, its lengths aside: a longer one would be waited for."""
    return 8 + number * (len(frame) - 8) // SAMPLE
