"""A stream's two ends: how it is ended, how it breaks, and that the wire may cut it anywhere."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribepass.errors import (
    LocalProtocolError,
    RemoteProtocolError,
    SignatureMalformed,
    SignatureMismatch,
    Violation,
)
from scribepass.eventstream import Header, HeaderType, Limits, Message, string_headers
from scribepass.transcribe.calls import (
    Category,
    Configuration,
    PointsOfInterest,
    TimestampRange,
    Utterance,
    UtteranceItem,
)
from scribepass.transcribe.catalogue import Operation
from scribepass.transcribe.events import Audio, EndOfAudio, Failure, Transcript, encode
from scribepass.transcribe.results import Alternative, Item, Result
from scribepass.transcribe.session import NEED_DATA, StreamSession
from scribepass.transcribe.states import Closed, Role, State
from support.pair import Pair, byte_by_byte, heard, whole

NOW = datetime(2026, 1, 15, 12, 0, 1, 250_000, tzinfo=UTC)
SIGNATURE = bytes(range(32))
FAILURE = Failure(kind="BadRequestException", message="no")


def audio(chunk):
    """The frame of an AudioEvent, empty or not."""
    headers = string_headers({":message-type": "event", ":event-type": "AudioEvent"})
    return Message(headers, chunk).encode()


def signed(payload, *, date=NOW, signature=SIGNATURE):
    """The frame of a signed message around ``payload``."""
    headers = (
        Header(":date", HeaderType.TIMESTAMP, date),
        Header(":chunk-signature", HeaderType.BYTES, signature),
    )
    return Message(headers, payload).encode()


ENDS = {
    "unsigned-empty-audio-event": [audio(b"")],
    "signed-empty-payload": [signed(b"")],
    "signed-empty-audio-event": [signed(audio(b""))],
    "zero-length-message": [b""],
    "end-of-the-stream-alone": [None],
    "signed-empty-then-end-of-stream": [signed(b""), None],
    "signed-event-then-signed-empty": [signed(audio(b"")), signed(b"")],
    "signed-event-then-signed-empty-then-end": [signed(audio(b"")), signed(b""), None],
    "zero-length-then-close": [b"", None],
    "empty-event-then-zero-length": [audio(b""), b""],
    "empty-event-then-zero-length-then-close": [audio(b""), b"", None],
    "empty-event-then-close": [audio(b""), None],
    "zero-length-then-empty-event": [b"", audio(b"")],
    "everything-twice": [audio(b""), audio(b""), signed(b""), signed(b""), b"", b"", None, None],
}


def arrive(session, piece):
    if piece is None:
        session.receive_eof()
    else:
        session.receive_data(piece)


@pytest.mark.parametrize("pieces", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize(
    "before", [[], [audio(b"ab")], [signed(audio(b"ab"))]], ids=["nothing", "audio", "signed"]
)
@pytest.mark.parametrize("at_once", [True, False])
def test_every_way_to_end_is_one_end(pieces, before, at_once):
    """Each form alone and the mixtures that clients send, read at once or piece by piece."""
    server = StreamSession(Role.SERVER)
    events = []
    for piece in [*before, *pieces]:
        arrive(server, piece)
        if not at_once:
            events += heard(server)
    events += heard(server)
    closes = [event for event in events if isinstance(event, Closed)]
    assert [event for event in events if event not in closes] == [Audio(chunk=b"ab")] * len(before) + [
        EndOfAudio()
    ]
    assert set(closes) == ({Closed(clean=True)} if None in pieces else set())
    assert server.their_state is State.FINISHED
    assert server.send(Transcript())


@pytest.mark.parametrize("late", [audio(b"ab"), signed(audio(b"ab")), encode(Configuration()).encode()])
@pytest.mark.parametrize("end", [audio(b""), signed(b""), b""])
def test_nothing_follows_the_end_of_audio(late, end):
    """Audio after the end is refused, in whatever form either came."""
    server = StreamSession(Role.SERVER, operation=Operation.CALL_ANALYTICS)
    server.receive_data(end)
    server.receive_data(late)
    assert server.next_event() == EndOfAudio()
    with pytest.raises(RemoteProtocolError) as refused:
        server.next_event()
    assert refused.value.kind is Violation.ORDER


@pytest.mark.parametrize("end", [b"", None])
def test_the_audio_does_not_end_inside_a_frame(end):
    """A cut frame is a fault, not an end; what was whole before it is told first."""
    server = StreamSession(Role.SERVER)
    server.receive_data(audio(b"ab") + audio(b"cd")[:-1])
    arrive(server, end)
    if end is not None:
        server.receive_data(audio(b"ef"))
    assert server.next_event() == Audio(chunk=b"ab")
    for _ in range(2):
        with pytest.raises(RemoteProtocolError, match="inside a frame") as refused:
            server.next_event()
        assert refused.value.kind is Violation.FRAMING


def test_a_clients_stream_closes_cleanly_after_its_end():
    """Results that come after the end of audio, then the close; and the close stays."""
    pair = Pair()
    assert pair.say(Role.CLIENT, Audio(chunk=b"ab"), EndOfAudio()) == [Audio(chunk=b"ab"), EndOfAudio()]
    assert pair.say(Role.SERVER, Transcript()) == [Transcript()]
    assert pair.server.send(Closed(clean=True)) == b""
    assert pair.hang_up() == ([Closed(clean=True)], [Closed(clean=True)])
    assert pair.client.their_state is State.CLOSED
    assert pair.client.next_event() == Closed(clean=True)
    assert pair.server.next_event() == Closed(clean=True)


@pytest.mark.parametrize("said", [[], [Audio(chunk=b"ab")]], ids=["at-the-start", "while-speaking"])
def test_a_close_before_the_end_of_audio_is_not_clean(said):
    """The server is gone while the client still speaks. To the server that is merely the end of the audio."""
    pair = Pair()
    pair.say(Role.CLIENT, *said)
    assert pair.hang_up() == ([Closed(clean=False)], [EndOfAudio(), Closed(clean=True)])


def test_a_failure_is_the_last_event():
    """After it the client hears the close, which is not clean; anything else would be a fault."""
    pair = Pair()
    pair.say(Role.CLIENT, EndOfAudio())
    assert pair.say(Role.SERVER, FAILURE) == [FAILURE]
    assert pair.hang_up() == ([Closed(clean=False)], [Closed(clean=False)])
    assert pair.client.their_state is State.FAILED

    client = StreamSession(Role.CLIENT)
    client.receive_data(encode(FAILURE).encode() + encode(Transcript()).encode())
    assert client.next_event() == FAILURE
    with pytest.raises(RemoteProtocolError, match="Transcript from a server in FAILED"):
        client.next_event()


@pytest.mark.parametrize(
    "late",
    [
        [audio(b"ab")],
        [b""],
        [signed(b"")],
        [encode(Transcript()).encode()],
        [b"\xff" * 40, b"more"],
        [audio(b"ab")[:9]],
    ],
)
@pytest.mark.parametrize("last", [FAILURE, Closed(clean=True)])
def test_a_server_that_has_ended_hears_nothing_but_the_close(late, last):
    """A client does not know yet, and still sends; whatever it is, it is dropped."""

    def check(*_):
        raise AssertionError("nothing is checked any more")

    server = StreamSession(Role.SERVER, verify_chunk=check)
    server.receive_data(audio(b"ab"))
    server.send(last)
    for piece in late:
        server.receive_data(piece)
    assert server.next_event() is NEED_DATA
    server.receive_eof()
    assert server.next_event() == Closed(clean=False)


def test_a_client_gives_no_meaning_to_an_empty_message():
    """Only a server reads it as the end of audio."""
    client = StreamSession(Role.CLIENT)
    client.receive_data(b"")
    assert client.next_event() is NEED_DATA


@pytest.mark.parametrize("role", Role)
def test_nothing_is_received_after_the_end(role):
    """That would be a bug of the transport's driver; a second end is not."""
    session = StreamSession(role)
    session.receive_eof()
    session.receive_eof()
    with pytest.raises(LocalProtocolError):
        session.receive_data(b"x")
    assert heard(session)[-1] == Closed(clean=role is Role.SERVER)


