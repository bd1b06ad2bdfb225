"""Beside two codecs that others wrote.

amazon-transcribe's serializer is a good oracle: what it writes must be what we write. botocore's decoder
is a weak one: it accepts frames that it should not, and refuses with KeyError and struct.error. So it is
asked in one direction only: what we accept, it reads as we do.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from amazon_transcribe import eventstream as amazon
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from scribepass.errors import RemoteProtocolError
from scribepass.eventstream import Header, HeaderType, Message
from support.messages import EPOCH, enframe, messages
from support.vectors import load, unhex
from support.vectors import messages as messages_of

INTEGERS = {
    HeaderType.BYTE: amazon.Int8HeaderValue,
    HeaderType.SHORT: amazon.Int16HeaderValue,
    HeaderType.INTEGER: amazon.Int32HeaderValue,
    HeaderType.LONG: amazon.Int64HeaderValue,
}
SINGLE = [case for case in load("valid.json") if len(case["messages"]) == 1]


def as_amazon_writes(message: Message) -> bytes:
    headers = {
        header.name: INTEGERS[header.type](header.value) if header.type in INTEGERS else header.value
        for header in message.headers
    }
    return amazon.EventStreamMessageSerializer().serialize(headers, message.payload)


def as_botocore_reads(frame: bytes) -> tuple[dict[str, Any], bytes]:
    buffer = EventStreamBuffer()
    buffer.add_data(frame)
    message = next(buffer)
    return message.headers, message.payload


def as_botocore_would(header: Header) -> Any:
    if isinstance(header.value, datetime):
        return round((header.value - EPOCH).total_seconds() * 1000)
    return header.value.bytes if isinstance(header.value, UUID) else header.value


def in_botocore_s_words(message: Message) -> tuple[dict[str, Any], bytes]:
    return {header.name: as_botocore_would(header) for header in message.headers}, message.payload


@pytest.mark.parametrize("case", SINGLE, ids=[case["name"] for case in SINGLE])
def test_vectors_as_peers_see_them(case: dict[str, Any]) -> None:
    """Both peers agree with the valid vectors, so these do not describe a dialect of ours."""
    (message,) = messages_of(case)
    assert as_botocore_reads(unhex(case["bytes"])) == in_botocore_s_words(message)
    if not any(header.type is HeaderType.TIMESTAMP for header in message.headers):
        assert as_amazon_writes(message) == unhex(case["bytes"])


@settings(deadline=None, max_examples=300)
@given(messages)
def test_we_write_what_amazon_writes(message: Message) -> None:
    """Byte for byte; but timestamps go through a float there, and lose milliseconds."""
    headers = tuple(header for header in message.headers if header.type is not HeaderType.TIMESTAMP)
    message = Message(headers, message.payload)
    assert message.encode() == as_amazon_writes(message)


@settings(deadline=None, max_examples=300)
@given(messages)
def test_botocore_reads_what_we_write(message: Message) -> None:
    """Every message that we send arrives at botocore as it was."""
    assert as_botocore_reads(message.encode()) == in_botocore_s_words(message)


@settings(deadline=None, max_examples=1000)
@given(st.binary(max_size=16), st.binary(max_size=4))
def test_botocore_reads_what_we_accept(block: bytes, payload: bytes) -> None:
    """Whatever bytes we take for headers, botocore takes for the same headers."""
    frame = enframe(block, payload)
    try:
        message = Message.decode(frame)
    except RemoteProtocolError:
        return
    assert as_botocore_reads(frame) == in_botocore_s_words(message)
