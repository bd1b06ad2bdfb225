"""WebSocket frames as bytes, right or wrong (RFC 6455 section 5.2); it shares nothing with what is tested."""

import itertools
import struct
from dataclasses import dataclass

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASK = b"\x37\xfa\x21\x3d"
NO_MASKING = bytes(4)
"""A key that leaves the payload as it is: a masked frame all the same, and cheap to make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame as it was received."""

    opcode: int
    payload: bytes
    fin: bool = True
    reserved: int = 0


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    reserved: int = 0,
    mask: bytes | None = MASK,
    width: int | None = None,
    claims: int | None = None,
) -> bytes:
    """The bytes of a frame.

    ``mask`` None leaves it unmasked. ``width``: how many bytes the extended length has (0, 2 or 8) where it
    is not the shortest that will do. ``claims``: the length that the frame says it has, where it lies.
    """
    length = len(payload) if claims is None else claims
    if width is None:
        width = 0 if length < 126 else 2 if length < 2**16 else 8
    short = {0: length, 2: 126, 8: 127}[width]
    head = bytes([fin << 7 | reserved << 4 | opcode, (mask is not None) << 7 | short])
    head += {0: b"", 2: struct.pack(">H", length & 0xFFFF), 8: struct.pack(">Q", length)}[width]
    return head + payload if mask is None else head + mask + masked(payload, mask)


def masked(payload: bytes, mask: bytes) -> bytes:
    """The payload under a masking key (section 5.3)."""
    if mask == NO_MASKING:
        return payload
    length = len(payload)
    key = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")


def close(code: int | None = None, reason: bytes = b"") -> bytes:
    """A client's close frame."""
    return frame(CLOSE, b"" if code is None else struct.pack(">H", code) + reason)


def fragments(opcode: int, *parts: bytes) -> list[bytes]:
    """One message in several frames."""
    opcodes = itertools.chain([opcode], itertools.repeat(CONTINUATION))
    last = len(parts) - 1
    return [
        frame(each, part, fin=number == last)
        for number, (each, part) in enumerate(zip(opcodes, parts, strict=False))
    ]


class Frames:
    """A server's frames, out of bytes that come in pieces. ``ValueError`` for one that is masked."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> list[Frame]:
        """Take bytes; return the frames that they complete."""
        self._buffer += data
        complete = []
        while (found := self._parse()) is not None:
            complete.append(found)
        return complete

    def _parse(self) -> Frame | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        if buffer[1] & 0x80:
            raise ValueError("a server does not mask")
        length, start = buffer[1], 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + length:
            return None
        first, payload = buffer[0], bytes(buffer[start : start + length])
        del buffer[: start + length]
        return Frame(opcode=first & 0x0F, payload=payload, fin=bool(first & 0x80), reserved=first >> 4 & 0x7)