def test_a_broken_stream_stays_broken():
    """The same error again and again, and nothing that came after it; an answer can still be sent."""
    server = StreamSession(Role.SERVER)
    server.receive_data(audio(b"ab") + b"\x00" * 16)
    server.receive_data(audio(b"cd"))
    assert server.next_event() == Audio(chunk=b"ab")
    errors = []
    for _ in range(3):
        with pytest.raises(RemoteProtocolError) as refused:
            server.next_event()
        errors.append(refused.value)
        server.receive_data(audio(b"ef"))
    server.receive_eof()
    assert errors[0] is errors[1] is errors[2]
    assert server.send(FAILURE)


def test_a_session_has_limits():
    """By default those of Transcribe's own messages; also inside a signed event."""
    server = StreamSession(Role.SERVER, limits=Limits(message_bytes=200))
    server.receive_data(audio(bytes(100)))
    server.receive_data(audio(bytes(200)))
    assert server.next_event() == Audio(chunk=bytes(100))
    with pytest.raises(RemoteProtocolError) as refused:
        server.next_event()
    assert refused.value.kind is Violation.LIMIT


# Signed events: HTTP/2 clients send them, WebSocket clients may.


def test_signed_events_are_checked_and_unwrapped():
    """The check gets what was signed, in the order of the stream; unsigned events between them are taken."""
    checked = []
    server = StreamSession(Role.SERVER, verify_chunk=lambda *chunk: checked.append(chunk))
    server.receive_data(
        signed(audio(b"ab")) + audio(b"cd") + signed(audio(b"")) + signed(b"", signature=b"x")
    )
    assert checked == []
    assert heard(server) == [Audio(chunk=b"ab"), Audio(chunk=b"cd"), EndOfAudio()]
    assert checked == [(NOW, SIGNATURE, audio(b"ab")), (NOW, SIGNATURE, audio(b"")), (NOW, b"x", b"")]


