"""The headers of an event-stream message, both directions.

One header on the wire, integers big-endian::

    uint8  length of the name, 1 to 255
    bytes  name, UTF-8
    uint8  type, 0 to 9
    bytes  value; for types 6 and 7 a uint16 length stands before it

Source: "Event stream encoding" in the Amazon Transcribe developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from scribepass.errors import LocalProtocolError, RemoteProtocolError, Violation

from .values import WIRES, HeaderType, HeaderValue

MAX_NAME_BYTES: Final = 255
"""What the uint8 in front of a name can say."""

MAX_VALUE_BYTES: Final = 32_767
"""The uint16 in front of a value could say twice as much; AWS's C, JavaScript and Python codecs stop here."""

REMEMBERED_BYTES: Final = 256
"""Header blocks up to this size are remembered; those of Transcribe have 47 to 105 bytes."""

REMEMBERED_BLOCKS: Final = 64
"""How many: a peer that fills the memory with the worst blocks, 85 headers each, costs about a megabyte."""


@dataclass(frozen=True, slots=True)
class Header:
    """One header: its name, its type on the wire, and its value.

    The value is a bool for TRUE and FALSE, an int within the width of BYTE to LONG, bytes, a str, a
    UUID, or for TIMESTAMP an aware datetime, of which the wire keeps the instant's millisecond.
    """

    name: str
    type: HeaderType
    value: HeaderValue

    def __repr__(self) -> str:
        """The value, but of bytes only their number: they may be a signature."""
        value = f"<{len(self.value)} bytes>" if isinstance(self.value, bytes) else repr(self.value)
        return f"Header({self.name!r}, {self.type!r}, {value})"


Headers = tuple[Header, ...]


def string_headers(values: Mapping[str, str]) -> Headers:
    """Headers of type STRING, in the mapping's order."""
    return tuple(Header(name, HeaderType.STRING, value) for name, value in values.items())


def encode_headers(headers: Headers) -> bytes:
    """The header block of a message.

    Raises:
        LocalProtocolError: two headers have one name, a name is not 1 to 255 bytes of UTF-8, or a value
            does not fit its type.
    """
    block = b"".join([_encode(header) for header in headers])
    if len({header.name for header in headers}) != len(headers):
        raise LocalProtocolError("two headers have the same name")
    return block


def _encode(header: Header) -> bytes:
    try:
        wire = WIRES[header.type]
        name = header.name.encode()
        raw = wire.pack(header.value) if wire.accepts(header.value) else None
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise LocalProtocolError(f"a header cannot be sent: {error}") from error
    if raw is None:
        raise LocalProtocolError(f"a {type(header.value).__name__} is not what {wire.type.name} holds")
    if not 1 <= len(name) <= MAX_NAME_BYTES:
        raise LocalProtocolError(f"a header's name has 1 to {MAX_NAME_BYTES} bytes, not {len(name)}")
    if wire.width is not None:
        return b"%c%b%c%b" % (len(name), name, wire.type, raw)
    if len(raw) > MAX_VALUE_BYTES:
        raise LocalProtocolError(f"a header's value has at most {MAX_VALUE_BYTES} bytes, not {len(raw)}")
    return b"%c%b%c%b%b" % (len(name), name, wire.type, len(raw).to_bytes(2, "big"), raw)


def decode_headers(block: bytes, max_count: int, max_value_bytes: int) -> Headers:
    """The headers of a whole header block, beyond whose end nothing is read, whatever lengths say.

    A stream repeats its few header blocks in every message. Small ones are read once and remembered; the
    same bytes under the same limits are the same headers, and errors are not remembered.

    Raises:
        RemoteProtocolError: of kind LIMIT or HEADER.
    """
    if len(block) <= REMEMBERED_BYTES:
        return _decode_remembered(block, max_count, max_value_bytes)
    return _decode_block(block, max_count, max_value_bytes)


def _decode_block(block: bytes, max_count: int, max_value_bytes: int) -> Headers:
    headers: dict[str, Header] = {}
    at = 0
    while at < len(block):
        if len(headers) == max_count:
            raise RemoteProtocolError(f"more than {max_count} headers", kind=Violation.LIMIT)
        header, at = _decode(block, at, max_value_bytes)
        if header.name in headers:
            raise _fault(f"the header {header.name!r} is there twice")
        headers[header.name] = header
    return tuple(headers.values())


_decode_remembered = lru_cache(maxsize=REMEMBERED_BLOCKS)(_decode_block)


def _decode(block: bytes, at: int, max_value_bytes: int) -> tuple[Header, int]:
    type_at = at + 1 + block[at]
    if type_at >= len(block):
        raise _fault("a header's name reaches past the end of the headers")
    if type_at == at + 1:
        raise _fault("a header has no name")
    wire = WIRES.get(block[type_at])
    if wire is None:
        raise _fault(f"there is no header type {block[type_at]}")
    value_at, width = type_at + 1, wire.width
    if width is None:
        value_at += 2
        if value_at > len(block):
            raise _fault("a header's length reaches past the end of the headers")
        width = int.from_bytes(block[type_at + 1 : value_at], "big")
        if width > max_value_bytes:
            raise RemoteProtocolError(f"a header value of {width} bytes", kind=Violation.LIMIT)
    end = value_at + width
    if end > len(block):
        raise _fault("a header's value reaches past the end of the headers")
    try:
        return Header(block[at + 1 : type_at].decode(), wire.type, wire.unpack(block[value_at:end])), end
    except UnicodeDecodeError as error:
        raise _fault("a header's name or text is not UTF-8") from error
    except OverflowError as error:
        raise _fault("a timestamp is outside the years 1 to 9999") from error


def _fault(message: str) -> RemoteProtocolError:
    return RemoteProtocolError(message, kind=Violation.HEADER)
