"""A whole stream against a server on loopback that does what servers do, the bad things too."""

import asyncio
import contextlib
import json
import logging
import traceback
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from scribepass.client import Timing, transcribe
from scribepass.errors import RemoteProtocolError, StreamFailed, TicketRefused
from scribepass.eventstream import Message, string_headers
from scribepass.transcribe import (
    Category,
    Configuration,
    Failure,
    Operation,
    Transcript,
    Utterance,
)
from support.loopback import FORMAT, SIGNATURE, TOKEN, NoTickets, Part, Peer, Tickets, playing, said

CHUNK = bytes(range(256)) * 12 + bytes(128)
SPEECH = CHUNK * 5


async def chunks(*given: bytes) -> AsyncIterator[bytes]:
    for chunk in given:
        yield chunk


ONCE = Timing(patience=0)
"""Here one stream is looked at; how several become one is in test_resuming.py."""


async def heard(audio: AsyncIterator[bytes], tickets: Tickets, timing: Timing = ONCE) -> list[object]:
    events = transcribe(audio, tickets=tickets, params=FORMAT, timing=timing)
    async with contextlib.aclosing(events):
        return [event async for event in events]


async def test_audio_goes_in_and_words_come_out() -> None:
    """Every byte arrives, results are yielded in order, and the end is the server's close."""
    got: list[bytes] = []

    async def part(peer: Peer) -> None:
        got.append(await peer.hear_all())
        await peer.say(Transcript(), said("hello", is_partial=True), said("hello there"))

    async with playing(part) as stage:
        tickets = Tickets(stage.url)
        events = await heard(chunks(CHUNK, CHUNK, CHUNK), tickets)
    assert got == [CHUNK * 3]
    assert events == [Transcript(), said("hello", is_partial=True), said("hello there")]
    assert tickets.asked == [FORMAT]
    assert stage.peers[0].messages == [3200 + 104] * 3 + [104]


async def test_results_come_while_audio_goes() -> None:
    """Both directions run at once: the second chunk is sent only after the first one's result was read."""
    read = asyncio.Event()

    async def audio() -> AsyncIterator[bytes]:
        yield CHUNK
        await read.wait()
        yield CHUNK

    async def part(peer: Peer) -> None:
        await peer.hear()
        await peer.say(said("one", is_partial=True))
        await peer.hear_all()
        await peer.say(said("one two"))

    async with playing(part) as stage:
        events = []
        async for event in transcribe(audio(), tickets=Tickets(stage.url), params=FORMAT):
            events.append(event)
            read.set()
    assert events == [said("one", is_partial=True), said("one two")]


async def test_the_ticket_is_fetched_when_audio_is_there() -> None:
    """A URL lives for a minute, a permission dialog may stay open longer: audio first, then the ticket."""
    order: list[str] = []

    class Noting(Tickets):
        async def fetch(self, params):  # type: ignore[no-untyped-def]
            order.append("ticket")
            return await super().fetch(params)

    async def audio() -> AsyncIterator[bytes]:
        order.append("audio")
        yield CHUNK

    async with playing(Peer.hear_all) as stage:
        await heard(audio(), Noting(stage.url))
    assert order == ["audio", "ticket"]


async def test_the_end_is_reported_however_it_comes() -> None:
    """Heard to its end, left early, refused by Transcribe: the ticket is given back each time, once."""
    async with playing(Peer.hear_all) as stage:
        whole, left, refused = Tickets(stage.url), Tickets(stage.url), Tickets("ws://127.0.0.1:1/")
        await heard(chunks(CHUNK), whole)
        async with contextlib.aclosing(transcribe(chunks(CHUNK), tickets=left, params=FORMAT)) as events:
            await anext(events, None)
        with pytest.raises(StreamFailed):
            await heard(chunks(CHUNK), refused)
    assert [len(each.over) for each in (whole, left, refused)] == [1, 1, 1]


async def test_no_audio_asks_for_nothing() -> None:
    """A source that ends before it begins costs neither a ticket nor a connection."""
    tickets = Tickets("ws://127.0.0.1:1/")
    assert await heard(chunks(), tickets) == []
    assert tickets.asked == []


