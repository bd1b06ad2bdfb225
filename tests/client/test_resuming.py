"""Several streams become one transcript: each failure that passes, and those that do not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from scribepass.client import Dropped, Heard, Notice, Paused, Reconnecting, Resumed, Timing, transcribe
from scribepass.client.tickets import ClientTicket
from scribepass.errors import RemoteProtocolError, ServiceUnreachable, StreamFailed, TicketRefused
from scribepass.transcribe import Alternative, Audio, Failure, Item, Operation, Result, Transcript, Utterance
from support.loopback import FORMAT, SIGNATURE, TOKEN, Part, Peer, Stage, playing, ticket

CHUNKS = 12
QUICK = Timing(stall=0.4, blocked=0.4, drain=2)


def chunk(number: int) -> bytes:
    """A tenth of a second that can be told from the others, and heard."""
    return (1000 + number).to_bytes(2, "little") * 1600


SPEECH = b"".join(chunk(number) for number in range(CHUNKS))


async def speech(*, gap: float = 0.0) -> AsyncIterator[bytes]:
    for number in range(CHUNKS):
        yield chunk(number)
        await asyncio.sleep(gap)


async def in_two_parts(more: asyncio.Event) -> AsyncIterator[bytes]:
    """Eight chunks, and the rest once that event has come."""
    for number in range(CHUNKS):
        if number == 8:
            await more.wait()
        yield chunk(number)


def word(content: str, start: float, *, is_partial: bool = False, result_id: str = "") -> Transcript:
    """One word of a tenth of a second."""
    item = Item(content=content, start_time=start, end_time=round(start + 0.1, 3))
    return Transcript(
        results=(
            Result(
                result_id=result_id or content,
                start_time=item.start_time,
                end_time=item.end_time,
                is_partial=is_partial,
                alternatives=(Alternative(transcript=content, items=(item,)),),
            ),
        )
    )


def finals(events: Sequence[Heard]) -> list[tuple[str, float]]:
    """The final words with the times at which they begin."""
    results = [each for event in events if isinstance(event, Transcript) for each in event.results]
    return [
        (each.alternatives[0].transcript, each.start_time)
        for each in results
        if not each.is_partial and each.alternatives
    ]


@dataclass
class Source:
    """Tickets for one stage, of a session each unless they go on with one; ``faults`` come first."""

    url: str
    faults: list[Exception | None] = field(default_factory=list)
    operation: Operation = Operation.STANDARD
    expires_in: int = 60
    asked: list[object] = field(default_factory=list)
    over: list[str] = field(default_factory=list)

    async def fetch(self, params: Mapping[str, object]) -> ClientTicket:
        earlier = params.get("ticket-id")
        self.asked.append(earlier)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        number = len(self.asked)
        session = str(earlier).partition("/")[0] if earlier else f"session {number}"
        made = ticket(self.url, FORMAT, operation=self.operation)
        return replace(made, session_id=session, ticket_id=f"{session}/{number}", expires_in=self.expires_in)

    async def closed(self, ticket: ClientTicket) -> None:
        self.over.append(ticket.session_id)


@dataclass
class Outcome:
    """What came out of a run, and what was said of it."""

    events: list[Heard] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    error: Exception | None = None

    def told(self, kind: type[Notice]) -> list[Notice]:
        return [each for each in self.notices if isinstance(each, kind)]


async def run(
    audio: AsyncIterator[bytes], source: Source, *, timing: Timing = QUICK, live: bool = False
) -> Outcome:
    outcome = Outcome()
    events = transcribe(
        audio, tickets=source, params=FORMAT, timing=timing, live=live, on_notice=outcome.notices.append
    )
    try:
        async for event in events:
            outcome.events.append(event)
    except Exception as error:  # noqa: BLE001 - a test looks at it
        outcome.error = error
    return outcome


@contextlib.asynccontextmanager
async def acting(
    *parts: Part,
    operation: Operation = Operation.STANDARD,
    answer: Callable[[ServerConnection, Request], Response | None] | None = None,
) -> AsyncIterator[Stage]:
    """A Transcribe with one part for each stream; the last one goes for all that follow."""
    left = list(parts)

    async def play(peer: Peer) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(peer)

    async with playing(play, operation=operation, answer=answer) as stage:
        yield stage


heard: list[bytes] = []


@pytest.fixture(autouse=True)
def _nothing_heard() -> None:
    heard.clear()


async def listen(peer: Peer, chunks: int) -> None:
    """Hear so many tenths of a second."""
    got = b""
    while len(got) < 3200 * chunks:
        event = await peer.hear()
        assert isinstance(event, Audio)
        got += event.chunk
    heard.append(got)


async def first_words(peer: Peer) -> None:
    """A final up to 0.5 s, a partial after that."""
    await listen(peer, 8)
    await peer.say(Transcript(), word("one", 0.4), word("tw", 0.6, is_partial=True))


async def last_words(peer: Peer) -> None:
    """By a stream that began at 0.5 s."""
    heard.append(await peer.hear_all())
    await peer.say(Transcript(), word("two", 0.1, is_partial=True), word("two", 0.1), word("three", 0.5))


async def reset(peer: Peer) -> None:
    peer.connection.transport.abort()


async def close(peer: Peer) -> None:
    await peer.connection.close(1000)


async def go_away(peer: Peer) -> None:
    await peer.connection.close(1011)


async def babble(peer: Peer) -> None:
    await peer.connection.send(bytes(100))


def refuse(kind: str, text: str) -> Part:
    async def part(peer: Peer) -> None:
        await peer.say(Failure(kind=kind, message=text))

    return part


PASSING = [
    pytest.param(reset, "ConnectionLost", id="reset"),
    pytest.param(close, "ConnectionLost", id="closed before the end"),
    pytest.param(go_away, "ConnectionLost", id="closed with an error"),
    pytest.param(babble, "", id="no event stream"),
    pytest.param(refuse("InternalFailureException", "Try later."), "InternalFailureException", id="internal"),
    pytest.param(refuse("ServiceUnavailableException", "x"), "ServiceUnavailableException", id="unavailable"),
    pytest.param(refuse("LimitExceededException", "x"), "LimitExceededException", id="limit"),
    pytest.param(refuse("BadRequestException", "Signature expired: x"), "BadRequestException", id="expired"),
]


@pytest.mark.parametrize(("fault", "kind"), PASSING)
async def test_what_passes_is_survived(fault: Part, kind: str) -> None:
    """Audio goes on behind the last final result, times go on, and the session is the same, and over once."""

    async def part(peer: Peer) -> None:
        await first_words(peer)
        await fault(peer)

    async with acting(part, last_words) as stage:
        source = Source(stage.url)
        outcome = await run(speech(gap=0.1), source)
    assert outcome.error is None
    assert finals(outcome.events) == [("one", 0.4), ("two", 0.6), ("three", 1.0)]
    assert heard[1] == SPEECH[3200 * 5 :]
    assert source.asked == [None, "session 1/1"]
    assert source.over == ["session 1"]
    failed, gone_on = outcome.notices
    assert isinstance(failed, Reconnecting)
    assert failed.attempt == 1
    assert getattr(failed.error, "kind", "") == kind or isinstance(failed.error, RemoteProtocolError)
    assert isinstance(gone_on, Resumed)
    assert 0.3 <= gone_on.resent <= 0.7


async def test_a_partial_that_does_not_go_on_is_withdrawn() -> None:
    """Before the first words of the new stream, its result comes once more, with no text."""

    async def part(peer: Peer) -> None:
        await first_words(peer)
        await reset(peer)

    async with acting(part, last_words) as stage:
        outcome = await run(speech(), Source(stage.url))
    shown: dict[str, str] = {}
    states = []
    for event in outcome.events:
        assert isinstance(event, Transcript)
        for each in event.results:
            shown[each.result_id] = each.alternatives[0].transcript if each.alternatives else ""
        states.append({name: text for name, text in shown.items() if text})
    assert {"one": "one", "tw": "tw"} in states
    assert states[-1] == {"one": "one", "two": "two", "three": "three"}


@pytest.mark.parametrize(
    "kind", ["BadRequestException", "AccessDeniedException", "UnrecognizedClientException", "NewException"]
)
async def test_what_does_not_pass_is_raised(kind: str) -> None:
    """As ever: no second stream, the error as it came, the session over."""

    async def part(peer: Peer) -> None:
        await first_words(peer)
        await peer.say(Failure(kind=kind, message="because"))

    async with acting(part, last_words) as stage:
        source = Source(stage.url)
        outcome = await run(speech(gap=0.01), source)
    assert isinstance(outcome.error, StreamFailed)
    assert (outcome.error.kind, outcome.error.message) == (kind, "because")
    assert (outcome.notices, len(stage.peers), source.over) == ([], 1, ["session 1"])


async def lose_it(peer: Peer) -> None:
    await first_words(peer)
    await reset(peer)


REFUSED = [TicketRefused("no", status=status, problem={}) for status in (400, 403, 404)]


@pytest.mark.parametrize("refused", REFUSED, ids=lambda each: str(each.status))
async def test_a_session_that_cannot_go_on_is_followed_by_another(refused: TicketRefused) -> None:
    """The ticket is asked for again without the earlier one's id; both sessions are over once."""
    async with acting(lose_it, last_words) as stage:
        source = Source(stage.url, faults=[None, refused])
        outcome = await run(speech(), source)
    assert finals(outcome.events) == [("one", 0.4), ("two", 0.6), ("three", 1.0)]
    assert source.asked == [None, "session 1/1", None]
    assert source.over == ["session 1", "session 3"]


