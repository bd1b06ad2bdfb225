"""What holds for every message, and for all bytes whatever."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from scribepass.errors import RemoteProtocolError
from scribepass.eventstream import DEFAULT, TRANSCRIBE, Limits, Message
from support.feed import Outcome, feed, ways
from support.messages import enframe, messages

low_limits = st.builds(
    Limits,
    message_bytes=st.integers(16, 600),
    headers_bytes=st.integers(0, 300),
    header_count=st.integers(0, 4),
    value_bytes=st.integers(0, 40),
)
limits = st.sampled_from([DEFAULT, TRANSCRIBE]) | low_limits

thorough = settings(deadline=None, max_examples=300)


@thorough
@given(st.lists(messages, max_size=4), st.text(max_size=5))
def test_what_is_encoded_is_decoded(sent: list[Message], seed: str) -> None:
    """Any messages, one after the other and cut anyhow, arrive as they were."""
    data = b"".join(message.encode() for message in sent)
    for way, chunks in ways(data, seed=seed):
        assert feed(chunks, limits=DEFAULT, at_end=True) == Outcome(sent), way


@thorough
@given(messages)
def test_a_frame_is_decoded_at_once(message: Message) -> None:
    """``Message.decode`` undoes ``Message.encode``."""
    assert Message.decode(message.encode()) == message


@thorough
@given(st.binary(max_size=200), limits)
def test_any_bytes_are_read_or_refused(data: bytes, limits: Limits) -> None:
    """Bytes whatever give messages or a RemoteProtocolError, and the same however they are cut."""
    outcomes = [feed(chunks, limits=limits, at_end=True) for _, chunks in ways(data, seed="")]
    assert all(outcome == outcomes[0] for outcome in outcomes)
    with contextlib.suppress(RemoteProtocolError):
        Message.decode(data, limits=limits)


@thorough
@given(
    st.binary(max_size=60),
    st.binary(max_size=20),
    st.integers(0, 120) | st.integers(0, 2**32 - 1) | st.none(),
    st.integers(0, 120) | st.integers(0, 2**32 - 1) | st.none(),
    limits,
)
def test_any_bytes_under_good_checksums_are_read_or_refused(
    block: bytes, payload: bytes, total: int | None, headers: int | None, limits: Limits
) -> None:
    """A checksum proves nothing: any headers and any lengths are read or refused, as the bytes are cut."""
    data = enframe(block, payload, total=total, headers=headers)
    outcomes = [feed(chunks, limits=limits, at_end=True) for _, chunks in ways(data, seed="")]
    assert all(outcome == outcomes[0] for outcome in outcomes)


@thorough
@given(st.binary(max_size=12), st.binary(max_size=5))
def test_what_is_read_is_the_only_way_to_write_it(block: bytes, payload: bytes) -> None:
    """Every frame that is accepted is what encoding its message gives: nothing is skipped or guessed."""
    frame = enframe(block, payload)
    try:
        message = Message.decode(frame)
    except RemoteProtocolError:
        return
    assert message.encode() == frame


@thorough
@given(messages, messages, limits)
def test_what_came_before_does_not_matter(first: Message, second: Message, limits: Limits) -> None:
    """A decoder that remembers the first message reads the second as a new decoder would."""
    alone = feed([second.encode()], limits=limits)
    after = feed([first.encode() * 2 + second.encode()], limits=limits)
    if feed([first.encode()], limits=limits).kind is None:
        assert after == Outcome([first, first, *alone.messages], alone.kind, alone.text)