async def test_a_refused_ticket_comes_out() -> None:
    """Without a ticket there is no stream, and the caller learns why; the audio is closed."""
    closed = []

    async def audio() -> AsyncIterator[bytes]:
        try:
            yield CHUNK
        finally:
            closed.append(True)

    with pytest.raises(TicketRefused):
        await heard(audio(), NoTickets())  # type: ignore[arg-type]
    assert closed == [True]


async def test_events_hold_at_most_a_second_of_whole_samples() -> None:
    """Two seconds in one piece, and odd pieces, arrive whole, cut as AWS wants them."""
    got: list[bytes] = []

    async def part(peer: Peer) -> None:
        got.append(await peer.hear_all())

    long = bytes(range(250)) * 256
    async with playing(part) as stage:
        await heard(chunks(long, b"a", b"", b"bc", b"d"), Tickets(stage.url))
    assert got == [long + b"abcd"]
    sizes = [size - 104 for size in stage.peers[0].messages]
    assert max(sizes) <= 32000
    assert all(size % 2 == 0 for size in sizes)
    assert (0 in sizes[:-1], sizes[-1]) == (False, 0)


@pytest.mark.parametrize(
    "kind",
    ["BadRequestException", "LimitExceededException", "UnrecognizedClientException", "SomethingNewException"],
)
async def test_an_exception_frame_is_stream_failed(kind: str) -> None:
    """Errors arrive after the 101 as a frame: its name and text come out, after what was heard before."""

    async def part(peer: Peer) -> None:
        await peer.hear()
        await peer.say(said("so far"), Failure(kind=kind, message="because"))

    async with playing(part) as stage:
        events = transcribe(chunks(*[CHUNK] * 50), tickets=Tickets(stage.url), params=FORMAT, timing=ONCE)
        assert await anext(events) == said("so far")
        with pytest.raises(StreamFailed, match=f"^{kind}: because$") as caught:
            await anext(events)
    assert (caught.value.kind, caught.value.message) == (kind, "because")


async def test_results_before_an_exception_in_the_same_message_are_yielded() -> None:
    """Two frames in one WebSocket message: the first is not lost to the second."""

    async def part(peer: Peer) -> None:
        await peer.hear()
        both = peer.session.send(said("hello")) + peer.session.send(Failure(kind="X", message="y"))
        await peer.connection.send(both)

    async with playing(part) as stage:
        events = transcribe(chunks(CHUNK), tickets=Tickets(stage.url), params=FORMAT)
        assert await anext(events) == said("hello")
        with pytest.raises(StreamFailed):
            await anext(events)


async def test_a_failure_that_quotes_the_request_is_redacted() -> None:
    """AWS quotes the canonical request when a signature mismatches; the token in it does not come out."""

    async def part(peer: Peer) -> None:
        quoted = (
            f"The Canonical String was 'GET\n/x\nX-Amz-Security-Token={TOKEN}&X-Amz-Signature={SIGNATURE}'"
        )
        await peer.say(Failure(kind="InvalidSignatureException", message=quoted))

    async with playing(part) as stage:
        with pytest.raises(StreamFailed, match="Canonical String") as caught:
            await heard(chunks(CHUNK), Tickets(stage.url))
    assert TOKEN not in str(caught.value)
    assert SIGNATURE not in str(caught.value)


async def lose(peer: Peer) -> None:
    await peer.hear()
    peer.connection.transport.abort()


async def close_early(peer: Peer) -> None:
    await peer.hear()
    await peer.connection.close(1000, "Streaming completed successfully")


async def close_badly(peer: Peer) -> None:
    await peer.hear_all()
    await peer.connection.close(1011)


async def half_a_frame(peer: Peer) -> None:
    await peer.hear_all()
    await peer.connection.send(peer.session.send(said("hello"))[:-7])


async def too_much(peer: Peer) -> None:
    await peer.hear()
    with contextlib.suppress(Exception):
        await peer.connection.send(bytes(2 * 1024 * 1024))


