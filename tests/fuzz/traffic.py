"""What the fuzzer says on one stream: event-stream frames, most of them odd but allowed, then worse ones.

A stream ends at its first frame that is refused, so most frames of a stream must be such that it goes on:
audio of any length under headers in any order, among others that nobody knows, signed or not.
"""

import itertools
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from scribepass.eventstream import Message
from scribepass.sigv4.chunks import ChunkSigner
from scribepass.transcribe import Audio, Configuration, EndOfAudio, Operation, encode
from support.messages import enframe
from support.streaming import REGION, STATIC

from .fuzz_eventstream import TELLING_LENGTHS, cut, damage, seeds

BYTES, STRING, TIMESTAMP = 6, 7, 8
TYPED = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, TIMESTAMP: 8, 9: 16}
"""Types of a header whose values have a fixed length, and that length."""

LENGTHS = (*[2, 20, 100, 320, 640] * 6, 3200, 32_000)
MILD = (0, 1, 3, 10, 30, 100)
"""How many allowed frames come before a worse one."""

CONFIGURATION = encode(
    Configuration(channel_definitions=((0, "CUSTOMER"), (1, "AGENT")))  # type: ignore[arg-type]
).encode()
END = encode(EndOfAudio()).encode()


def named(name: bytes, kind: int, value: bytes) -> bytes:
    """One header as bytes."""
    return bytes([len(name)]) + name + bytes([kind]) + value


def text(name: bytes, value: bytes) -> bytes:
    return named(name, STRING, struct.pack(">H", len(value)) + value)


_AUDIO = (
    text(b":message-type", b"event"),
    text(b":event-type", b"AudioEvent"),
    text(b":content-type", b"application/octet-stream"),
)
ORDERS = [b"".join(order) for order in itertools.permutations(_AUDIO)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What is said on one stream. ``pieces`` are the bytes of its ``frames``, cut as they are to be sent."""

    pieces: list[bytes]
    frames: int


class Speaker:
    """Thinks of frames, for one stream of one operation. ``seed``: the signature of its request."""

    def __init__(self, generator: random.Random, *, operation: Operation, seed: str, now: datetime) -> None:
        self._generator = generator
        self._operation = operation
        self._now = now
        self._signer = ChunkSigner(STATIC, region=REGION, seed_signature=seed)
        self._signs = generator.random() < 0.2

    def talk(self) -> Talk:
        """All of it."""
        generator = self._generator
        frames = [CONFIGURATION] if self._configures() else []
        for _ in range(generator.choice((1, 1, 2, 3))):
            frames += [self._mild() for _ in range(generator.choice(MILD))]
            frames.append(self._worse())
        if generator.random() < 0.1:  # more than will be heard
            frames += [self._mild() for _ in range(generator.choice(MILD))]
        frames += [END] * (generator.random() < 0.7)
        pieces = frames if generator.random() < 0.85 else [*filter(None, cut(b"".join(frames), generator))]
        return Talk(pieces=pieces, frames=len(frames))

    def _configures(self) -> bool:
        usual = self._operation is Operation.CALL_ANALYTICS
        return usual if self._generator.random() < 0.95 else not usual

    def _mild(self) -> bytes:
        generator = self._generator
        block = generator.choice(ORDERS)
        for _ in range(generator.choice((0, 0, 1, 2))):
            extra = self._extra()
            block = block + extra if generator.random() < 0.5 else extra + block
        length = generator.choice(LENGTHS) // 4 * 4  # whole samples of two channels
        data = enframe(block, generator.randbytes(max(length, 4)))
        return self._signed(data) if self._signs else data

    def _extra(self) -> bytes:
        generator = self._generator
        name = b"x" + generator.randbytes(4).hex().encode()
        kind = generator.choice((*TYPED, BYTES, STRING))
        if kind in TYPED:
            # A timestamp of today's size: beyond the year 9999 there is none.
            value = (
                b"\0\0" + generator.randbytes(6) if kind == TIMESTAMP else generator.randbytes(TYPED[kind])
            )
            return named(name, kind, (b"\0\0\0" + value[3:]) if kind == TIMESTAMP else value)
        value = generator.randbytes(generator.randrange(20)).hex().encode()
        return named(name, kind, struct.pack(">H", len(value)) + value)

    def _signed(self, data: bytes) -> bytes:
        signature = self._signer.sign(date=self._now, payload=data)
        return enframe(self._signed_block(signature), data)

    def _signed_block(self, signature: bytes) -> bytes:
        millis = round(self._now.timestamp() * 1000)
        date = named(b":date", TIMESTAMP, struct.pack(">q", millis))
        return date + named(b":chunk-signature", BYTES, struct.pack(">H", len(signature)) + signature)

    def _worse(self) -> bytes:
        generator = self._generator
        block, payload = self._seed()
        other = generator.choice(CORPUS)[0]
        match generator.randrange(10):
            case 0:
                return damage(enframe(block, payload), other, generator)
            case 1:
                near = generator.randrange(len(block) + len(payload) + 20)
                lie = {
                    generator.choice(("total", "headers")): generator.choice((*TELLING_LENGTHS, near, near))
                }
                return enframe(block, payload, **lie)
            case 2:
                return enframe(
                    generator.choice(ORDERS), generator.randbytes(generator.choice((0, 1, 33, 40_000)))
                )
            case 3:
                inner = damage(enframe(block, payload), other, generator)
                return self._signed(inner)
            case 4:
                signed = self._signed_block(generator.randbytes(generator.choice((0, 31, 32, 33))))
                return enframe(damage(signed, other, generator), enframe(block, payload))
            case 5 | 6:
                return enframe(block, damage(payload, other, generator))
            case _:
                return enframe(damage(block, other, generator), payload)

    def _seed(self) -> tuple[bytes, bytes]:
        return self._generator.choice(OURS if self._generator.random() < 0.7 else CORPUS)


def _apart(frame: bytes) -> tuple[bytes, bytes]:
    middle = 12 + int.from_bytes(frame[4:8], "big")
    return frame[12:middle], frame[middle:-4]


def _ours() -> Iterator[tuple[bytes, bytes]]:
    yield _apart(encode(Audio(chunk=bytes(range(64)))).encode())
    yield _apart(END)
    yield _apart(CONFIGURATION)
    yield _apart(Message((), b"").encode())


OURS = list(_ours())
CORPUS = seeds()
