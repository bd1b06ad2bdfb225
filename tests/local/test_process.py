"""Recognisers in processes of their own: they answer, they die alone, and none is left."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from scribepass.local.recognisers import Options, RecogniserDied
from scribepass.local.recognisers.process import Child
from scribepass.transcribe import Result
from support.engines import Counting

OPTIONS = Options(sample_rate=16_000)


async def results_of(child: Child) -> list[Result]:
    return [result async for results in child.said() for result in results]


def text(result: Result) -> str:
    return result.alternatives[0].transcript


def alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def gone(pid: int) -> None:
    async with asyncio.timeout(5):
        while alive(pid):  # noqa: ASYNC110 - nobody tells of another process's child
            await asyncio.sleep(0.01)


async def test_results_come_back() -> None:
    """What is fed is heard in another process, and its results come in order until the last."""
    async with Child(Counting(), OPTIONS) as child:
        for _ in range(10):
            await child.feed(bytes(3200))
        await child.finish()
        results = await results_of(child)
    assert int(text(results[0])) != os.getpid()
    assert text(results[-1]) == "32000"


async def test_each_stream_has_its_own() -> None:
    """Two recognisers at once are two processes, and both are gone afterwards."""
    async with Child(Counting(), OPTIONS) as one, Child(Counting(), OPTIONS) as other:
        for child in (one, other):
            await child.feed(bytes(2))
            await child.finish()
        pids = [int(text((await results_of(child))[0])) for child in (one, other)]
    assert len(set(pids)) == 2
    for pid in pids:
        await gone(pid)


DEATHS = {
    "killed by its engine": Counting(dies_at=1),
    "at the end of audio": Counting(dies_at_end=True),
    "an exception": Counting(fails_at=1),
    "at the start": Counting(fails_to_open=True),
}


@pytest.mark.parametrize("engine", DEATHS.values(), ids=DEATHS)
async def test_death_is_noticed(engine: Counting, capfd: pytest.CaptureFixture[str]) -> None:
    """A child that ends before its last result is an error, never a short transcript."""
    async with Child(engine, OPTIONS) as child:
        with contextlib.suppress(RecogniserDied):
            await child.feed(bytes(2))
            await child.finish()
        with pytest.raises(RecogniserDied):
            await results_of(child)


async def test_feeding_the_dead() -> None:
    """So is handing audio to one that is no more."""
    async with Child(Counting(dies_at=1), OPTIONS) as child:
        with pytest.raises(RecogniserDied):
            await asyncio.wait_for(feed_for_ever(child), timeout=10)


async def feed_for_ever(child: Child) -> int:
    """Feed a second of audio at a time, and count the seconds."""
    seconds = 0
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            await child.feed(bytes(32_000))
            seconds += 1
    return seconds


async def test_garbage_from_a_child_is_not_the_clients_fault() -> None:
    """A child that does not speak the protocol counts as dead."""
    child = Child(Counting(), OPTIONS)
    child._session.receive_data(b"Segmentation fault\n")
    with pytest.raises(RecogniserDied):
        await results_of(child)


@pytest.mark.parametrize(
    "engine", [Counting(seconds_each=30), Counting(seconds_each=30, ignores_signals=True)]
)
async def test_leaving_ends_a_busy_child(engine: Counting) -> None:
    """The parent does not wait for what nobody wants to hear any more."""
    child = Child(engine, OPTIONS)
    async with child, asyncio.timeout(10):
        await child.feed(bytes(2))
        pid = child._process.pid
        assert pid is not None
        assert alive(pid)
    await gone(pid)


async def test_a_slow_child_slows_its_feeder() -> None:
    """Audio is not piled up without bound: feeding waits, and the loop goes on meanwhile."""
    async with Child(Counting(seconds_each=60), OPTIONS) as child:
        feeding = asyncio.create_task(feed_for_ever(child))
        await asyncio.sleep(0.3)
        feeding.cancel()
        assert 0 < await feeding < 20


async def test_cancellation_while_starting_leaves_nothing() -> None:
    """A client that goes away while its recogniser starts does not leave one behind."""
    starting = asyncio.create_task(Child(Counting(), OPTIONS).__aenter__())
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting


SERVER = """
import asyncio, json, os, sys
from scribepass.local.recognisers import Options, named
from scribepass.local.recognisers.process import Child, preload

async def main():
    engine = named("pocketsphinx")
    preload(engine)
    async with Child(engine, Options(sample_rate=16000)) as child:
        await child.feed(bytes(32000))
        print(json.dumps(child._process.pid), flush=True)
        await asyncio.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_children_do_not_outlive_their_server(tmp_path: Path, how: signal.Signals) -> None:
    """However the server ends, even without a chance to clean up, its recognisers end with it."""
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    pipe = asyncio.subprocess.PIPE
    server = await asyncio.create_subprocess_exec(sys.executable, script, stdout=pipe, stderr=pipe)
    assert server.stdout is not None
    pid = json.loads(await server.stdout.readline())
    assert alive(pid)
    server.send_signal(how)
    await gone(pid)
    await server.communicate()
