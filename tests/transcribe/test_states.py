"""The transition table, cell by cell: what it holds is written out here a second time, by hand."""

from itertools import product

import pytest

from scribepass.errors import LocalProtocolError, RemoteProtocolError, Violation
from scribepass.eventstream import Message, string_headers
from scribepass.transcribe.calls import Category, Configuration, Utterance
from scribepass.transcribe.catalogue import Operation
from scribepass.transcribe.events import EVENTS, Audio, EndOfAudio, Failure, Transcript, UnknownEvent, encode
from scribepass.transcribe.session import NEED_DATA, StreamSession
from scribepass.transcribe.states import TRANSITIONS, Closed, Role, State

ALLOWED = {
    (Role.CLIENT, State.START, Configuration): State.AUDIO,
    (Role.CLIENT, State.START, Audio): State.AUDIO,
    (Role.CLIENT, State.START, EndOfAudio): State.FINISHED,
    (Role.CLIENT, State.AUDIO, Audio): State.AUDIO,
    (Role.CLIENT, State.AUDIO, EndOfAudio): State.FINISHED,
    (Role.SERVER, State.RESULTS, Transcript): State.RESULTS,
    (Role.SERVER, State.RESULTS, Utterance): State.RESULTS,
    (Role.SERVER, State.RESULTS, Category): State.RESULTS,
    (Role.SERVER, State.RESULTS, UnknownEvent): State.RESULTS,
    (Role.SERVER, State.RESULTS, Failure): State.FAILED,
    (Role.SERVER, State.RESULTS, Closed): State.CLOSED,
    (Role.SERVER, State.FAILED, Closed): State.FAILED,
}
SAMPLES = {
    Audio: Audio(chunk=b"ab"),
    EndOfAudio: EndOfAudio(),
    Configuration: Configuration(),
    Transcript: Transcript(),
    Utterance: Utterance(
        utterance_id="u",
        is_partial=True,
        participant_role="AGENT",
        begin_offset_millis=0,
        end_offset_millis=1,
        transcript="a",
    ),
    Category: Category(),
    Failure: Failure(kind="ConflictException", message="no"),
    UnknownEvent: UnknownEvent(type="FutureEvent"),
    Closed: Closed(clean=True),
}
WAY_TO = {
    State.START: [],
    State.AUDIO: [Audio],
    State.FINISHED: [Audio, EndOfAudio],
    State.RESULTS: [],
    State.CLOSED: [Closed],
    State.FAILED: [Failure],
}
STATES = {
    Role.CLIENT: [State.START, State.AUDIO, State.FINISHED],
    Role.SERVER: [State.RESULTS, State.CLOSED, State.FAILED],
}
CELLS = [(role, state, kind) for role in Role for state, kind in product(STATES[role], SAMPLES)]
IDS = [f"{role.value}-{state.name}-{kind.__name__}" for role, state, kind in CELLS]


def operation_of(kind):
    """An operation that has the event."""
    return next(each for each in Operation if kind is Closed or kind in EVENTS[each])


def frame(kind):
    """The bytes of an event, whoever may say it; an unknown one cannot be encoded, so it is made by hand."""
    if kind is UnknownEvent:
        return Message(string_headers({":message-type": "event", ":event-type": "FutureEvent"}), b"").encode()
    return encode(SAMPLES[kind]).encode()


def test_the_table_is_the_one_above():
    """Nothing more, and every state of each role has a row."""
    flat = {
        (role, state, kind): after
        for role, half in TRANSITIONS.items()
        for state, row in half.items()
        for kind, after in row.items()
    }
    assert flat == ALLOWED
    assert {role: list(half) for role, half in TRANSITIONS.items()} == STATES


@pytest.mark.parametrize(("role", "state", "kind"), CELLS, ids=IDS)
def test_sending(role, state, kind):
    """An event that the table has is sent; any other raises, sends nothing, and leaves the state."""
    session = StreamSession(role, operation=operation_of(kind))
    for step in WAY_TO[state]:
        session.send(SAMPLES[step])
    after = ALLOWED.get((role, state, kind))
    if after is None or kind is UnknownEvent:
        with pytest.raises(LocalProtocolError):
            session.send(SAMPLES[kind])
        after = state
    else:
        assert session.send(SAMPLES[kind]) == (b"" if kind is Closed else frame(kind))
    assert session.our_state is after


def arrive(session, kind):
    if kind is Closed:
        session.receive_eof()
    else:
        session.receive_data(frame(kind))


RECEIVED = [
    cell
    for cell in CELLS
    if cell[1] is not State.CLOSED and (cell[0] is Role.SERVER or cell[2] is not Closed)
]  # nothing arrives after the end, and a client's end is test_session's


@pytest.mark.parametrize(
    ("role", "state", "kind"),
    RECEIVED,
    ids=[f"{role.value}-{state.name}-{kind.__name__}" for role, state, kind in RECEIVED],
)
def test_receiving(role, state, kind):
    """An event that the table has is told; any other is a fault of kind ORDER; a second end is no news."""
    other = Role.SERVER if role is Role.CLIENT else Role.CLIENT
    session = StreamSession(other, operation=operation_of(kind))
    for step in WAY_TO[state]:
        arrive(session, step)
        assert session.next_event() == SAMPLES[step]
    assert session.their_state is state
    arrive(session, kind)
    after = ALLOWED.get((role, state, kind))
    if kind is Closed:
        assert session.next_event() == Closed(clean=False)
    elif after is not None:
        assert session.next_event() == SAMPLES[kind]
    elif (state, kind) == (State.FINISHED, EndOfAudio):
        assert session.next_event() is NEED_DATA
    else:
        with pytest.raises(RemoteProtocolError) as refused:
            session.next_event()
        assert refused.value.kind is Violation.ORDER
    assert session.their_state is (after or state)


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        (operation, kind)
        for operation in Operation
        for kind in SAMPLES
        if kind not in {*EVENTS[operation], Closed}
    ],
)
def test_events_of_another_operation_cannot_be_sent(operation, kind):
    """Whoever would send them."""
    for role in Role:
        session = StreamSession(role, operation=operation)
        with pytest.raises(LocalProtocolError, match=f"{kind.__name__} cannot be sent"):
            session.send(SAMPLES[kind])
