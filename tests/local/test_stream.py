"""One stream through a real socket: what it says, how it may end, and what ends it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from scribepass.eventstream import Header, HeaderType, Message
from scribepass.local import refusals
from scribepass.local.limits import Limits
from scribepass.local.recognisers import Isolation
from scribepass.local.recognisers.scripted import Line, Scripted
from scribepass.local.server import LocalAws
from scribepass.sigv4.chunks import ChunkSigner
from scribepass.transcribe import Configuration, Operation, Transcript, Utterance, encode
from support.engines import Counting
from support.streaming import (
    CHUNK,
    END,
    RATE,
    STATIC,
    Heard,
    audio,
    listen,
    local_aws,
    signed_url,
    stream,
    utcnow,
)

SECOND = [audio()] * 10


@pytest.fixture
async def local() -> AsyncIterator[LocalAws]:
    async with local_aws() as local:
        yield local


def kind_and_text(heard: Heard) -> tuple[str, str] | None:
    return (heard.failure.kind, heard.failure.message) if heard.failure else None


def as_refused(refusal: refusals.Refusal) -> tuple[str, str]:
    return refusal.kind, refusal.message


async def test_a_stream(local: LocalAws) -> None:
    """An event without results at once, then one result in each, then a close that means the end."""
    heard = await stream(signed_url(local), [*SECOND, END])
    assert heard.events[0] == Transcript(results=())
    assert [
        [each.alternatives[0].transcript for each in event.results]
        for event in heard.events
        if isinstance(event, Transcript)
    ] == [[], ["one"], ["one two"], ["one two"]]
    assert heard.finals == ["one two"]
    assert heard.failure is None
    assert heard.close_code == 1000


async def test_results_come_while_audio_goes(local: LocalAws) -> None:
    """A partial is there before the audio ends, and the server closes, not the client."""
    async with connect(signed_url(local), compression=None) as socket:
        await socket.recv()
        for message in SECOND[:4]:
            await socket.send(message)
        partial = json.loads(Message.decode(await socket.recv(decode=False)).payload)
        assert partial["Transcript"]["Results"][0]["Alternatives"][0]["Transcript"] == "one"
        await socket.send(END)
        await listen(socket)
        assert (socket.close_code, socket.close_reason) == (1000, "")


async def test_medical(local: LocalAws) -> None:
    """The medical operation speaks Transcript events too."""
    heard = await stream(signed_url(local, Operation.MEDICAL), [*SECOND, END], operation=Operation.MEDICAL)
    assert heard.finals == ["one two"]


ROLES = {
    "without a configuration": ([], "AGENT", 1),
    "with one": ([Configuration()], "AGENT", 2),
    "the other way round": (
        [Configuration(channel_definitions=((0, "CUSTOMER"), (1, "AGENT")))],
        "CUSTOMER",
        2,
    ),
}


@pytest.mark.parametrize(("configuration", "role", "channels"), ROLES.values(), ids=ROLES)
async def test_call_analytics(
    local: LocalAws, configuration: list[Configuration], role: str, channels: int
) -> None:
    """A call has utterances in milliseconds; with channel definitions its audio has two channels."""
    messages = [*(encode(each).encode() for each in configuration), *[audio(CHUNK * channels)] * 6, END]
    heard = await stream(
        signed_url(local, Operation.CALL_ANALYTICS), messages, operation=Operation.CALL_ANALYTICS
    )
    said = [event for event in heard.events if isinstance(event, Utterance)]
    final = said[-1]
    assert (final.is_partial, final.participant_role, final.transcript) == (False, role, "one two")
    assert (final.begin_offset_millis, final.end_offset_millis) == (0, 600)
    assert [(item.content, item.begin_offset_millis, item.end_offset_millis) for item in final.items] == [
        ("one", 0, 300),
        ("two", 300, 600),
    ]
    assert len({each.utterance_id for each in said}) == 1


async def test_each_channel_is_heard_by_itself() -> None:
    """Stereo has twice the bytes for the same time; one recogniser hears the left, another the right."""
    async with local_aws(recogniser=Counting(isolation="inline")) as local:
        url = signed_url(local, enable_channel_identification=True, number_of_channels=2)
        heard = await stream(url, [audio(CHUNK * 2), END])
        last = {each.channel_id: each.alternatives[0].transcript for each in heard.results}
        assert last == {"ch_0": str(len(CHUNK)), "ch_1": str(len(CHUNK))}


class Signer:
    """Signs events as the JavaScript SDK does in Node."""

    def __init__(self, url: str, *, clock: Callable[[], datetime] = utcnow) -> None:
        self.clock = clock
        self.chain = ChunkSigner(
            STATIC, region="us-east-1", seed_signature=url.rpartition("X-Amz-Signature=")[2][:64]
        )

    def __call__(self, payload: bytes) -> bytes:
        now = self.clock().replace(microsecond=0)
        headers = (
            Header(name=":date", type=HeaderType.TIMESTAMP, value=now),
            Header(
                name=":chunk-signature",
                type=HeaderType.BYTES,
                value=self.chain.sign(date=now, payload=payload),
            ),
        )
        return Message(headers, payload).encode()


ENDS: dict[str, Callable[[Signer], list[bytes]]] = {
    "an empty event": lambda _sign: [END],
    "a signed message without payload": lambda sign: [sign(audio()), sign(b"")],
    "a signed empty event": lambda sign: [sign(audio()), sign(END), sign(b"")],
    "a message without bytes": lambda _sign: [b""],
    "an empty event and a message without bytes": lambda _sign: [END, b""],
    "a signed end after unsigned audio": lambda sign: [sign(b"")],
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_ways_to_end(local: LocalAws, end: Callable[[Signer], list[bytes]]) -> None:
    """However a client says that its audio is over, it gets its final and a clean close."""
    url = signed_url(local)
    heard = await stream(url, [*SECOND[:4], *end(Signer(url))])
    assert (heard.finals, heard.failure, heard.close_code) == (["one two"], None, 1000)


@pytest.mark.parametrize(
    "last", [[], [END], [b""]], ids=["nothing", "an empty event", "a message without bytes"]
)
async def test_the_client_closes_first(local: LocalAws, last: list[bytes]) -> None:
    """Browsers close at once and hear nothing more; the stream is over and nothing is wrong."""
    with structlog.testing.capture_logs() as lines:
        async with connect(signed_url(local), compression=None) as socket:
            for message in [*SECOND, *last]:
                await socket.send(message)
            await socket.close()
        await until(lambda: any(line["event"] == "stream_ended" for line in lines))
    outcome = next(line["outcome"] for line in lines if line["event"] == "stream_ended")
    assert outcome in {"client_gone", "finished"}


async def test_signed_events(local: LocalAws) -> None:
    """A whole stream of signed events verifies, each with the signature before it."""
    url = signed_url(local)
    sign = Signer(url)
    heard = await stream(url, [*(sign(audio()) for _ in range(10)), sign(b"")])
    assert (heard.finals, heard.failure) == (["one two"], None)


async def test_a_flipped_bit_in_a_signed_event(local: LocalAws) -> None:
    """Checksums can be repaired, the signature cannot."""
    url = signed_url(local)
    sign = Signer(url)
    first, second = Message.decode(sign(audio())), Message.decode(sign(audio()))
    forged = Message(second.headers, audio(bytes([1]) + CHUNK[1:]))
    heard = await stream(url, [first.encode(), forged.encode()])
    assert heard.failure is not None
    assert heard.failure.kind == "BadRequestException"
    assert heard.failure.message.startswith("The request signature we calculated does not match")


async def test_an_event_left_out(local: LocalAws) -> None:
    """The chain breaks where an event is missing."""
    url = signed_url(local)
    sign = Signer(url)
    messages = [sign(audio()) for _ in range(3)]
    heard = await stream(url, [messages[0], messages[2]])
    assert heard.failure is not None
    assert heard.failure.message.startswith("The request signature we calculated does not match")


async def test_an_old_signed_event(local: LocalAws) -> None:
    """More than five minutes old is expired, in AWS's words."""
    url = signed_url(local)
    old = Signer(url, clock=lambda: utcnow() - timedelta(minutes=6))
    heard = await stream(url, [old(audio())])
    assert heard.failure is not None
    assert heard.failure.kind == "BadRequestException"
    assert "is now earlier than" in heard.failure.message