async def test_a_caller_that_is_locked_out_meanwhile_learns_it() -> None:
    """Refused with the earlier ticket and without: the refusal is raised."""
    refused = TicketRefused("no", status=403, problem={})
    async with acting(lose_it, last_words) as stage:
        source = Source(stage.url, faults=[None, refused, refused])
        outcome = await run(speech(), source)
    assert outcome.error is refused
    assert source.over == ["session 1"]


async def test_a_service_that_is_away_comes_back() -> None:
    """Unreachable, broken, busy: asked again with the same session, and as late as it said."""
    busy = TicketRefused("busy", status=429, problem={"retry_after": 0})
    away: list[Exception | None] = [None, ServiceUnreachable("http://x", "away"), busy]
    async with acting(lose_it, last_words) as stage:
        source = Source(stage.url, faults=away)
        outcome = await run(speech(), source)
    assert finals(outcome.events) == [("one", 0.4), ("two", 0.6), ("three", 1.0)]
    assert source.asked == [None, *["session 1/1"] * 3]
    assert [each.attempt for each in outcome.notices if isinstance(each, Reconnecting)] == [1, 2, 3]
    assert len(outcome.told(Resumed)) == 1


async def test_a_service_that_was_never_there_is_an_error_at_once() -> None:
    """Before there was any stream, nobody waits for an address that may be wrong."""
    fault = ServiceUnreachable("http://x", "nobody")
    outcome = await run(speech(), Source("ws://127.0.0.1:1/", faults=[fault]))
    assert outcome.error is fault
    assert outcome.notices == []


