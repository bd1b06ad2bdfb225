"""Header types: what may be sent, what is remembered, what is shown."""

import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from scribepass.errors import LocalProtocolError, RemoteProtocolError, Violation
from scribepass.eventstream import Header, HeaderType, Limits, Message, string_headers
from scribepass.eventstream.headers import (
    REMEMBERED_BLOCKS,
    REMEMBERED_BYTES,
    _decode_remembered,
    decode_headers,
    encode_headers,
)

NOON = datetime(2026, 1, 15, 12, 0, 1, 250_999, UTC)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (HeaderType.TRUE, False),
        (HeaderType.TRUE, 1),
        (HeaderType.FALSE, True),
        (HeaderType.FALSE, 0),
        (HeaderType.FALSE, None),
        (HeaderType.BYTE, 128),
        (HeaderType.BYTE, -129),
        (HeaderType.BYTE, True),
        (HeaderType.SHORT, 32_768),
        (HeaderType.SHORT, 1.0),
        (HeaderType.INTEGER, 2**31),
        (HeaderType.INTEGER, "1"),
        (HeaderType.LONG, 2**63),
        (HeaderType.LONG, -(2**63) - 1),
        (HeaderType.BYTES, "text"),
        (HeaderType.BYTES, bytearray(b"x")),
        (HeaderType.BYTES, 5),
        (HeaderType.BYTES, bytes(32_768)),
        (HeaderType.STRING, b"bytes"),
        (HeaderType.STRING, "\ud800"),
        (HeaderType.STRING, "é" * 16_384),
        (HeaderType.TIMESTAMP, 1_768_478_401_250),
        (HeaderType.TIMESTAMP, NOON.replace(tzinfo=None)),
        (HeaderType.UUID, "00010203-0405-0607-0809-0a0b0c0d0e0f"),
        (HeaderType.UUID, bytes(16)),
    ],
)
def test_a_value_that_does_not_fit_its_type_is_not_sent(type_: HeaderType, value: Any) -> None:
    """Every wrong Python type and every value out of range is our own bug, told as one."""
    with pytest.raises(LocalProtocolError):
        encode_headers((Header("name", type_, value),))


@pytest.mark.parametrize("name", ["", "n" * 256, "é" * 128, "\udc80", b"name", None, 7])
def test_a_name_that_cannot_stand_on_the_wire_is_not_sent(name: Any) -> None:
    """Names are text of 1 to 255 bytes."""
    with pytest.raises(LocalProtocolError):
        encode_headers((Header(name, HeaderType.TRUE, True),))


@pytest.mark.parametrize("type_", [10, -1, 255, "STRING", None, []])
def test_a_type_that_does_not_exist_is_not_sent(type_: Any) -> None:
    """There are ten types."""
    with pytest.raises(LocalProtocolError):
        encode_headers((Header("name", type_, "value"),))


def test_a_thing_that_is_no_header_is_not_sent() -> None:
    """A pair of name and value is no Header."""
    with pytest.raises(LocalProtocolError):
        encode_headers((("name", "value"),))  # type: ignore[arg-type]


def test_a_name_is_sent_once() -> None:
    """Two headers of one name are refused, whatever their values."""
    with pytest.raises(LocalProtocolError, match="same name"):
        encode_headers((*string_headers({"a": "b"}), Header("a", HeaderType.TRUE, True)))


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        (NOON, NOON.replace(microsecond=250_000)),
        (datetime(1969, 12, 31, 23, 59, 59, 999_001, UTC), datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC)),
        (
            datetime(2026, 1, 15, 13, tzinfo=timezone(timedelta(hours=1))),
            datetime(2026, 1, 15, 12, tzinfo=UTC),
        ),
    ],
    ids=["cut down", "cut down before 1970", "other zone"],
)
def test_a_timestamp_keeps_its_millisecond_and_becomes_utc(sent: datetime, received: datetime) -> None:
    """Microseconds are cut off towards the past, so that no time is ever later than it was."""
    (header,) = decode_headers(encode_headers((Header("t", HeaderType.TIMESTAMP, sent),)), 1, 0)
    assert header.value == received
    assert header.value.tzinfo is UTC  # type: ignore[union-attr]


def test_string_headers_keep_their_order() -> None:
    """A mapping becomes headers in its own order."""
    headers = string_headers({"b": "1", "a": "2"})
    assert headers == (Header("b", HeaderType.STRING, "1"), Header("a", HeaderType.STRING, "2"))


def test_bytes_are_not_shown() -> None:
    """A signature in a header does not get into a log by way of repr; other values do."""
    assert repr(Header("s", HeaderType.BYTES, b"secret")) == "Header('s', <HeaderType.BYTES: 6>, <6 bytes>)"
    assert repr(Header("s", HeaderType.STRING, "event")) == "Header('s', <HeaderType.STRING: 7>, 'event')"


@pytest.mark.parametrize("padding", [0, REMEMBERED_BYTES], ids=["remembered", "too long to remember"])
def test_what_is_remembered_does_not_show(padding: int) -> None:
    """The same bytes are judged anew under other limits, and refused as often as they come."""
    frame = Message((*string_headers({"a": "b" * padding}), Header("c", HeaderType.BYTES, b"1234"))).encode()
    for _ in range(2):
        assert Message.decode(frame).get("c") == b"1234"
        for low in (Limits(header_count=1), Limits(value_bytes=3)):
            with pytest.raises(RemoteProtocolError) as caught:
                Message.decode(frame, limits=low)
            assert caught.value.kind is Violation.LIMIT


def test_what_is_remembered_is_little() -> None:
    """A peer that sends the blocks that cost most to remember cannot take more than about a megabyte."""

    def fill(mark: str) -> None:
        letters = product("abcdefghijklmnopqrstuvwxyz", repeat=2)
        for first, second in list(letters)[: 2 * REMEMBERED_BLOCKS]:
            names = [f"{first}{second}{mark}", *(chr(code) for code in range(33, 33 + 83))]
            headers = tuple(Header(name, HeaderType.TRUE, True) for name in names)
            block = encode_headers(headers)
            assert len(block) <= REMEMBERED_BYTES
            assert decode_headers(block, 1024, 0) == headers

    tracemalloc.start()
    try:
        fill("1")
        before, _ = tracemalloc.get_traced_memory()
        fill("2")
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert before < 1_200_000
    assert after < before + 100_000


def test_long_blocks_are_not_remembered() -> None:
    """Their number would be bounded, their size would not."""
    before = _decode_remembered.cache_info().misses
    decode_headers(encode_headers(string_headers({"a": "x" * (REMEMBERED_BYTES - 4)})), 1, 1000)
    assert _decode_remembered.cache_info().misses == before
    decode_headers(encode_headers(string_headers({"a": "x" * (REMEMBERED_BYTES - 5)})), 1, 1000)
    assert _decode_remembered.cache_info().misses == before + 1


def test_every_type_has_a_place_in_the_table() -> None:
    """What can be named can be sent and read: the ten types, one value each."""
    values = (True, False, 1, 2, 3, 4, b"5", "6", NOON.replace(microsecond=0), UUID(int=8))
    headers = tuple(Header(type_.name, type_, value) for type_, value in zip(HeaderType, values, strict=True))
    assert decode_headers(encode_headers(headers), 10, 1) == headers
