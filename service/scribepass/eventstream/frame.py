"""The frame around a message.

::

    uint32  total length, all of the frame         ┐
    uint32  length of the headers                  │ the prelude
    uint32  CRC-32 of these eight bytes            ┘
    bytes   headers
    bytes   payload
    uint32  CRC-32 of everything before it

Integers are big-endian, the CRC is zlib's. A CRC finds accidents; it does not prove a sender. So
whatever a checksum covers is checked afterwards as if there were none.

Source: "Event stream encoding" in the Amazon Transcribe developer guide.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from struct import Struct
from typing import Final
from zlib import crc32

from scribepass.errors import LocalProtocolError, RemoteProtocolError, Violation

from .headers import MAX_VALUE_BYTES, Headers, decode_headers

PRELUDE_BYTES: Final = 12
CRC_BYTES: Final = 4
OVERHEAD_BYTES: Final = PRELUDE_BYTES + CRC_BYTES

MAX_MESSAGE_BYTES: Final = 24 * 1024 * 1024
"""AWS's C codec refuses longer frames, botocore longer payloads."""

MAX_HEADERS_BYTES: Final = 128 * 1024
"""The same in AWS's C codec, botocore and amazon-transcribe."""

MAX_HEADER_COUNT: Final = 1024
"""AWS's C codec has it since 2026. Without it 128 KiB of headers are 43,690 objects for one message."""

_LENGTHS: Final = Struct(">II")
_PRELUDE: Final = Struct(">III")
CRC: Final = Struct(">I")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a peer may put into one message. The defaults are the most that is ever accepted.

    Raises:
        ValueError: a limit is above its default, or so low that no message fits.
    """

    message_bytes: int = MAX_MESSAGE_BYTES
    headers_bytes: int = MAX_HEADERS_BYTES
    header_count: int = MAX_HEADER_COUNT
    value_bytes: int = MAX_VALUE_BYTES

    def __post_init__(self) -> None:
        for each in fields(self):
            lowest = OVERHEAD_BYTES if each.name == "message_bytes" else 0
            if not lowest <= getattr(self, each.name) <= each.default:
                raise ValueError(f"{each.name} must be from {lowest} to {each.default}")


DEFAULT: Final = Limits()

TRANSCRIBE: Final = Limits(message_bytes=1024 * 1024, headers_bytes=16 * 1024, header_count=64)
"""Ample for Transcribe: one second of 48 kHz stereo is 192,000 bytes, and a message has 2 or 3 headers."""


@dataclass(frozen=True, slots=True)
class Start:
    """A frame up to its payload: as headers, as bytes, the CRC of these; then the two lengths."""

    headers: Headers
    encoded: bytes
    crc: int
    payload_length: int
    total: int


def make_start(headers: Headers, block: bytes, payload_length: int) -> Start:
    """The start of a frame of these headers, which encode to ``block``, and a payload of this length.

    Raises:
        LocalProtocolError: the message would pass a limit of ``DEFAULT``.
    """
    total = OVERHEAD_BYTES + len(block) + payload_length
    if len(headers) > MAX_HEADER_COUNT:
        raise LocalProtocolError(f"{len(headers)} headers, more than {MAX_HEADER_COUNT}")
    if len(block) > MAX_HEADERS_BYTES:
        raise LocalProtocolError(f"{len(block)} bytes of headers, more than {MAX_HEADERS_BYTES}")
    if total > MAX_MESSAGE_BYTES:
        raise LocalProtocolError(f"a frame of {total} bytes, more than {MAX_MESSAGE_BYTES}")
    lengths = _LENGTHS.pack(total, len(block))
    encoded = b"".join((lengths, CRC.pack(crc32(lengths)), block))
    return Start(headers, encoded, crc32(encoded), payload_length, total)


def check_prelude(data: bytes | bytearray, at: int, limits: Limits) -> int:
    """The length of the frame at ``at``, of which twelve bytes are there, once they are found to be true.

    Raises:
        RemoteProtocolError: of kind CHECKSUM, FRAMING or LIMIT.
    """
    total: int
    total, headers_length, crc = _PRELUDE.unpack_from(data, at)
    if crc32(data[at : at + 8]) != crc:
        raise RemoteProtocolError("the prelude's checksum is wrong", kind=Violation.CHECKSUM)
    if total < OVERHEAD_BYTES + headers_length:  # no subtraction: that is how a C decoder underflowed
        message = f"a frame of {total} bytes cannot hold {headers_length} bytes of headers"
        raise RemoteProtocolError(message, kind=Violation.FRAMING)
    if total > limits.message_bytes:
        raise _limit(f"a frame of {total} bytes, more than {limits.message_bytes}")
    if headers_length > limits.headers_bytes:
        raise _limit(f"{headers_length} bytes of headers, more than {limits.headers_bytes}")
    return total


def frame_length(data: bytes | bytearray, at: int) -> int:
    """The length of the frame at ``at``, whose prelude is true."""
    return int.from_bytes(data[at : at + 4], "big")


def read_frame(data: bytes | bytearray, at: int, limits: Limits) -> tuple[Start, bytes]:
    """Start and payload of the frame at ``at``, all of which is there and whose prelude is true.

    Raises:
        RemoteProtocolError: of kind CHECKSUM, HEADER or LIMIT.
    """
    total, headers_length, _ = _PRELUDE.unpack_from(data, at)
    encoded = bytes(data[at : at + PRELUDE_BYTES + headers_length])
    crc = crc32(encoded)
    payload = read_payload(data, at + len(encoded), at + total - CRC_BYTES, crc)
    headers = decode_headers(encoded[PRELUDE_BYTES:], limits.header_count, limits.value_bytes)
    return Start(headers, encoded, crc, len(payload), total), payload


def read_payload(data: bytes | bytearray, at: int, end: int, crc: int) -> bytes:
    """The payload from ``at`` to ``end``, in a frame whose bytes before it have the CRC ``crc``.

    Raises:
        RemoteProtocolError: of kind CHECKSUM.
    """
    payload = bytes(data[at:end])
    if crc32(payload, crc) != CRC.unpack_from(data, end)[0]:
        raise RemoteProtocolError("the message's checksum is wrong", kind=Violation.CHECKSUM)
    return payload


def _limit(message: str) -> RemoteProtocolError:
    return RemoteProtocolError(message, kind=Violation.LIMIT)
