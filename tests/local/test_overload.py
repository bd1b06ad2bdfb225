"""A stream whose recognition falls behind is told so, and disturbs no other."""

import asyncio
import contextlib

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from scribepass.local import refusals
from scribepass.local.lag import Lag
from scribepass.local.limits import Limits
from scribepass.local.recognisers import Isolation
from support.engines import Counting, Gate, Gated
from support.streaming import CHUNK, END, audio, listen, local_aws, signed_url, stream


def run(lag: Lag, *steps: tuple[float, float, float]) -> list[float]:
    """How far behind after each step: a pause, then so much audio, taken in so many seconds."""
    now, behind = 100.0, []
    for pause, seconds, wall in steps:
        now += pause
        lag.offer(seconds, now=now)
        lag.take(seconds, offered=now, now=now + wall)
        now += wall
        behind.append(round(lag.behind, 6))
    return behind


RUNS = {
    "faster than speech": ([(0, 1, 0.2)] * 3, [0, 0, 0]),
    "slower than speech": ([(0, 1, 1.5)] * 3, [0.5, 1.0, 1.5]),
    "a hard word, then easy ones": ([(0, 0.1, 0.6), (0, 0.1, 0.02), (0, 1, 0.02)], [0.5, 0.42, 0]),
    "a client that pauses": ([(0, 1, 3), (0.5, 1, 1), (60, 1, 1.2)], [2, 1.5, 0.2]),
    "real time, and just in time": ([(0.01, 0.1, 0.09)] * 3, [0, 0, 0]),
    "a file at ten times its speed": ([(0, 1, 0.1)] * 3, [0, 0, 0]),
    "time in advance is not saved up": ([(0, 60, 0.1), (0, 1, 3)], [0, 2]),
}


@pytest.mark.parametrize(("steps", "behind"), RUNS.values(), ids=RUNS)
def test_how_far_behind(steps: list[tuple[float, float, float]], behind: list[float]) -> None:
    """What taking audio costs beyond its length adds up while audio waits; other time makes it good."""
    assert run(Lag(5), *steps) == behind


def test_how_long_taking_may_last() -> None:
    """The audio's own length, and what is left of the limit."""
    lag = Lag(5)
    assert lag.offer(0.5, now=10) == 15.5
    lag.take(0.5, offered=10, now=12.5)
    assert lag.behind == 2
    assert lag.offer(0.5, now=12.5) == 16
    assert lag.offer(0.5, now=13.5) == 18


BEHIND = (refusals.BEHIND.kind, refusals.BEHIND.message)
LIMITS = Limits(behind_seconds=0.5, close_gap_seconds=0)


async def speak(socket: ClientConnection, *, seconds: float) -> None:
    """Send silence at the speed of speech."""
    with contextlib.suppress(ConnectionClosed):
        for _ in range(round(seconds * 10)):
            await socket.send(audio())
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("isolation", ["inline", "thread", "process"])
async def test_an_engine_that_is_too_slow(isolation: Isolation) -> None:
    """A stream that falls behind its audio ends with LimitExceededException, wherever the engine runs."""
    engine = Counting(isolation=isolation, seconds_each=0.2)
    async with (
        local_aws(recogniser=engine, limits=LIMITS) as local,
        connect(signed_url(local), compression=None) as socket,
    ):
        listening = asyncio.create_task(listen(socket))
        speaking = asyncio.create_task(speak(socket, seconds=30))
        heard = await listening
        speaking.cancel()
    assert heard.failure is not None
    assert (heard.failure.kind, heard.failure.message) == BEHIND
    assert BEHIND[0] == "LimitExceededException"


async def test_a_stuck_engine_holds_up_no_other_stream() -> None:
    """Its own stream ends in time, and others are heard before and after, while its thread still hangs."""
    gate = Gate(is_open=True)
    async with local_aws(recogniser=Gated(gate), limits=LIMITS) as local:
        async with connect(signed_url(local), compression=None) as socket:
            await socket.recv()
            gate.shut()
            listening = asyncio.create_task(listen(socket))
            await socket.send(audio())
            await asyncio.to_thread(gate.entered.wait)
            assert (await stream(signed_url(local), [END])).finals == ["the end"]
            heard = await listening
        assert (await stream(signed_url(local), [END])).finals == ["the end"]
        gate.open()
    assert heard.failure is not None
    assert (heard.failure.kind, heard.failure.message) == BEHIND


async def test_a_stuck_thread_keeps_its_place() -> None:
    """A stream that has ended does not make room before its thread has."""
    gate = Gate()
    limits = Limits(behind_seconds=0.2, recognition_processes=1, close_gap_seconds=0)
    async with local_aws(recogniser=Gated(gate), limits=limits) as local:
        assert (await stream(signed_url(local), [audio()])).failure is not None
        refused = await stream(signed_url(local), [END])
        assert refused.failure is not None
        assert refused.failure.message == refusals.TOO_MANY.message
        gate.open()
        async with asyncio.timeout(10):
            while (await stream(signed_url(local), [END])).failure:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("isolation", ["inline", "thread", "process"])
async def test_a_file_sent_at_once_has_to_wait(isolation: Isolation) -> None:
    """Audio that comes faster than it can be heard is no overload: it is taken at the engine's speed."""
    engine = Counting(isolation=isolation, seconds_each=0.005)
    async with local_aws(recogniser=engine) as local:
        heard = await stream(signed_url(local), [*[audio()] * 200, END])
    assert heard.failure is None
    assert heard.finals[-1] == str(200 * len(CHUNK))