def test_signed_events_can_be_read_without_a_check():
    """A decoder of recorded streams has no key."""
    server = StreamSession(Role.SERVER)
    server.receive_data(signed(audio(b"ab"), signature=b""))
    assert server.next_event() == Audio(chunk=b"ab")


def test_a_call_may_be_configured_in_a_signed_event():
    """The wrapper holds any event."""
    server = StreamSession(Role.SERVER, operation=Operation.CALL_ANALYTICS)
    server.receive_data(signed(encode(Configuration()).encode()))
    assert server.next_event() == Configuration()


def test_a_refused_signature_ends_the_stream():
    """What the check raises passes through unchanged, and stays."""
    mismatch = SignatureMismatch(canonical_request="")

    def check(*_):
        raise mismatch

    server = StreamSession(Role.SERVER, verify_chunk=check)
    server.receive_data(signed(audio(b"ab")))
    server.receive_data(audio(b"cd"))
    for _ in range(2):
        with pytest.raises(SignatureMismatch) as refused:
            server.next_event()
        assert refused.value is mismatch


def wrapper(**headers):
    types = {
        str: HeaderType.STRING,
        bytes: HeaderType.BYTES,
        int: HeaderType.LONG,
        datetime: HeaderType.TIMESTAMP,
    }
    return Message(
        tuple(
            Header(f":{name.replace('_', '-')}", types[type(value)], value) for name, value in headers.items()
        ),
        audio(b"ab"),
    ).encode()


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (signed(signed(audio(b"ab"))), Violation.HEADER),
        (signed(signed(b"")), Violation.HEADER),
        (wrapper(date="2026", chunk_signature=SIGNATURE), Violation.HEADER),
        (wrapper(date=1768478401250, chunk_signature=SIGNATURE), Violation.HEADER),
        (wrapper(chunk_signature=SIGNATURE), Violation.HEADER),
        (wrapper(date=NOW, chunk_signature="00"), Violation.HEADER),
        (wrapper(date=NOW), Violation.HEADER),
        (signed(b"junk"), Violation.FRAMING),
        (signed(audio(b"ab") * 2), Violation.FRAMING),
        (signed(audio(b"ab")[:-1] + b"\x00"), Violation.CHECKSUM),
        (signed(encode(Transcript()).encode()), Violation.ORDER),
    ],
)
def test_a_malformed_wrapper_is_refused(frame, kind):
    """A wrapper holds a date, a signature, and nothing or one whole unsigned message."""
    server = StreamSession(Role.SERVER)
    server.receive_data(frame)
    with pytest.raises(RemoteProtocolError) as refused:
        server.next_event()
    assert refused.value.kind is kind


def test_a_client_unwraps_nothing():
    """No server signs its events."""
    client = StreamSession(Role.CLIENT)
    client.receive_data(signed(encode(Transcript()).encode()))
    with pytest.raises(RemoteProtocolError) as refused:
        client.next_event()
    assert refused.value.kind is Violation.HEADER


# Both ends of one wire.

WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
SECONDS = st.floats(min_value=0, max_value=14_400, allow_nan=False)
MILLISECONDS = st.integers(min_value=0, max_value=2**53)
MAYBE = st.none() | st.booleans()
ITEMS = st.builds(
    Item,
    content=WORDS,
    start_time=SECONDS,
    end_time=SECONDS,
    type=st.sampled_from(["pronunciation", "punctuation"]),
    confidence=st.none() | SECONDS,
    speaker=st.none() | WORDS,
    stable=MAYBE,
    vocabulary_filter_match=MAYBE,
)
RESULTS = st.builds(
    Result,
    result_id=WORDS,
    start_time=SECONDS,
    end_time=SECONDS,
    is_partial=st.booleans(),
    alternatives=st.lists(
        st.builds(Alternative, transcript=WORDS, items=st.lists(ITEMS, max_size=2).map(tuple)), max_size=2
    ).map(tuple),
    channel_id=st.none() | WORDS,
)
FAILURES = st.builds(Failure, kind=WORDS, message=WORDS)
RANGES = st.builds(TimestampRange, begin_offset_millis=MILLISECONDS, end_offset_millis=MILLISECONDS)
SERVER_EVENTS = {
    Operation.STANDARD: st.builds(Transcript, results=st.lists(RESULTS, max_size=2).map(tuple)),
    Operation.CALL_ANALYTICS: st.one_of(
        st.builds(
            Utterance,
            utterance_id=WORDS,
            is_partial=st.booleans(),
            participant_role=st.sampled_from(["AGENT", "CUSTOMER"]),
            begin_offset_millis=MILLISECONDS,
            end_offset_millis=MILLISECONDS,
            transcript=WORDS,
            items=st.lists(
                st.builds(
                    UtteranceItem,
                    content=WORDS,
                    begin_offset_millis=MILLISECONDS,
                    end_offset_millis=MILLISECONDS,
                ),
                max_size=2,
            ).map(tuple),
        ),
        st.builds(
            Category,
            matched_categories=st.lists(WORDS, max_size=2).map(tuple),
            matched_details=st.dictionaries(
                WORDS,
                st.builds(PointsOfInterest, timestamp_ranges=st.lists(RANGES, max_size=2).map(tuple)),
                max_size=2,
            ),
        ),
    ),
}
CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=5)


@st.composite
def cuts(draw):
    """A wire that cuts what it carries into drawn lengths, over and over."""
    lengths = draw(st.lists(st.integers(min_value=1, max_value=60), min_size=1, max_size=6))

    def cut(data):
        at = turn = 0
        while at < len(data):
            length = lengths[turn % len(lengths)]
            yield data[at : at + length]
            at, turn = at + length, turn + 1

    return cut


@settings(deadline=None)
@given(
    st.data(), st.sampled_from(list(SERVER_EVENTS)), CHUNKS, cuts() | st.just(whole) | st.just(byte_by_byte)
)
def test_both_ends_hear_what_the_other_said(data, operation, chunks, cut):
    """However the wire cuts it: the same events, in the same order, in both directions."""
    pair = Pair(operation=operation, cut=cut)
    configured = operation is Operation.CALL_ANALYTICS and data.draw(st.booleans())
    said = [Configuration()] * configured + [Audio(chunk=chunk) for chunk in chunks] + [EndOfAudio()]
    answers = data.draw(st.lists(SERVER_EVENTS[operation], max_size=3))
    answers += data.draw(st.lists(FAILURES, max_size=1))
    assert pair.say(Role.CLIENT, *said) == said
    assert pair.say(Role.SERVER, *answers) == answers
    failed = any(isinstance(answer, Failure) for answer in answers)
    assert pair.hang_up() == ([Closed(clean=not failed)], [Closed(clean=not failed)])


@settings(deadline=None)
@given(
    st.sampled_from(list(Role)),
    st.sampled_from(list(Operation)),
    st.lists(st.binary(max_size=60), max_size=4),
)
def test_any_bytes_are_events_or_refused(role, operation, pieces):
    """No other exception than RemoteProtocolError leaves a session, whatever the bytes inside true frames."""
    session = StreamSession(role, operation=operation)
    headers = {":message-type": "event", ":event-type": "TranscriptEvent"}
    for at, piece in enumerate(pieces):
        session.receive_data(piece if at % 2 else Message(string_headers(headers), piece).encode())
    session.receive_eof()
    outcome = None
    try:
        outcome = heard(session)[-1]
    except RemoteProtocolError as refused:
        outcome = refused
    assert isinstance(outcome, RemoteProtocolError | Closed)


def test_a_server_may_want_signatures():
    """Where every client signs, an unsigned event is refused, the first as a later one."""
    for frames in (audio(b"ab"), signed(audio(b"ab")) + audio(b"ab"), audio(b"")):
        server = StreamSession(Role.SERVER, signed_only=True)
        server.receive_data(frames)
        for _ in range(2):
            with pytest.raises(SignatureMalformed, match="the event is not signed"):
                heard(server)
    server = StreamSession(Role.SERVER, signed_only=True)
    server.receive_data(signed(audio(b"ab")))
    server.receive_eof()
    assert heard(server)[:2] == [Audio(chunk=b"ab"), EndOfAudio()]