@pytest.mark.parametrize(
    ("part", "text"),
    [
        pytest.param(lose, "closed without a word", id="connection lost"),
        pytest.param(close_early, "before the audio had ended", id="closed with 1000 before the end"),
        pytest.param(close_badly, "closed with code 1011", id="closed with an error after the end"),
        pytest.param(too_much, "closed", id="a message of 2 MiB"),
    ],
)
async def test_a_lost_connection_is_stream_failed(part: Part, text: str) -> None:
    """However it is lost, the error is ours and says how; an endless source does not go on."""

    async def endless() -> AsyncIterator[bytes]:
        while part is not close_badly:
            yield CHUNK
            await asyncio.sleep(0.001)
        yield CHUNK

    async with playing(part) as stage:
        with pytest.raises(StreamFailed, match=text) as caught:
            await heard(endless(), Tickets(stage.url))
    assert caught.value.kind == "ConnectionLost"


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(half_a_frame, id="half a frame and a close"),
        pytest.param(lambda peer: peer.connection.send(b"x" * 100), id="noise"),
        pytest.param(lambda peer: peer.connection.send("hello, this is text"), id="a text message"),
    ],
)
async def test_what_is_no_event_stream_says_so(part: Part) -> None:
    """Bytes that break the protocol are RemoteProtocolError: whose fault it is, is in the type."""
    async with playing(part) as stage:
        with pytest.raises(RemoteProtocolError):
            await heard(chunks(CHUNK), Tickets(stage.url))


async def test_a_server_that_does_not_close_has_its_time() -> None:
    """After the last event the wait is bounded; with everything final, that is a normal end."""
    released = asyncio.Event()

    async def part(peer: Peer) -> None:
        await peer.hear_all()
        await peer.say(said("hello", is_partial=True), said("hello"))
        await released.wait()

    async with playing(part) as stage:
        assert len(await heard(chunks(CHUNK), Tickets(stage.url), timing=Timing(patience=0, drain=0.2))) == 2
        released.set()


async def test_a_sentence_that_is_never_finished_is_a_failure() -> None:
    """If words are still open when the time is over, they are lost, and the caller is told."""
    released = asyncio.Event()

    async def part(peer: Peer) -> None:
        await peer.hear_all()
        await peer.say(said("hello", is_partial=True))
        await released.wait()

    async with playing(part) as stage:
        with pytest.raises(StreamFailed, match=r"nothing came for 0.2 s after the audio"):
            await heard(chunks(CHUNK), Tickets(stage.url), timing=Timing(patience=0, drain=0.2))
        released.set()


async def test_each_event_renews_the_time() -> None:
    """Results that keep coming, each within the limit, may together take longer than it."""

    async def part(peer: Peer) -> None:
        await peer.hear_all()
        for number in range(5):
            await asyncio.sleep(0.25)
            await peer.say(said(f"word {number}", result_id=str(number)))

    async with playing(part) as stage:
        assert len(await heard(chunks(CHUNK), Tickets(stage.url), timing=Timing(patience=0, drain=1.0))) == 5


async def test_the_wait_begins_at_the_end_of_the_audio() -> None:
    """Silence while audio is being sent is no reason to give up."""

    async def audio() -> AsyncIterator[bytes]:
        yield CHUNK
        await asyncio.sleep(0.5)
        yield CHUNK

    async def part(peer: Peer) -> None:
        await peer.hear_all()
        await peer.say(said("late"))

    async with playing(part) as stage:
        assert await heard(audio(), Tickets(stage.url), timing=Timing(patience=0, drain=0.3)) == [
            said("late")
        ]


async def test_audio_that_breaks_off_is_heard_to_its_end() -> None:
    """What the source raised comes out, but only after the words that were said until then."""

    async def audio() -> AsyncIterator[bytes]:
        yield CHUNK
        raise OSError("the disk has gone")

    async def part(peer: Peer) -> None:
        assert await peer.hear_all() == CHUNK
        await peer.say(said("so far"))

    async with playing(part) as stage:
        events = transcribe(audio(), tickets=Tickets(stage.url), params=FORMAT)
        assert await anext(events) == said("so far")
        with pytest.raises(OSError, match="the disk has gone"):
            await anext(events)