async def test_patience_ends() -> None:
    """A network that stays away is given up; the error is the last one, and what was said before was told."""
    async with acting(lose_it, reset) as stage:
        outcome = await run(speech(), Source(stage.url), timing=replace(QUICK, patience=0.9))
    assert isinstance(outcome.error, StreamFailed)
    assert outcome.error.kind == "ConnectionLost"
    assert finals(outcome.events) == [("one", 0.4)]
    assert len(outcome.told(Reconnecting)) >= 2


async def test_without_patience_the_first_failure_ends_it() -> None:
    """As a caller wants it who has a way of his own."""
    async with acting(lose_it, last_words) as stage:
        outcome = await run(speech(gap=0.01), Source(stage.url), timing=replace(QUICK, patience=0))
    assert isinstance(outcome.error, StreamFailed)
    assert (outcome.notices, len(stage.peers)) == ([], 1)


async def test_a_conflict_begins_a_session_of_its_own() -> None:
    """Somebody else used the session: the next ticket is not for it, and the second conflict is the end."""

    async def conflict(peer: Peer) -> None:
        await first_words(peer)
        await peer.say(Failure(kind="ConflictException", message="x"))

    async def again(peer: Peer) -> None:
        await peer.say(Failure(kind="ConflictException", message="x"))

    async with acting(conflict, last_words) as stage:
        source = Source(stage.url)
        outcome = await run(speech(gap=0.01), source)
    assert finals(outcome.events) == [("one", 0.4), ("two", 0.6), ("three", 1.0)]
    assert (source.asked, source.over) == ([None, None], ["session 1", "session 2"])
    async with acting(again) as stage:
        outcome = await run(speech(gap=0.01), Source(stage.url))
    assert isinstance(outcome.error, StreamFailed)
    assert len(stage.peers) == 2