BAD: dict[str, tuple[list[Any], refusals.Refusal]] = {
    "a text message": (["{}"], refusals.UNEXPECTED_FRAME),
    "garbage": ([b"RIFF....WAVEfmt "], refusals.UNEXPECTED_FRAME),
    "a checksum": ([audio()[:-1] + b"\x00"], refusals.UNEXPECTED_FRAME),
    "an event of the server": ([encode(Transcript(results=())).encode()], refusals.UNEXPECTED_FRAME),
    "half a frame, then the end": ([audio()[:-1], b""], refusals.UNEXPECTED_FRAME),
    "an odd number of bytes": ([audio(b"\x00" * 333)], refusals.UNDECODABLE),
    "more than a second": ([audio(bytes(RATE * 2 + 2))], refusals.TOO_BIG),
}


@pytest.mark.parametrize(("messages", "refusal"), BAD.values(), ids=BAD)
async def test_what_ends_a_stream(local: LocalAws, messages: list[Any], refusal: refusals.Refusal) -> None:
    """What AWS does not take is an exception frame with its text, then a close with 1000."""
    heard = await stream(signed_url(local), [*SECOND[:2], *messages])
    assert kind_and_text(heard) == as_refused(refusal)
    assert heard.close_code == 1000


async def test_limits_of_audio_count_time(local: LocalAws) -> None:
    """Exactly a second is allowed, of one channel as of two; half a frame of stereo is not."""
    assert (await stream(signed_url(local), [audio(bytes(RATE * 2)), END])).failure is None
    stereo = {"enable_channel_identification": True, "number_of_channels": 2}
    assert (await stream(signed_url(local, **stereo), [audio(bytes(RATE * 4)), END])).failure is None
    heard = await stream(signed_url(local, **stereo), [audio(bytes(6))])
    assert kind_and_text(heard) == as_refused(refusals.UNDECODABLE)