async def test_back_pressure_reaches_the_source() -> None:
    """A server that does not read stops the audio once the buffers between are full; leaving still works."""
    reading, sent = asyncio.Event(), 0

    async def audio() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(2000):
            sent += 1
            yield bytes(32000)

    async def part(peer: Peer) -> None:
        peer.connection.transport.pause_reading()
        await reading.wait()
        peer.connection.transport.abort()

    async with playing(part) as stage:
        events = transcribe(audio(), tickets=Tickets(stage.url), params=FORMAT)
        listening = asyncio.create_task(anext(events))
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.3)
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        await events.aclose()
        reading.set()
    assert 0 < sent < 1000


@pytest.mark.parametrize("how", ["cancelled", "left"])
async def test_leaving_closes_everything(how: str) -> None:
    """A cancelled task, or a loop left early, closes the socket with 1000 and the source, and all tasks."""
    closed, codes = [], []
    opened = asyncio.Event()

    async def audio() -> AsyncIterator[bytes]:
        try:
            while True:
                yield CHUNK
                await asyncio.sleep(0.01)
        finally:
            closed.append(True)

    async def part(peer: Peer) -> None:
        await peer.hear()
        await peer.say(said("one", is_partial=True))
        with contextlib.suppress(Exception):
            await peer.hear_all()
        codes.append(peer.connection.close_code)

    async def listen(url: str) -> None:
        events = transcribe(audio(), tickets=Tickets(url), params=FORMAT)
        async with contextlib.aclosing(events):
            async for _ in events:
                opened.set()
                if how == "left":
                    break

    tasks = asyncio.all_tasks()
    async with playing(part) as stage:
        listening = asyncio.create_task(listen(stage.url))
        await opened.wait()
        if how == "cancelled":
            listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
    assert closed == [True]
    assert codes == [1000]
    assert asyncio.all_tasks() <= tasks


async def test_a_call_begins_with_its_configuration() -> None:
    """Call Analytics: the channels' roles come first, then audio of two channels; utterances come back."""
    utterance = Utterance(
        utterance_id="u1",
        is_partial=False,
        participant_role="AGENT",
        begin_offset_millis=0,
        end_offset_millis=900,
        transcript="hello",
    )
    category = Category(matched_categories=("greeting",))
    got: list[object] = []

    async def part(peer: Peer) -> None:
        got.extend([await peer.hear(), await peer.hear_all()])
        await peer.say(utterance, category)

    operation = Operation.CALL_ANALYTICS
    async with playing(part, operation=operation) as stage:
        events = await heard(chunks(b"abcdef", b"gh"), Tickets(stage.url, operation=operation))
    assert got == [Configuration(), b"abcdefgh"]
    assert events == [utterance, category]
    assert all(size % 4 == 0 for size in stage.peers[0].messages[1:])


async def test_encoded_audio_is_not_cut_into_samples() -> None:
    """FLAC and Opus have no samples to keep whole: an odd byte is sent."""
    got: list[bytes] = []

    async def part(peer: Peer) -> None:
        got.append(await peer.hear_all())

    params = {**FORMAT, "media-encoding": "flac"}
    async with playing(part) as stage:
        async for _ in transcribe(chunks(b"abc"), tickets=Tickets(stage.url), params=params):
            pass
    assert got == [b"abc"]


async def test_unknown_events_are_passed_over() -> None:
    """An event type of tomorrow is no reason to stop."""

    async def part(peer: Peer) -> None:
        await peer.hear_all()
        names = {":message-type": "event", ":event-type": "EventOfTomorrow"}
        await peer.connection.send(Message(string_headers(names), b"{}").encode())
        await peer.say(said("hello"))

    async with playing(part) as stage:
        assert await heard(chunks(CHUNK), Tickets(stage.url)) == [said("hello")]