async def test_silence_is_waited_out() -> None:
    """Transcribe ends a stream without audio: the next begins when there is some, not before."""
    stopped, more = asyncio.Event(), asyncio.Event()

    async def no_audio(peer: Peer) -> None:
        await first_words(peer)
        text = "Your request timed out because no new audio was received for 15 seconds."
        await peer.say(Failure(kind="BadRequestException", message=text))
        stopped.set()

    async with acting(no_audio, last_words) as stage:
        running = asyncio.create_task(run(in_two_parts(more), Source(stage.url)))
        await stopped.wait()
        await asyncio.sleep(0.2)
        assert len(stage.peers) == 1
        more.set()
        outcome = await running
    assert finals(outcome.events) == [("one", 0.4), ("two", 0.6), ("three", 1.0)]
    assert [type(each) for each in outcome.notices] == [Paused, Resumed]


async def test_a_file_waits_while_there_is_no_stream() -> None:
    """A source that is not live is read no further than a second ahead."""
    read = 0

    async def audio() -> AsyncIterator[bytes]:
        nonlocal read
        for number in range(40):
            read += 1
            yield chunk(number)

    reads: list[int] = []
    faults: list[Exception | None] = [None, *[ServiceUnreachable("http://x", "away")] * 2]
    async with acting(lose_it, last_words) as stage:
        outcome = Outcome()

        def note(notice: Notice) -> None:
            outcome.notices.append(notice)
            reads.append(read)

        source = Source(stage.url, faults=faults)
        async for event in transcribe(
            audio(), tickets=source, params=FORMAT, timing=replace(QUICK, stall=9), on_notice=note
        ):
            outcome.events.append(event)
    assert reads[:-1] == [reads[0]] * 3
    assert heard[1] == b"".join(chunk(number) for number in range(5, 40))
    assert outcome.told(Dropped) == []


async def test_a_fast_file_is_not_read_past_what_is_kept() -> None:
    """Until words are final, what could be read at once is read as it was spoken: all can be sent again."""

    async def audio() -> AsyncIterator[bytes]:
        for number in range(40):
            yield chunk(number)

    async def slow(peer: Peer) -> None:
        await listen(peer, 8)
        await asyncio.sleep(0.3)
        await reset(peer)

    async def all_words(peer: Peer) -> None:
        heard.append(await peer.hear_all())
        await peer.say(word("all", 3.8))

    async with acting(slow, all_words) as stage:
        timing = replace(QUICK, buffer=3, speed=1000, stall=9)
        outcome = await run(audio(), Source(stage.url), timing=timing)
    assert heard[1] == b"".join(chunk(number) for number in range(40))
    assert finals(outcome.events) == [("all", 3.8)]


async def test_a_live_source_is_kept_and_what_is_too_much_is_said() -> None:
    """The oldest unsent audio goes, a notice says so, and the timeline counts it."""
    away = asyncio.Event()

    async def audio() -> AsyncIterator[bytes]:
        for number in range(8):
            yield chunk(number)
        await away.wait()
        for number in range(8, 30):
            yield chunk(number)

    async def late(peer: Peer) -> None:
        heard.append(await peer.hear_all())
        await peer.say(word("late", 0.2))

    def note(notice: Notice) -> None:
        notices.append(notice)
        away.set()

    notices: list[Notice] = []
    faults: list[Exception | None] = [None, ServiceUnreachable("http://x", "away")]
    async with acting(lose_it, late) as stage:
        source = Source(stage.url, faults=faults)
        timing = replace(QUICK, buffer=1.0)
        stream = transcribe(audio(), tickets=source, params=FORMAT, timing=timing, live=True, on_notice=note)
        events = [event async for event in stream]
    assert heard[1] == b"".join(chunk(number) for number in range(20, 30))
    dropped = [each for each in notices if isinstance(each, Dropped)]
    assert dropped[-1].total == pytest.approx(1.5)
    assert sum(each.seconds for each in dropped) == pytest.approx(1.5)
    assert dropped[0].seconds == pytest.approx(0.1)
    assert finals(events)[-1] == ("late", 2.2)


