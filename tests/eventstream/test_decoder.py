"""Decoder: when it decides, what it keeps, and how much work it does."""

import struct
from collections.abc import Iterator
from itertools import product
from zlib import crc32

import pytest

from scribepass.errors import LocalProtocolError, RemoteProtocolError, Violation
from scribepass.eventstream import DEFAULT, NEED_DATA, TRANSCRIBE, Decoder, Limits, Message, string_headers
from support.feed import feed

AUDIO = string_headers({":event-type": "AudioEvent", ":message-type": "event"})
MESSAGE = Message(AUDIO, b"\1\0\2\0")
FRAME = MESSAGE.encode()
MEBIBYTE = 1024 * 1024


def prelude(total: int, headers_length: int = 0) -> bytes:
    lengths = struct.pack(">II", total, headers_length)
    return lengths + struct.pack(">I", crc32(lengths))


class Counting(Decoder):
    """Counts the bytes that are moved because of data that came before."""

    moved = 0

    def _append(self, data: bytes | bytearray | memoryview) -> None:
        before = self._buffer
        super()._append(data)
        if self._buffer is not before:
            self.moved += len(self._buffer) - len(data)


def drained(decoder: Decoder) -> Iterator[Message]:
    while (message := decoder.next_message()) is not NEED_DATA:
        yield message


def test_a_new_decoder_needs_data() -> None:
    """Nothing in, nothing out, as often as one asks."""
    decoder = Decoder()
    assert [decoder.next_message(), decoder.next_message(), decoder.buffered] == [NEED_DATA, NEED_DATA, 0]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_bytes_is_taken_and_none_is_kept_that_may_change(kind: type) -> None:
    """A caller may reuse its buffer as soon as ``receive_data`` has returned."""
    decoder, data = Decoder(), bytearray(FRAME)
    decoder.receive_data(kind(data))
    if kind is not bytes:
        data[:] = bytes(len(data))
    assert decoder.next_message() == MESSAGE


def test_buffered_counts_what_was_not_handed_out() -> None:
    """Zero says that the stream stands between two frames."""
    decoder = Decoder()
    decoder.receive_data(FRAME + FRAME[:20])
    assert decoder.buffered == len(FRAME) + 20
    assert list(drained(decoder)) == [MESSAGE]
    assert decoder.buffered == 20
    decoder.receive_data(FRAME[20:])
    assert list(drained(decoder)) == [MESSAGE]
    assert decoder.buffered == 0


@pytest.mark.parametrize(
    ("lengths", "kind"),
    [
        (prelude(2**32 - 1), Violation.LIMIT),
        (prelude(12), Violation.FRAMING),
        (bytes(12), Violation.CHECKSUM),
    ],
    ids=["too long", "too short", "damaged"],
)
@pytest.mark.parametrize("before", [b"", FRAME], ids=["first", "after a frame"])
def test_a_bad_prelude_is_refused_at_its_twelfth_byte(lengths: bytes, kind: Violation, before: bytes) -> None:
    """Eleven bytes are waited for; with the twelfth, nothing more of the stream is ever stored."""
    decoder = Decoder()
    decoder.receive_data(before + lengths[:11])
    assert decoder.buffered == len(before) + 11
    decoder.receive_data(lengths[11:])
    assert decoder.buffered == len(before)
    decoder.receive_data(bytes(MEBIBYTE))
    assert decoder.buffered == len(before)
    if before:
        assert decoder.next_message() == MESSAGE
    with pytest.raises(RemoteProtocolError) as caught:
        decoder.next_message()
    assert caught.value.kind is kind


LENGTHS = sorted(
    {
        near + step
        for near in (0, 12, 16, 100, 2**15, 2**16, 2**17, MEBIBYTE, 24 * MEBIBYTE, 2**31, 2**32 - 20)
        for step in (-17, -16, -15, -4, -1, 0, 1, 2, 15, 16, 17)
        if 0 <= near + step < 2**32
    }
)


@pytest.mark.parametrize("limits", [DEFAULT, TRANSCRIBE], ids=["default", "transcribe"])
def test_every_pair_of_lengths_is_judged_at_once(limits: Limits) -> None:
    """Some 10,000 preludes around every border: refused for the right reason, or 12 bytes wait."""
    for total, headers_length in product(LENGTHS, LENGTHS):
        expected: Violation | None = None
        if total < 16 or headers_length > total - 16:
            expected = Violation.FRAMING
        elif total > limits.message_bytes or headers_length > limits.headers_bytes:
            expected = Violation.LIMIT
        outcome = feed([prelude(total, headers_length)], limits=limits)
        assert (outcome.kind, outcome.left_over) == (expected, 0 if expected else 12)