def refusing(status: int, body: bytes, **headers: str):  # type: ignore[no-untyped-def]
    def answer(_connection: ServerConnection, _request: Request) -> Response:
        return Response(status, "Nope", Headers({**headers, "content-length": str(len(body))}), body)

    return answer


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        pytest.param(
            refusing(403, b'{"Message": "Bad."}', **{"x-amzn-errortype": "AccessDeniedException:http://x/"}),
            "AccessDeniedException",
            "Bad. (HTTP 403)",
            id="as AWS refuses",
        ),
        pytest.param(
            refusing(400, b'{"message": "Bad."}', **{"x-amzn-ErrorType": "BadRequestException"}),
            "BadRequestException",
            "Bad. (HTTP 400)",
            id="message in lower case",
        ),
        pytest.param(refusing(502, b"<html>"), "HandshakeRefused", "Nope (HTTP 502)", id="a proxy's page"),
        pytest.param(refusing(404, b"[]"), "HandshakeRefused", "Nope (HTTP 404)", id="JSON, but a list"),
    ],
)
async def test_a_refused_handshake_keeps_its_name(answer, kind: str, message: str) -> None:  # type: ignore[no-untyped-def]
    """HTTP instead of a 101: the name from the header, the text from the body."""
    async with playing(Peer.hear_all, answer=answer) as stage:
        with pytest.raises(StreamFailed) as caught:
            await heard(chunks(CHUNK), Tickets(stage.url))
    assert (caught.value.kind, caught.value.message) == (kind, message)


QUERY = f"/x?X-Amz-Signature={SIGNATURE}&X-Amz-Security-Token={TOKEN}"


@pytest.mark.parametrize(
    ("url", "text"),
    [
        pytest.param(f"ws://127.0.0.1:1{QUERY}", "cannot connect to ws://127.0.0.1:1", id="closed port"),
        pytest.param(f"ws://does-not-exist.invalid{QUERY}", "cannot connect", id="no such host"),
        pytest.param(f"ws://127.0.0.1:99999{QUERY}", "cannot connect", id="no such port"),
        pytest.param(f"ws:///{QUERY}", "cannot connect", id="no host"),
    ],
)
async def test_what_cannot_be_reached(url: str, text: str) -> None:
    """The host is named, the query is not: not in the text, the repr, the cause or the traceback."""
    with pytest.raises(StreamFailed, match=text) as caught:
        await heard(chunks(CHUNK), Tickets(url))
    assert caught.value.kind == "ConnectionLost"
    assert no_secret(caught.value)


def no_secret(error: BaseException) -> bool:
    shown = repr(error) + "".join(traceback.format_exception(error))
    linked: BaseException | None = error
    while linked is not None:
        shown += f"{linked!r}{vars(linked)}"
        linked = linked.__cause__ or linked.__context__
    return SIGNATURE not in shown and TOKEN not in shown


@pytest.mark.parametrize("part", [lose, close_early, close_badly, too_much])
async def test_no_error_holds_the_url(part: Part) -> None:
    """An error of the running stream leads to no exception that knows the URL."""
    async with playing(part) as stage:
        with pytest.raises(StreamFailed) as caught:
            await heard(chunks(*[CHUNK] * 20), Tickets(stage.url))
    assert no_secret(caught.value)


async def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """With the client's loggers at DEBUG, a good stream and a bad one write no part of the URL."""
    caplog.set_level(logging.DEBUG)
    for name in ("websockets", "websockets.client", "asyncio", "scribepass"):
        caplog.set_level(logging.DEBUG, logger=name)
    logging.getLogger("websockets.server").disabled = True
    try:
        async with playing(Peer.hear_all) as stage:
            await heard(chunks(CHUNK), Tickets(stage.url))
        with pytest.raises(StreamFailed):
            await heard(chunks(CHUNK), Tickets(stage.url))
    finally:
        logging.getLogger("websockets.server").disabled = False
    assert json.dumps(SIGNATURE)[1:-1] not in caplog.text
    assert TOKEN not in caplog.text