async def test_a_live_source_is_heard_while_there_is_no_stream() -> None:
    """What was said meanwhile is sent when there is one: nothing is dropped under the limit."""
    faults: list[Exception | None] = [None, ServiceUnreachable("http://x", "away")]
    async with acting(lose_it, last_words) as stage:
        outcome = await run(speech(gap=0.02), Source(stage.url, faults=faults), live=True)
    assert heard[1] == SPEECH[3200 * 5 :]
    assert outcome.told(Dropped) == []
    assert finals(outcome.events) == [("one", 0.4), ("two", 0.6), ("three", 1.0)]


async def test_a_stream_is_handed_over_before_its_life_ends() -> None:
    """Behind a final result, with the ticket already there, and nobody is told of a failure."""
    ready, handed = asyncio.Event(), asyncio.Event()

    async def old(peer: Peer) -> None:
        await listen(peer, 8)
        await peer.say(word("on", 0.4, is_partial=True, result_id="one"))
        await ready.wait()
        await peer.say(word("one", 0.4))
        await peer.connection.wait_closed()

    async def new(peer: Peer) -> None:
        handed.set()
        await last_words(peer)

    class Readying(Source):
        async def fetch(self, params: Mapping[str, object]) -> ClientTicket:
            made = await super().fetch(params)
            if len(self.asked) == 3:
                asyncio.get_running_loop().call_later(0.1, ready.set)
            return made

    faults: list[Exception | None] = [None, ServiceUnreachable("http://x", "away")]
    async with acting(old, new) as stage:
        source = Readying(stage.url, faults=faults)
        outcome = await run(in_two_parts(handed), source, timing=replace(QUICK, life=0.8, stall=9))
    assert finals(outcome.events) == [("one", 0.4), ("two", 0.6), ("three", 1.0)]
    assert heard[1] == SPEECH[3200 * 5 :]
    assert [type(each) for each in outcome.notices] == [Resumed]
    assert source.asked == [None, "session 1/1", "session 1/1"]
    assert source.over == ["session 1"]


async def test_a_hand_over_does_not_wait_for_ever() -> None:
    """Where no result comes, a stream ends in time all the same; its ticket would expire."""
    handed = asyncio.Event()

    async def mute(peer: Peer) -> None:
        await listen(peer, 8)
        await peer.connection.wait_closed()

    async def all_words(peer: Peer) -> None:
        handed.set()
        heard.append(await peer.hear_all())
        await peer.say(word("all", 0.1))

    async with acting(mute, all_words) as stage:
        source = Source(stage.url, expires_in=1)
        outcome = await run(in_two_parts(handed), source, timing=replace(QUICK, life=0.8, stall=9))
    assert heard[1] == SPEECH
    assert finals(outcome.events) == [("all", 0.1)]
    assert outcome.told(Reconnecting) == []


@pytest.mark.parametrize("reads", [True, False])
async def test_a_connection_that_hangs_is_left(reads: bool) -> None:
    """Sound without an answer, or bytes that do not leave: another stream goes on."""
    left = asyncio.Event()
    seconds = 3 if reads else 400

    async def hang(peer: Peer) -> None:
        await peer.say(Transcript())
        if not reads:
            peer.connection.transport.pause_reading()
        with contextlib.suppress(Exception):
            await (peer.hear_all() if reads else left.wait())
        peer.connection.transport.abort()

    async def answer(peer: Peer) -> None:
        left.set()
        await peer.hear()
        await peer.say(word("all", 0.1 * 10 * seconds - 0.1))
        with contextlib.suppress(Exception):
            heard.append(await peer.hear_all())

    async def audio() -> AsyncIterator[bytes]:
        for number in range(seconds):
            yield chunk(number) * 10
        await left.wait()

    timing = Timing(stall=0.5 if reads else 60, blocked=0.5, speed=1000, buffer=1000)
    async with acting(hang, answer) as stage:
        outcome = await run(audio(), Source(stage.url), timing=timing)
    assert outcome.error is None
    failed = outcome.notices[0]
    assert isinstance(failed, Reconnecting)
    assert str(failed.error).startswith(
        "ConnectionLost: nothing ca" if reads else "ConnectionLost: nothing co"
    )