def test_limits_are_the_argument_s() -> None:
    """A lower limit is enforced by the prelude."""
    decoder = Decoder(limits=Limits(message_bytes=len(FRAME) - 1))
    decoder.receive_data(FRAME[:12])
    with pytest.raises(RemoteProtocolError, match=f"{len(FRAME)} bytes, more than {len(FRAME) - 1}"):
        decoder.next_message()


def test_once_broken_it_stays_broken() -> None:
    """The same error again, a new exception each time, and nothing kept of what comes later."""
    decoder, errors = Decoder(), []
    decoder.receive_data(FRAME[:-1] + b"\0" + FRAME)
    for _ in range(3):
        with pytest.raises(RemoteProtocolError) as caught:
            decoder.next_message()
        errors.append(caught.value)
        decoder.receive_data(FRAME)
        assert decoder.buffered == 0
    decoder.receive_eof()
    with pytest.raises(RemoteProtocolError) as caught:
        decoder.next_message()
    assert {(error.kind, str(error)) for error in [*errors, caught.value]} == {
        (Violation.CHECKSUM, "the message's checksum is wrong")
    }
    assert len({id(error) for error in errors}) == 3


def test_an_error_waits_for_the_messages_before_it() -> None:
    """However much arrives at once, complete messages are handed out before the fault behind them."""
    decoder = Decoder()
    decoder.receive_data(FRAME * 3 + b"not a frame at all" + FRAME)
    assert [decoder.next_message() for _ in range(3)] == [MESSAGE] * 3
    with pytest.raises(RemoteProtocolError):
        decoder.next_message()


def test_the_end_between_frames_is_clean() -> None:
    """Messages are still handed out after the end, and then there are none."""
    decoder = Decoder()
    decoder.receive_data(FRAME * 2)
    decoder.receive_eof()
    decoder.receive_eof()
    assert list(drained(decoder)) == [MESSAGE] * 2
    assert decoder.next_message() is NEED_DATA


@pytest.mark.parametrize("length", range(1, len(FRAME)))
def test_the_end_inside_a_frame_is_a_fault(length: int) -> None:
    """A stream cut at any byte is not taken for a finished one."""
    outcome = feed([FRAME + FRAME[:length]], limits=Limits(), at_end=True)
    assert (outcome.messages, outcome.kind) == ([MESSAGE], Violation.FRAMING)


def test_the_end_of_a_broken_stream_is_its_fault() -> None:
    """The first fault is the one that is told, not the end."""
    decoder = Decoder()
    decoder.receive_data(bytes(13))
    decoder.receive_eof()
    with pytest.raises(RemoteProtocolError) as caught:
        decoder.next_message()
    assert caught.value.kind is Violation.CHECKSUM


def test_data_after_the_end_is_our_own_mistake() -> None:
    """Who said that the stream has ended cannot go on."""
    decoder = Decoder()
    decoder.receive_eof()
    with pytest.raises(LocalProtocolError):
        decoder.receive_data(b"")


def test_a_large_frame_byte_by_byte_is_linear() -> None:
    """1 MiB in single bytes: one byte is moved, the first one, when the second arrives."""
    message = Message(AUDIO, bytes(MEBIBYTE))
    decoder, got = Counting(), []
    for byte in message.encode():
        decoder.receive_data(bytes((byte,)))
        got += drained(decoder)
    assert got == [message]
    assert decoder.moved == 1


@pytest.mark.parametrize("size", [1, 7, len(FRAME) - 1, len(FRAME), len(FRAME) + 1, 1000, 65_536])
@pytest.mark.parametrize("reads", [1, 2, None], ids=["one read", "two reads", "all reads"])
def test_small_frames_in_pieces_are_linear(size: int, reads: int | None) -> None:
    """However pieces and frames overlap, and however lazily one reads, no byte is moved twice on average."""
    count, decoder, got = 1000, Counting(), []
    data = FRAME * count
    for at in range(0, len(data), size):
        decoder.receive_data(data[at : at + size])
        if reads is None:
            got += drained(decoder)
        else:
            got += [message for _ in range(reads) if (message := decoder.next_message()) is not NEED_DATA]
    got += drained(decoder)
    assert got == [MESSAGE] * count
    assert decoder.moved <= len(data)


def test_what_was_handed_out_is_let_go() -> None:
    """Reading one frame for each that arrives, always one behind, does not make the buffer grow."""
    decoder = Decoder()
    decoder.receive_data(FRAME[:-1])
    for _ in range(1000):
        decoder.receive_data(FRAME[-1:] + FRAME[:-1])
        assert decoder.next_message() == MESSAGE
        assert len(decoder._buffer) <= 3 * len(FRAME)
    decoder.receive_data(FRAME[-1:])
    assert decoder.next_message() == MESSAGE
    assert not decoder._buffer
