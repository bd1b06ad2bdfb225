"""Recognisers in threads: they answer, block nobody, and are closed by the thread that opened them."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from scribepass.local.recognisers import Options, Said
from scribepass.local.recognisers.threaded import Threaded
from support.engines import Gate, Gated, heard

OPTIONS = Options(sample_rate=16_000)


@asynccontextmanager
async def threaded(engine: Gated) -> AsyncIterator[tuple[Threaded, asyncio.Event]]:
    """A recogniser, and what is set when its thread is at rest."""
    rest = asyncio.Event()
    async with Threaded(engine, OPTIONS, at_rest=rest.set) as recogniser:
        yield recogniser, rest
    engine.gate.open()
    async with asyncio.timeout(10):
        await rest.wait()


async def everything(recogniser: Threaded) -> list[Said]:
    return [said async for several in recogniser.said() for said in several]


async def test_results_come_back_in_order() -> None:
    """What is fed is heard in one other thread, which opens and closes too."""
    engine = Gated(Gate(is_open=True))
    async with threaded(engine) as (recogniser, _):
        for _ in range(3):
            await recogniser.feed(bytes(2))
        await recogniser.finish()
        results = await everything(recogniser)
    assert results == [heard("2"), heard("4"), heard("6"), heard("the end")]
    assert [what for what, _ in engine.gate.log] == ["open", "feed", "feed", "feed", "finish", "close"]
    (thread,) = {thread for _, thread in engine.gate.log}
    assert thread != threading.get_ident()


async def test_a_blocked_one_blocks_nobody() -> None:
    """While one recogniser does not return, the loop goes on and another one hears."""
    slow, fast = Gated(Gate()), Gated(Gate(is_open=True))
    async with threaded(slow) as (blocked, _), threaded(fast) as (free, _):
        feeding = asyncio.create_task(blocked.feed(bytes(2)))
        await free.feed(bytes(2))
        await free.finish()
        assert await everything(free) == [heard("2"), heard("the end")]
        assert not feeding.done()
        slow.gate.open()
        await feeding


async def test_leaving_does_not_wait() -> None:
    """A stream that ends leaves its thread at its work; once that is done, it closes and is at rest."""
    engine = Gated(Gate())
    async with threaded(engine) as (recogniser, rest):
        feeding = asyncio.create_task(recogniser.feed(bytes(2)))
        await asyncio.to_thread(engine.gate.entered.wait)
        feeding.cancel()
    assert [what for what, _ in engine.gate.log] == ["open", "feed", "close"]
    assert rest.is_set()
    with pytest.raises(asyncio.CancelledError):
        await feeding


async def test_cancelled_while_it_opens() -> None:
    """A recogniser that nobody waits for any more is closed as soon as it is open."""
    engine, rest = Gated(Gate(), opens_slowly=True), asyncio.Event()
    opening = asyncio.create_task(Threaded(engine, OPTIONS, at_rest=rest.set).__aenter__())
    await asyncio.to_thread(engine.gate.entered.wait)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert not rest.is_set()
    engine.gate.open()
    async with asyncio.timeout(10):
        await rest.wait()
    assert [what for what, _ in engine.gate.log] == ["open", "close"]


async def test_faults_are_raised_where_audio_is_handed_over() -> None:
    """An engine's mistake is the feeder's to see."""
    engine = Gated(Gate(is_open=True), fails=True)
    async with threaded(engine) as (recogniser, _):
        with pytest.raises(RuntimeError, match="a bug"):
            await recogniser.feed(bytes(2))
