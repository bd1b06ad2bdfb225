"""Who may begin a stream: places, pace, and sessions that can be resumed."""

from contextlib import ExitStack
from datetime import timedelta

import pytest

from scribepass.local import refusals
from scribepass.local.limits import Limits
from scribepass.local.refusals import Refusal, Refused
from scribepass.local.streams import Applicant, Session, Streams
from scribepass.transcribe import Operation
from support.streaming import Clock


class Open:
    """A stream that remembers how it was ended."""

    def __init__(self) -> None:
        self.refusal: Refusal | None = None

    def end(self, refusal: Refusal) -> None:
        self.refusal = refusal


def applicant(
    number: int = 0,
    *,
    account: str = "1",
    operation: Operation = Operation.STANDARD,
    transport: str = "websocket",
    minutes: int | None = None,
) -> Applicant:
    return Applicant(
        account=account,
        operation=operation,
        transport=transport,
        session_id=str(number),
        resume_minutes=minutes,
    )


def once(streams: Streams, who: Applicant) -> Session:
    """A stream that begins and ends."""
    with streams.admitted(Open(), who) as session:
        return session


def test_places() -> None:
    """As many as there are, and again when one is free."""
    streams = Streams(Limits(concurrent_streams=2), clock=Clock())
    with ExitStack() as held:
        held.enter_context(streams.admitted(Open(), applicant(1)))
        with streams.admitted(Open(), applicant(2)):
            with pytest.raises(Refused) as caught:
                once(streams, applicant(3))
            assert caught.value.refusal == refusals.TOO_MANY
        once(streams, applicant(3))


APART: dict[str, tuple[Applicant, Applicant, bool]] = {
    "the same": (applicant(1), applicant(2), False),
    "another account": (applicant(1), applicant(2, account="2"), True),
    "another transport": (applicant(1), applicant(2, transport="http2"), True),
    "another operation": (applicant(1), applicant(2, operation=Operation.CALL_ANALYTICS), True),
    "medical on another transport": (
        applicant(1, operation=Operation.MEDICAL),
        applicant(2, operation=Operation.MEDICAL, transport="http2"),
        False,
    ),
}


@pytest.mark.parametrize(("first", "second", "apart"), APART.values(), ids=APART)
def test_what_is_counted_apart(first: Applicant, second: Applicant, *, apart: bool) -> None:
    """Accounts, operations and transports; medical streams on both transports together."""
    streams = Streams(Limits(concurrent_streams=1), clock=Clock())
    with streams.admitted(Open(), first):
        if apart:
            once(streams, second)
        else:
            with pytest.raises(Refused):
                once(streams, second)


def test_the_same_session_id() -> None:
    """The older stream is ended, not the newer; another account's is not touched."""
    streams, older, stranger = Streams(Limits(), clock=Clock()), Open(), Open()
    with streams.admitted(older, applicant(1)), streams.admitted(stranger, applicant(1, account="2")):
        once(streams, applicant(1))
        assert (older.refusal, stranger.refusal) == (refusals.CONFLICT, None)


def test_the_newer_may_end_first() -> None:
    """Streams with one session id end in any order."""
    streams = Streams(Limits(concurrent_streams=1), clock=Clock())
    older = streams.admitted(Open(), applicant(1))
    older.__enter__()
    once(streams, applicant(1))
    older.__exit__(None, None, None)
    once(streams, applicant(2))


def test_an_older_stream_leaves_its_own_place() -> None:
    """One that is counted elsewhere makes no room here."""
    streams = Streams(Limits(concurrent_streams=1), clock=Clock())
    with streams.admitted(Open(), applicant(1)), streams.admitted(Open(), applicant(2, transport="http2")):
        once(streams, applicant(1))
        with pytest.raises(Refused):
            once(streams, applicant(1, transport="http2"))


def test_pace() -> None:
    """A second's worth at once, then as they come in; what is refused costs nothing."""
    clock = Clock()
    streams = Streams(Limits(starts_per_second=2), clock=clock)
    for _ in range(2):
        once(streams, applicant())
    for _ in range(3):
        with pytest.raises(Refused) as caught:
            once(streams, applicant())
        assert caught.value.refusal == refusals.TOO_QUICKLY
    clock.move(seconds=0.5)
    once(streams, applicant())
    with pytest.raises(Refused):
        once(streams, applicant())
    clock.move(seconds=-60)
    with pytest.raises(Refused):
        once(streams, applicant())
    clock.move(hours=1)
    for _ in range(2):
        once(streams, applicant())
    with pytest.raises(Refused):
        once(streams, applicant())


def test_too_quickly_ends_nobody() -> None:
    """A newer stream that is refused leaves the older one of its session alone."""
    streams, older = Streams(Limits(starts_per_second=1), clock=Clock()), Open()
    with streams.admitted(older, applicant(1)):
        with pytest.raises(Refused):
            once(streams, applicant(1))
        assert older.refusal is None


def test_a_session_is_resumed_within_its_window() -> None:
    """As often as one likes, until so many minutes after the first start."""
    clock = Clock()
    streams = Streams(Limits(), clock=clock)
    first = once(streams, applicant(1, minutes=30))
    assert (first.resumed, first.resumable_until) == (0, clock.now + timedelta(minutes=30))
    clock.move(minutes=10)
    assert once(streams, applicant(1, minutes=30)).resumed == 1
    clock.move(minutes=19)
    third = once(streams, applicant(1))
    assert (third.resumed, third.started_at) == (2, first.started_at)
    clock.move(minutes=1)
    later = once(streams, applicant(1, minutes=30))
    assert (later.resumed, later.started_at) == (0, clock.now)


def test_a_forgotten_session_is_not_resumed() -> None:
    """What one test began does not meet the next."""
    streams = Streams(Limits(), clock=Clock())
    once(streams, applicant(1, minutes=30))
    streams.forget()
    assert once(streams, applicant(1, minutes=30)).resumed == 0


def test_a_window_belongs_to_an_account_and_an_id() -> None:
    """Nobody else resumes it; and without a window nothing is remembered."""
    streams = Streams(Limits(), clock=Clock())
    once(streams, applicant(1, minutes=30))
    assert once(streams, applicant(1, account="2")).resumed == 0
    assert once(streams, applicant(2)).resumed == 0
    assert once(streams, applicant(2)).resumed == 0


def test_a_stream_that_is_still_open_is_ended_also_within_the_window() -> None:
    """To resume is to begin a new stream."""
    streams, older = Streams(Limits(), clock=Clock()), Open()
    with streams.admitted(older, applicant(1, minutes=30)):
        assert once(streams, applicant(1, minutes=30)).resumed == 1
    assert older.refusal == refusals.CONFLICT