async def test_a_connection_lost_behind_the_last_word_is_no_loss() -> None:
    """All audio is final: no other stream is asked for."""

    async def part(peer: Peer) -> None:
        heard.append(await peer.hear_all())
        await peer.say(word("end", 0.1 * CHUNKS - 0.1))
        await reset(peer)

    async with acting(part) as stage:
        outcome = await run(speech(), Source(stage.url))
    assert (outcome.error, outcome.notices, len(stage.peers)) == (None, [], 1)
    assert finals(outcome.events) == [("end", 1.1)]


async def test_an_end_that_is_not_to_be_believed_is_asked_for_again() -> None:
    """Half-open after the end of the audio: what was spoken last is sent once more."""

    async def silent(peer: Peer) -> None:
        await first_words(peer)
        await peer.say(word("tw", 0.6))
        await peer.hear_all()
        await peer.connection.wait_closed()

    async def rest(peer: Peer) -> None:
        heard.append(await peer.hear_all())
        await peer.say(word("three", 0.3))

    async with acting(silent, rest) as stage:
        outcome = await run(speech(), Source(stage.url), timing=replace(QUICK, drain=0.2))
    assert finals(outcome.events) == [("one", 0.4), ("tw", 0.6), ("three", 1.0)]
    assert heard[1] == SPEECH[3200 * 7 :]


async def test_what_the_source_raised_comes_behind_the_words() -> None:
    """A disk that goes and a connection that drops: all words, then the disk's error."""

    async def audio() -> AsyncIterator[bytes]:
        async for each in speech():
            yield each
        raise OSError("the disk has gone")

    async with acting(lose_it, last_words) as stage:
        outcome = await run(audio(), Source(stage.url))
    assert isinstance(outcome.error, OSError)
    assert finals(outcome.events) == [("one", 0.4), ("two", 0.6), ("three", 1.0)]


async def test_a_source_that_was_cancelled_is_over() -> None:
    """What the caller's audio waits for is cancelled, not this: all words, and an error that says so."""

    async def audio() -> AsyncIterator[bytes]:
        async for each in speech():
            yield each
        raise asyncio.CancelledError

    async with acting(lose_it, last_words) as stage:
        outcome = await run(audio(), Source(stage.url))
    assert isinstance(outcome.error, RuntimeError)
    assert finals(outcome.events) == [("one", 0.4), ("two", 0.6), ("three", 1.0)]


class Recorder:
    """Audio that is no generator, and has to be closed all the same."""

    def __init__(self) -> None:
        self.is_closed = False
        self._chunks = speech()

    def __aiter__(self) -> "Recorder":
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._chunks)

    async def aclose(self) -> None:
        self.is_closed = True


async def test_whatever_has_to_be_closed_is() -> None:
    """A source is closed after its last word, and after a refusal."""
    source = Recorder()
    async with acting(lose_it, last_words) as stage:
        assert (await run(source, Source(stage.url))).error is None
    assert source.is_closed
    source = Recorder()
    refused = await run(source, Source("ws://unused", faults=[TicketRefused("no", status=403, problem={})]))
    assert isinstance(refused.error, TicketRefused)
    assert source.is_closed


async def test_encoded_audio_does_not_go_on() -> None:
    """FLAC cannot be cut behind a word: its first failure is raised."""
    params = {**FORMAT, "media-encoding": "flac"}
    notices: list[Notice] = []

    async def part(peer: Peer) -> None:
        await peer.hear()
        await reset(peer)

    class Flac(Source):
        async def fetch(self, params: Mapping[str, object]) -> ClientTicket:
            return replace(await super().fetch(params), parameters=dict(params))

    async with acting(part) as stage:
        source = Flac(stage.url)
        with pytest.raises(StreamFailed, match="ConnectionLost"):
            async for _ in transcribe(speech(), tickets=source, params=params, on_notice=notices.append):
                pass
    assert (notices, len(stage.peers), len(source.over)) == ([], 1, 1)


