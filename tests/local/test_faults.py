"""Faults on demand, each as a real client sees it over a real socket."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from scribepass.errors import RemoteProtocolError, Violation
from scribepass.eventstream import Message
from scribepass.local.faults import Fault, FaultKind, Faults, Plan
from scribepass.local.limits import Limits
from scribepass.local.recognisers.scripted import Scripted
from scribepass.local.server import LocalAws
from scribepass.transcribe import Transcript, encode
from support.streaming import END, audio, listen, local_aws, signed_url, stream

SECOND = [audio()] * 10
SESSION = "8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30"


@pytest.fixture
async def local() -> AsyncIterator[LocalAws]:
    async with local_aws() as local:
        yield local


def fail(local: LocalAws, kind: FaultKind, **how: object) -> None:
    local.faults.add(Plan(faults=(Fault(kind=kind, **how),)))  # type: ignore[arg-type]


async def outcomes(local: LocalAws) -> list[str | None]:
    """How the streams have ended, once all have."""
    async with asyncio.timeout(10):
        while any(record.outcome is None for record in local.journal):  # noqa: ASYNC110 - read by others too
            await asyncio.sleep(0.01)
    return [record.outcome for record in local.journal]


EXCEPTIONS = (
    "BadRequestException",
    "ConflictException",
    "InternalFailureException",
    "LimitExceededException",
    "ServiceUnavailableException",
    "ResourceNotFoundException",
)


@pytest.mark.parametrize("exception", EXCEPTIONS)
async def test_an_exception_of_any_type(local: LocalAws, exception: str) -> None:
    """Its name and AWS's text, or a text of one's own, then a close with 1000; the next stream is well."""
    fail(local, FaultKind.EXCEPTION, exception=exception)
    fail(local, FaultKind.EXCEPTION, exception=exception, message="as asked")
    for text in (None, "as asked"):
        heard = await stream(signed_url(local), SECOND)
        assert heard.failure is not None
        assert heard.failure.kind == exception
        assert heard.failure.message
        assert text in (None, heard.failure.message)
        assert heard.close_code == 1000
    assert (await stream(signed_url(local), [*SECOND, END])).finals == ["one two"]
    assert await outcomes(local) == [exception, exception, "finished"]


async def test_an_exception_after_a_while(local: LocalAws) -> None:
    """What was heard until then has been said."""
    fail(local, FaultKind.EXCEPTION, after=0.3)
    heard = await stream(signed_url(local), SECOND)
    assert heard.events[0] == Transcript(results=())
    assert heard.finals == ["one two"]
    assert heard.failure is not None


async def test_a_drop(local: LocalAws) -> None:
    """The connection breaks without a close frame, after what was said before."""
    fail(local, FaultKind.DROP, after=0.2)
    heard = await stream(signed_url(local), SECOND)
    assert heard.events[0] == Transcript(results=())
    assert (heard.failure, heard.close_code) == (None, 1006)
    assert await outcomes(local) == ["drop"]


async def test_an_early_close(local: LocalAws) -> None:
    """A clean close in the middle of a line, and no final."""
    fail(local, FaultKind.CLOSE, after=0.2)
    heard = await stream(signed_url(local), SECOND[:4])
    assert [each.is_partial for each in heard.results] == [True]
    assert (heard.failure, heard.close_code) == (None, 1000)
    assert await outcomes(local) == ["close"]


async def test_a_close_before_anything(local: LocalAws) -> None:
    """At 0 seconds not even the first event has come."""
    fail(local, FaultKind.CLOSE)
    heard = await stream(signed_url(local), SECOND)
    assert (heard.messages, heard.close_code) == ([], 1000)


async def test_half_open(local: LocalAws) -> None:
    """Neither a pong nor an event nor a close comes, and the connection is there, until the client goes."""
    fail(local, FaultKind.HALF_OPEN)
    async with connect(signed_url(local), compression=None, close_timeout=0.1) as socket:
        pong = await socket.ping()
        closing = asyncio.create_task(socket.close())
        await asyncio.wait([closing])
        assert not pong.done() or pong.exception() is not None
        assert socket.close_code == 1006  # the client's own end: nobody has answered its close frame
    assert await outcomes(local) == ["half-open"]
    assert (await stream(signed_url(local), [END])).failure is None


async def test_half_open_is_silent_while_audio_goes(local: LocalAws) -> None:
    """From its moment on nothing is said, however much is sent, not even that no audio came."""
    async with local_aws(limits=Limits(idle_seconds=0.2, close_gap_seconds=0)) as impatient:
        fail(impatient, FaultKind.HALF_OPEN, after=0.05)
        async with connect(signed_url(impatient), compression=None, close_timeout=0) as socket:
            assert await socket.recv()
            assert await outcomes(impatient) == ["half-open"]
            for message in [*SECOND, END]:
                await socket.send(message)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.6):
                    await socket.recv()
            socket.transport.abort()


async def test_half_open_ends_with_the_server() -> None:
    """A client that waits for ever does not hold the server up."""
    async with local_aws(limits=Limits(close_gap_seconds=0, close_seconds=0.2)) as local:
        fail(local, FaultKind.HALF_OPEN)
        socket = await connect(signed_url(local), compression=None, close_timeout=0)
    with pytest.raises(ConnectionClosed):
        await socket.recv()


async def test_garbage(local: LocalAws) -> None:
    """Bytes of which no client makes an event, in place of one; what follows is sound."""
    fail(local, FaultKind.GARBAGE)
    async with connect(signed_url(local), compression=None) as socket:
        with pytest.raises(RemoteProtocolError):
            Message.decode(await socket.recv(decode=False))
        for message in [*SECOND, END]:
            await socket.send(message)
        assert (await listen(socket)).finals == ["one two"]


async def test_a_wrong_checksum(local: LocalAws) -> None:
    """The right event, of the right length, whose last checksum is not its own."""
    fail(local, FaultKind.WRONG_CRC)
    sound = encode(Transcript(results=())).encode()
    async with connect(signed_url(local), compression=None) as socket:
        frame = await socket.recv(decode=False)
        assert (frame[:-4], len(frame)) == (sound[:-4], len(sound))
        with pytest.raises(RemoteProtocolError) as caught:
            Message.decode(frame)
        assert caught.value.kind is Violation.CHECKSUM


async def test_last_words_can_be_broken_too() -> None:
    """Two faults of one plan befall one stream: an exception whose checksum is wrong."""
    async with local_aws() as local:
        faults = (Fault(kind=FaultKind.WRONG_CRC), Fault(kind=FaultKind.EXCEPTION))
        local.faults.add(Plan(faults=faults))
        async with connect(signed_url(local), compression=None) as socket:
            with pytest.raises(RemoteProtocolError):
                Message.decode(await socket.recv(decode=False))
            with pytest.raises(ConnectionClosed):
                await socket.recv()


async def test_slow(local: LocalAws) -> None:
    """Each event is late by that much, not by the sum, and none is lost or out of order."""
    fail(local, FaultKind.SLOW, seconds=0.4)
    loop = asyncio.get_running_loop()
    async with connect(signed_url(local), compression=None) as socket:
        begun = loop.time()
        await socket.recv()
        assert loop.time() - begun >= 0.35
        for message in [*SECOND, END]:
            await socket.send(message)
        begun = loop.time()
        heard = await listen(socket)
        assert loop.time() - begun >= 0.35
    assert [each.alternatives[0].transcript for each in heard.results] == ["one", "one two", "one two"]
    assert heard.close_code == 1000


async def test_slow_and_gone() -> None:
    """A client that leaves before what is late has come is gone, and no error."""
    async with local_aws(recogniser=Scripted(["one two three four"])) as local:
        fail(local, FaultKind.SLOW, seconds=0.2)
        async with connect(signed_url(local), compression=None) as socket:
            for message in SECOND:
                await socket.send(message)
            socket.transport.abort()
        assert await outcomes(local) == ["client_gone"]


@pytest.mark.parametrize("then", [None, FaultKind.EXCEPTION], ids=["said", "last words"])
async def test_slow_does_not_hold_the_server_up(then: FaultKind | None) -> None:
    """What is late by an hour is lost with the client, or when the server stops."""
    late = [Fault(kind=FaultKind.SLOW, seconds=3600)]
    more = [] if then is None else [Fault(kind=then, after=0.01)]
    async with asyncio.timeout(30):
        async with local_aws() as local:
            local.faults.add(Plan(faults=(*late, *more), times=2))
            async with connect(signed_url(local), compression=None) as socket:
                await socket.send(audio())
                socket.transport.abort()
            stays = await connect(signed_url(local), compression=None)
            for message in [*SECOND, END]:
                await stays.send(message)
            while len(list(local.journal)) < 2:  # noqa: ASYNC110 - read by others too
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
        await stays.close()


def taken(faults: Faults, session_id: str = "any") -> str:
    return " ".join(fault.message or "" for fault in faults.take(session_id))


def named(text: str, **plan: object) -> Plan:
    fault = Fault(kind=FaultKind.EXCEPTION, message=text)
    return Plan(faults=(fault,), **plan)  # type: ignore[arg-type]


def test_which_stream_meets_which_plan() -> None:
    """One after another, in their order; those for every stream when no other is left."""
    faults = Faults()
    faults.add(named("always", times=None))
    faults.add(named("twice", times=2))
    faults.add(named("once"))
    assert [taken(faults) for _ in range(5)] == ["twice", "twice", "once", "always", "always"]
    faults.clear()
    assert faults.take("any") == ()
    assert list(faults) == []


def test_a_plan_for_one_session() -> None:
    """No other stream meets it."""
    faults = Faults()
    faults.add(named("mine", session_id=SESSION))
    assert [taken(faults), taken(faults, SESSION), taken(faults, SESSION)] == ["", "mine", ""]


async def test_a_session_is_known_by_its_id(local: LocalAws) -> None:
    """The session id of the URL decides."""
    local.faults.add(named("mine", session_id=SESSION))
    assert (await stream(signed_url(local), [END])).failure is None
    heard = await stream(signed_url(local, session_id=SESSION), [END])
    assert heard.failure is not None
    assert heard.failure.message == "mine"
