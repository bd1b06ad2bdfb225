"""One audio event of 100 ms at 16 kHz: ours beside botocore's decoder and amazon-transcribe's serializer."""

import itertools
import zlib
from collections.abc import Callable
from typing import Any

from amazon_transcribe.eventstream import EventStreamMessageSerializer
from botocore.eventstream import EventStreamBuffer

from scribepass.eventstream import Decoder, encode_message, string_headers

CHUNK = bytes(range(256)) * 12 + bytes(128)
HEADERS = {":content-type": "application/octet-stream", ":event-type": "AudioEvent", ":message-type": "event"}
OUR_HEADERS = string_headers(HEADERS)
FRAME = encode_message(OUR_HEADERS, CHUNK)


CHUNKS = [CHUNK[: 3200 - 2 * number] for number in range(50)]


def varying(call: Callable[[bytes], object]) -> Callable[[], object]:
    """``call`` with a chunk of another length each time, so that nothing can be kept from the last."""
    each = itertools.cycle(CHUNKS)
    return lambda: call(next(each))


def our_decode() -> Callable[[], object]:
    """One stream, frame after frame."""
    decoder = Decoder()

    def call() -> object:
        decoder.receive_data(FRAME)
        return decoder.next_message()

    return call


def botocore_decode() -> Callable[[], object]:
    buffer = EventStreamBuffer()

    def call() -> object:
        buffer.add_data(FRAME)
        return next(buffer)

    return call


def races(race: Callable[..., Any]) -> list[Any]:
    serializer = EventStreamMessageSerializer()
    return [
        race(
            title="encode one audio event (3,200 bytes of PCM)",
            ours="scribepass",
            contestants={
                "scribepass": lambda: encode_message(OUR_HEADERS, CHUNK),
                "amazon-transcribe serializer": lambda: serializer.serialize(HEADERS, CHUNK),
                "zlib.crc32 alone (the floor)": lambda: zlib.crc32(FRAME),
            },
            wanted={"amazon-transcribe serializer": 3},
        ),
        race(
            title="encode audio events whose lengths vary",
            ours="scribepass",
            contestants={
                "scribepass": varying(lambda chunk: encode_message(OUR_HEADERS, chunk)),
                "amazon-transcribe serializer": varying(lambda chunk: serializer.serialize(HEADERS, chunk)),
            },
            wanted={},
        ),
        race(
            title="decode one audio event (3,200 bytes of PCM)",
            ours="scribepass Decoder",
            contestants={
                "scribepass Decoder": our_decode(),
                "botocore EventStreamBuffer": botocore_decode(),
                "zlib.crc32 alone (the floor)": lambda: zlib.crc32(FRAME),
            },
            wanted={"botocore EventStreamBuffer": 3},
        ),
    ]
