"""Limits: what may be sent and received, and that the numbers are the documented ones."""

from typing import Any

import pytest

from scribepass.errors import LocalProtocolError
from scribepass.eventstream import DEFAULT, TRANSCRIBE, Header, HeaderType, Limits, Message, string_headers


def test_the_default_limits_are_the_documented_ones() -> None:
    """24 MiB a message, 128 KiB of headers, 1,024 of them, 32,767 bytes a value."""
    written = Limits(message_bytes=25_165_824, headers_bytes=131_072, header_count=1024, value_bytes=32_767)
    assert written == DEFAULT == Limits()


def test_the_limits_for_transcribe_are_lower() -> None:
    """1 MiB a message, 16 KiB of headers, 64 of them."""
    assert Limits(message_bytes=1_048_576, headers_bytes=16_384, header_count=64) == TRANSCRIBE


@pytest.mark.parametrize(
    "limits",
    [
        {"message_bytes": 25_165_825},
        {"headers_bytes": 131_073},
        {"header_count": 1025},
        {"value_bytes": 32_768},
        {"message_bytes": 15},
        {"headers_bytes": -1},
        {"header_count": -1},
        {"value_bytes": -1},
    ],
    ids=str,
)
def test_limits_are_lowered_only(limits: dict[str, Any]) -> None:
    """No argument lifts a limit above the hard one, or makes it meaningless."""
    with pytest.raises(ValueError, match=next(iter(limits))):
        Limits(**limits)


def test_the_largest_message_goes_both_ways() -> None:
    """Exactly 24 MiB are sent and received; one byte more is not sent."""
    message = Message((), bytes(DEFAULT.message_bytes - 16))
    assert Message.decode(message.encode()) == message
    with pytest.raises(LocalProtocolError, match="25165825 bytes"):
        Message((), bytes(DEFAULT.message_bytes - 15)).encode()


def test_the_longest_headers_go_both_ways() -> None:
    """Exactly 128 KiB of headers are sent and received; one byte more is not sent."""
    four = string_headers(dict.fromkeys("abcd", "x" * (32_768 - 5)))  # 5: lengths, name and type
    message = Message(four)
    frame = message.encode()
    assert int.from_bytes(frame[4:8], "big") == DEFAULT.headers_bytes
    assert Message.decode(frame) == message
    with pytest.raises(LocalProtocolError, match="131075 bytes of headers"):
        Message((*four, Header("e", HeaderType.TRUE, True))).encode()


def test_the_most_headers_go_both_ways() -> None:
    """Exactly 1,024 headers are sent and received; one more is not sent."""
    headers = tuple(Header(f"{number}", HeaderType.TRUE, True) for number in range(1025))
    assert Message.decode(Message(headers[1:]).encode()) == Message(headers[1:])
    with pytest.raises(LocalProtocolError, match="1025 headers"):
        Message(headers).encode()