async def test_frames_may_be_cut_or_joined(local: LocalAws) -> None:
    """A WebSocket message may hold a part of a frame, or several."""
    whole = b"".join([*SECOND, END])
    pieces = [whole[at : at + 1000] for at in range(0, len(whole), 1000)]
    assert (await stream(signed_url(local), pieces)).finals == ["one two"]
    assert (await stream(signed_url(local), [whole])).finals == ["one two"]


async def test_no_audio() -> None:
    """A client that sends nothing is told, in AWS's words, and one that sends something in time is not."""
    async with local_aws(limits=Limits(idle_seconds=0.2, close_gap_seconds=0)) as local:
        assert kind_and_text(await stream(signed_url(local), [])) == (
            "BadRequestException",
            "Your request timed out because no new audio was received for 0.2 seconds.",
        )
        async with connect(signed_url(local), compression=None) as socket:
            listening = asyncio.create_task(listen(socket))
            for message in [*SECOND[:5], END]:
                await socket.send(message)
                await asyncio.sleep(0.08)
            assert (await listening).failure is None


async def test_the_longest_stream() -> None:
    """After the longest time that a stream may last it ends, however much audio comes."""
    async with local_aws(limits=Limits(stream_seconds=0.3, close_gap_seconds=0)) as local:
        async with connect(signed_url(local), compression=None) as socket:
            listening = asyncio.create_task(listen(socket))
            with contextlib.suppress(ConnectionClosed):
                while not listening.done():
                    await socket.send(audio())
                    await asyncio.sleep(0.02)
        assert kind_and_text(await listening) == as_refused(refusals.TOO_LONG)


async def test_too_many_streams() -> None:
    """One more than allowed is refused; when one ends, there is room again."""
    async with local_aws(limits=Limits(concurrent_streams=1, close_gap_seconds=0)) as local:
        async with connect(signed_url(local), compression=None) as first:
            await first.recv()
            assert kind_and_text(await stream(signed_url(local), SECOND)) == as_refused(refusals.TOO_MANY)
            await first.send(END)
            assert (await listen(first)).failure is None
        assert (await stream(signed_url(local), [END])).failure is None


async def test_the_same_session_twice() -> None:
    """The older of two streams with one session id is ended by the newer, even when all places are taken."""
    session_id = "8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30"
    async with local_aws(limits=Limits(concurrent_streams=1, close_gap_seconds=0)) as local:
        async with connect(signed_url(local, session_id=session_id), compression=None) as older:
            listening = asyncio.create_task(listen(older))
            await older.send(audio())
            newer = await stream(signed_url(local, session_id=session_id), [*SECOND, END])
            assert (newer.finals, newer.failure) == (["one two"], None)
            assert kind_and_text(await listening) == as_refused(refusals.CONFLICT)
        assert (await stream(signed_url(local, session_id=session_id), [END])).failure is None


async def test_audio_sent_after_a_refusal_is_forgotten(local: LocalAws) -> None:
    """A client that goes on sending does not hold up the close."""
    async with connect(signed_url(local), compression=None) as socket:
        listening = asyncio.create_task(listen(socket))
        await socket.send("not a frame")
        flood = asyncio.create_task(send_all(socket, [audio(bytes(RATE))] * 200))
        heard = await listening
        await flood
    assert kind_and_text(heard) == as_refused(refusals.UNEXPECTED_FRAME)
    assert heard.close_code == 1000


MOMENTS: dict[str, list[Any]] = {
    "at once": [],
    "in the middle of audio": SECOND[:3],
    "after the end": [*SECOND, END],
    "after a mistake": ["text"],
}


