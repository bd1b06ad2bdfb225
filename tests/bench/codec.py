"""One audio event of 100 ms at 16 kHz: ours beside botocore's decoder and amazon-transcribe's serializer."""

import zlib
from collections.abc import Callable
from typing import Any

from amazon_transcribe.eventstream import EventStreamMessageSerializer
from botocore.eventstream import EventStreamBuffer

from scribepass import transcribe
from scribepass.eventstream import Decoder

CHUNK = bytes(range(256)) * 12 + bytes(128)
FRAME = transcribe.encode(transcribe.Audio(chunk=CHUNK)).encode()
HEADERS = {":content-type": "application/octet-stream", ":event-type": "AudioEvent", ":message-type": "event"}


def our_decode() -> object:
    decoder = Decoder()
    decoder.receive_data(FRAME)
    return decoder.next_message()


def botocore_decode() -> object:
    buffer = EventStreamBuffer()
    buffer.add_data(FRAME)
    return next(buffer)


def races(race: Callable[..., Any]) -> list[Any]:
    serializer = EventStreamMessageSerializer()
    return [
        race(
            title="encode one audio event (3,200 bytes of PCM)",
            ours="scribepass",
            contestants={
                "scribepass": lambda: transcribe.encode(transcribe.Audio(chunk=CHUNK)).encode(),
                "amazon-transcribe serializer": lambda: serializer.serialize(HEADERS, CHUNK),
                "zlib.crc32 alone (the floor)": lambda: zlib.crc32(FRAME),
            },
            wanted={"amazon-transcribe serializer": 3},
        ),
        race(
            title="decode one audio event (3,200 bytes of PCM)",
            ours="scribepass Decoder",
            contestants={
                "scribepass Decoder": our_decode,
                "botocore EventStreamBuffer": botocore_decode,
                "zlib.crc32 alone (the floor)": lambda: zlib.crc32(FRAME),
            },
            wanted={"botocore EventStreamBuffer": 3},
        ),
    ]
