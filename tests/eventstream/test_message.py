"""Message: reading by name, sending, and one whole frame at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from scribepass.errors import LocalProtocolError, RemoteProtocolError, Violation
from scribepass.eventstream import Header, Headers, HeaderType, Message, encode_message, string_headers
from support.vectors import load, messages, unhex

AUDIO = string_headers(
    {":content-type": "application/octet-stream", ":event-type": "AudioEvent", ":message-type": "event"}
)


def test_a_header_is_found_by_its_name() -> None:
    """``get`` gives the value; False is a value, None is none."""
    message = Message((*AUDIO, Header("off", HeaderType.FALSE, False)))
    assert message.get(":event-type") == "AudioEvent"
    assert message.get("off") is False
    assert message.get("Off") is None


def test_a_payload_is_not_shown() -> None:
    """Voice and words stay out of logs."""
    assert "voice" not in repr(Message(AUDIO, b"voice"))
    assert "<5 bytes>" in repr(Message(AUDIO, b"voice"))


def test_messages_are_values() -> None:
    """Equal content is equal, and can be a key."""
    assert Message(AUDIO, b"x") == Message(tuple(AUDIO), b"x")
    assert len({Message(AUDIO, b"x"), Message(AUDIO, b"x"), Message(AUDIO)}) == 2


@pytest.mark.parametrize(
    "payload",
    ["text", bytearray(b"x"), memoryview(b"x"), None, 3],
    ids=lambda each: type(each).__name__,
)
def test_a_payload_is_bytes(payload: Any) -> None:
    """Nothing that could change later, or be counted in other units, is sent."""
    for headers in (AUDIO, ()):
        with pytest.raises(LocalProtocolError, match="payload"):
            Message(headers, payload).encode()


def test_headers_are_a_tuple() -> None:
    """A list could change between two frames, so it is not taken."""
    with pytest.raises(LocalProtocolError, match="tuple"):
        Message(list(AUDIO), b"").encode()  # type: ignore[arg-type]


def test_what_is_remembered_between_frames_does_not_show() -> None:
    """However messages follow one another, each is encoded as if it were alone."""
    cases = [
        (messages(case)[0], unhex(case["bytes"])) for case in load("valid.json") if len(case["messages"]) == 1
    ]
    for message, frame in [*cases, *reversed(cases)]:
        assert encode_message(message.headers, message.payload) == frame
    for length in (2, 4, 4, 0, 2, 3200, 2):
        fresh = Message((*AUDIO,), bytes(length))
        assert Message(AUDIO, bytes(length)).encode() == fresh.encode()


def test_a_refused_message_leaves_no_trace() -> None:
    """After headers that cannot be sent, they still cannot, and the others still can."""
    bad, good = (*AUDIO, *AUDIO), Message(AUDIO, b"x").encode()
    for _ in range(2):
        with pytest.raises(LocalProtocolError):
            Message(bad, b"x").encode()
        assert Message(AUDIO, b"x").encode() == good


def test_threads_do_not_mix_their_frames() -> None:
    """What one thread remembers is never sent by another."""
    all_headers = [string_headers({"thread": f"{number}" * 3}) for number in range(4)]

    def encode(headers: Headers) -> set[bytes]:
        return {encode_message(headers, b"x" * length) for _ in range(500) for length in (1, 1, 2)}

    with ThreadPoolExecutor(max_workers=4) as pool:
        for headers, frames in zip(all_headers, pool.map(encode, all_headers), strict=True):
            assert {Message.decode(frame) for frame in frames} == {
                Message(headers, b"x"),
                Message(headers, b"xx"),
            }


@pytest.mark.parametrize("change", [b"", b"\0"], ids=["one byte short", "one byte long"])
def test_decode_takes_exactly_one_frame(change: bytes) -> None:
    """Less or more than a frame is a framing fault, not a partial result."""
    frame = Message(AUDIO, b"audio").encode()
    with pytest.raises(RemoteProtocolError) as caught:
        Message.decode(frame + change if change else frame[:-1])
    assert caught.value.kind is Violation.FRAMING


@pytest.mark.parametrize("length", [0, 1, 11])
def test_decode_refuses_less_than_a_prelude(length: int) -> None:
    """Bytes that are not even a prelude are no frame."""
    with pytest.raises(RemoteProtocolError) as caught:
        Message.decode(Message(AUDIO).encode()[:length])
    assert caught.value.kind is Violation.FRAMING