@pytest.mark.parametrize("messages", MOMENTS.values(), ids=MOMENTS)
@pytest.mark.parametrize("isolation", get_args(Isolation))
async def test_a_client_that_vanishes(messages: list[Any], isolation: Isolation) -> None:
    """A connection that breaks, at any moment, ends its stream and disturbs nobody else."""
    async with local_aws(recogniser=Counting(isolation=isolation)) as local:
        with structlog.testing.capture_logs() as lines:
            async with connect(signed_url(local), compression=None) as socket:
                for message in messages:
                    await socket.send(message)
                socket.transport.abort()
            await until(lambda: any(line["event"] == "stream_ended" for line in lines))
        assert [line for line in lines if line["log_level"] == "error"] == []
        assert (await stream(signed_url(local), [audio(), END])).finals[-1] == str(len(CHUNK))


@pytest.mark.parametrize("last", [b"", END], ids=["audio goes on", "audio is over"])
async def test_a_client_that_does_not_read(last: bytes) -> None:
    """Results that nobody takes are not piled up: the stream ends as if the client were gone."""
    limits = Limits(idle_seconds=0.3, close_gap_seconds=0, close_seconds=0.3)
    async with local_aws(recogniser=Counting(isolation="inline", shouts=500_000), limits=limits) as local:
        with structlog.testing.capture_logs() as lines:
            async with connect(signed_url(local), compression=None, max_queue=1, close_timeout=0.1) as socket:
                sending = asyncio.create_task(send_all(socket, [*[audio()] * 60, *([last] if last else [])]))
                await until(lambda: any(line["event"] == "stream_ended" for line in lines))
                socket.transport.abort()
                await sending
        assert lines[-1]["outcome"] in {"client_gone", "BadRequestException"}


BROKEN = {
    "dies with audio": Counting(dies_at=1),
    "dies at the end": Counting(dies_at_end=True),
    "cannot open": Counting(fails_to_open=True),
    "fails inside": Counting(fails_at=1),
    "cannot open, in the loop": Counting(fails_to_open=True, isolation="inline"),
    "fails, in the loop": Counting(fails_at=1, isolation="inline"),
    "cannot open, in a thread": Counting(fails_to_open=True, isolation="thread"),
    "fails, in a thread": Counting(fails_at=1, isolation="thread"),
}


@pytest.mark.parametrize("engine", BROKEN.values(), ids=BROKEN)
async def test_a_recogniser_that_breaks(engine: Counting, capfd: pytest.CaptureFixture[str]) -> None:
    """Its stream ends with InternalFailureException and a line in the log; the server lives on."""
    async with local_aws(recogniser=engine) as local:
        for _ in range(2):
            with structlog.testing.capture_logs() as lines:
                heard = await stream(signed_url(local), [*SECOND, END])
            assert kind_and_text(heard) == as_refused(refusals.INTERNAL_FAILURE)
            assert [line["event"] for line in lines if line["log_level"] == "error"] == ["stream_broken"]


@pytest.mark.parametrize("isolation", ["process", "thread"])
async def test_too_many_recognisers(isolation: Isolation) -> None:
    """Rather than fall behind, one process or thread too many is refused."""
    limits = Limits(recognition_processes=1, close_gap_seconds=0)
    async with local_aws(recogniser=Counting(isolation=isolation), limits=limits) as local:
        async with connect(signed_url(local), compression=None) as first:
            await first.recv()
            assert kind_and_text(await stream(signed_url(local), [])) == as_refused(refusals.TOO_MANY)
            await first.send(END)
            await listen(first)
        assert (await stream(signed_url(local), [audio(), END])).failure is None


async def test_streams_do_not_mix() -> None:
    """Twenty streams at once, each with its own words in its own order."""
    lines = [Line(text=f"word{number}", start=number / 5, end=number / 5 + 0.1) for number in range(5)]
    async with local_aws(recogniser=Scripted(lines)) as local:
        all_heard = await asyncio.gather(*(stream(signed_url(local), [*SECOND, END]) for _ in range(20)))
    assert [heard.finals for heard in all_heard] == [[line.text for line in lines]] * 20


async def test_what_the_log_says_of_a_stream(local: LocalAws) -> None:
    """Who signed it; how it ended, and how much was heard."""
    with structlog.testing.capture_logs() as lines:
        await stream(signed_url(local, session_id="8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30"), [*SECOND, END])
    stream_ = {
        "part": "local",
        "log_level": "info",
        "operation": "standard",
        "session_id": "8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30",
    }
    assert lines == [
        {**stream_, "event": "stream_opened", "signer": "arn:aws:iam::123456789012:user/scribepass"},
        {**stream_, "event": "stream_ended", "outcome": "finished", "audio_seconds": 1.0},
    ]


async def send_all(socket: ClientConnection, messages: list[bytes]) -> None:
    with contextlib.suppress(ConnectionClosed):
        for message in messages:
            await socket.send(message)


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not happened():  # noqa: ASYNC110 - a log has no event to wait for
            await asyncio.sleep(0.005)
