"""The ten types of header values: one table of what may be sent, how it is packed and unpacked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any, Final
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

HeaderValue = bool | int | bytes | str | datetime | UUID


class HeaderType(IntEnum):
    """The type byte of a header."""

    TRUE = 0
    FALSE = 1
    BYTE = 2
    SHORT = 3
    INTEGER = 4
    LONG = 5
    BYTES = 6
    STRING = 7
    TIMESTAMP = 8
    UUID = 9


@dataclass(frozen=True, slots=True)
class Wire:
    """What may be sent as one type, and how it looks on the wire. A ``width`` of None: a uint16 gives it."""

    type: HeaderType
    accepts: Callable[[object], bool]
    width: int | None
    pack: Callable[[Any], bytes]
    unpack: Callable[[bytes], HeaderValue]


def _constant(type_: HeaderType, *, value: bool) -> Wire:
    return Wire(type_, lambda given: given is value, 0, lambda _: b"", lambda _: value)


def _integer(type_: HeaderType, *, width: int) -> Wire:
    return Wire(
        type_,
        lambda given: isinstance(given, int) and not isinstance(given, bool),
        width,
        lambda value: int.to_bytes(value, width, "big", signed=True),
        lambda raw: int.from_bytes(raw, "big", signed=True),
    )


_TIMESTAMP = Wire(
    HeaderType.TIMESTAMP,
    lambda given: isinstance(given, datetime) and given.utcoffset() is not None,
    8,
    lambda value: int.to_bytes((value - _EPOCH) // _MILLISECOND, 8, "big", signed=True),
    lambda raw: _EPOCH + int.from_bytes(raw, "big", signed=True) * _MILLISECOND,
)

_UUID = Wire(
    HeaderType.UUID,
    lambda given: isinstance(given, UUID),
    16,
    lambda value: value.bytes,
    lambda raw: UUID(bytes=raw),
)

WIRES: Final[dict[int, Wire]] = {
    wire.type: wire
    for wire in (
        _constant(HeaderType.TRUE, value=True),
        _constant(HeaderType.FALSE, value=False),
        _integer(HeaderType.BYTE, width=1),
        _integer(HeaderType.SHORT, width=2),
        _integer(HeaderType.INTEGER, width=4),
        _integer(HeaderType.LONG, width=8),
        Wire(HeaderType.BYTES, lambda given: isinstance(given, bytes), None, bytes, bytes),
        Wire(HeaderType.STRING, lambda given: isinstance(given, str), None, str.encode, bytes.decode),
        _TIMESTAMP,
        _UUID,
    )
}