async def test_a_handshake_that_a_gateway_refuses_is_tried_again() -> None:
    """502 says nothing of us; 403 does."""
    statuses = [502, 0]

    def answer(connection: ServerConnection, _request: Request) -> Response | None:
        status = statuses.pop(0)
        return connection.respond(status, "no") if status else None

    async with acting(last_words, answer=answer) as stage:
        outcome = await run(speech(), Source(stage.url))
        assert finals(outcome.events) == [("two", 0.1), ("three", 0.5)]
        statuses.append(403)
        outcome = await run(speech(), Source(stage.url))
        assert isinstance(outcome.error, StreamFailed)
        assert (outcome.error.kind, outcome.notices) == ("HandshakeRefused", [])


async def test_a_call_goes_on() -> None:
    """Utterances on the one timeline, the partial one withdrawn, each stream with its configuration."""

    def utterance(text: str, begin: int, *, is_partial: bool = False) -> Utterance:
        return Utterance(
            utterance_id=text,
            is_partial=is_partial,
            participant_role="AGENT",
            begin_offset_millis=begin,
            end_offset_millis=begin + 100,
            transcript=text,
        )

    async def first(peer: Peer) -> None:
        await peer.hear()
        await listen(peer, 8)
        await peer.say(utterance("one", 100), utterance("tw", 300, is_partial=True))
        await reset(peer)

    async def second(peer: Peer) -> None:
        await peer.hear()
        heard.append(await peer.hear_all())
        await peer.say(utterance("one", 100), utterance("two", 300))

    operation = Operation.CALL_ANALYTICS
    async with acting(first, second, operation=operation) as stage:
        outcome = await run(speech(), Source(stage.url, operation=operation))
    assert outcome.error is None
    told = [each for each in outcome.events if isinstance(each, Utterance)]
    assert [(each.transcript, each.is_partial) for each in told][-2:] == [("", True), ("two", False)]
    assert [each.transcript for each in told if not each.is_partial] == ["one", "two"]
    # Nobody knows whether the customer has said something, so all of it was sent again.
    assert (heard[1], told[-1].begin_offset_millis) == (SPEECH, 300)


async def test_leaving_while_reconnecting_ends_everything() -> None:
    """A cancelled task leaves no other behind, and the session is over."""
    tasks = asyncio.all_tasks()
    waiting = asyncio.Event()
    async with acting(lose_it) as stage:
        source = Source(stage.url, faults=[None, *[ServiceUnreachable("http://x", "away")] * 99])

        async def follow() -> None:
            async for _ in transcribe(
                speech(), tickets=source, params=FORMAT, on_notice=lambda _: waiting.set()
            ):
                pass

        running = asyncio.create_task(follow())
        await waiting.wait()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await asyncio.sleep(0)
    assert source.over == ["session 1"]
    assert asyncio.all_tasks() <= tasks


async def test_no_notice_holds_the_url() -> None:
    """Whatever failed, neither the notices nor their errors have the signature or the token."""
    parts = [lose_it, reset, refuse("InternalFailureException", f"x X-Amz-Signature={SIGNATURE}"), babble]
    async with acting(*parts, last_words) as stage:
        outcome = await run(speech(), Source(stage.url))
    assert len(outcome.told(Reconnecting)) == 4
    shown = repr(outcome.notices) + "".join(
        str(each.error) + repr(vars(each.error)) for each in outcome.notices if isinstance(each, Reconnecting)
    )
    assert SIGNATURE not in shown
    assert TOKEN not in shown


async def test_a_slow_reader_is_not_taken_for_a_dead_connection() -> None:
    """Whoever takes long between two events finds the next one where it waits."""
    async with acting(lose_it, last_words) as stage:
        source = Source(stage.url)
        events: list[Heard] = []
        notices: list[Notice] = []
        async for event in transcribe(
            speech(gap=0.05), tickets=source, params=FORMAT, timing=QUICK, on_notice=notices.append
        ):
            events.append(event)
            await asyncio.sleep(0.6)
    assert finals(events) == [("one", 0.4), ("two", 0.6), ("three", 1.0)]
    assert [type(each) for each in notices] == [Reconnecting, Resumed]
