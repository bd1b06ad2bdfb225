"""Raw audio from a pipe: what arrives, when it arrives, and no thread that holds anything up."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from scribepass.client.audio import AudioFormat
from scribepass.client.raw import RawPipe
from scribepass.errors import AudioUnreadable

FORMAT = AudioFormat(sample_rate=16000)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe's two ends; a test may close the writing one."""
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    with contextlib.suppress(OSError):
        os.close(writing)


async def test_a_pipe_is_read_to_its_end(pipe: tuple[int, int]) -> None:
    """Every byte arrives in order, in chunks of 100 ms where there is as much."""
    reading, writing = pipe
    audio = os.urandom(20_000)
    os.write(writing, audio)
    os.close(writing)
    chunks = [chunk async for chunk in RawPipe(reading, audio_format=FORMAT).chunks()]
    assert b"".join(chunks) == audio
    assert [len(chunk) for chunk in chunks] == [3200] * 6 + [800]


async def test_what_has_arrived_is_not_kept_waiting(pipe: tuple[int, int]) -> None:
    """A live source that pauses is heard up to its pause."""
    reading, writing = pipe
    chunks = RawPipe(reading, audio_format=FORMAT).chunks()
    for word in (b"hello", b"there"):
        os.write(writing, word)
        assert await anext(chunks) == word
    os.close(writing)
    assert await anext(chunks, None) is None


async def test_a_slow_consumer_holds_the_pipe_back(pipe: tuple[int, int]) -> None:
    """While nobody takes chunks, no more than a second of them is read ahead; the rest stays in the pipe."""
    reading, writing = pipe
    os.write(writing, bytes(60_000))
    chunks = RawPipe(reading, audio_format=FORMAT).chunks()
    await anext(chunks)
    await asyncio.to_thread(os.write, writing, bytes(1000))  # time for the thread to read on
    os.close(writing)
    left = len(await asyncio.to_thread(os.read, reading, 61_000))
    assert left >= 61_000 - 3200 * 10
    await chunks.aclose()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "holds no audio", id="nothing"),
        pytest.param(b"RIFF\0\0\0\0WAVEfmt ", "this is a WAV file", id="a WAV header"),
    ],
)
async def test_pipes_that_hold_no_samples(pipe: tuple[int, int], content: bytes, reason: str) -> None:
    """An empty pipe, and one with a header, are refused in words."""
    reading, writing = pipe
    os.write(writing, content)
    os.close(writing)
    with pytest.raises(AudioUnreadable, match=f"standard input: .*{reason}"):
        _ = [chunk async for chunk in RawPipe(reading, audio_format=FORMAT).chunks()]


async def test_a_descriptor_that_cannot_be_read(pipe: tuple[int, int]) -> None:
    """An error of the system becomes a sentence."""
    _, writing = pipe
    with pytest.raises(AudioUnreadable, match="Bad file descriptor"):
        await anext(RawPipe(writing, audio_format=FORMAT).chunks())


def test_a_silent_pipe_does_not_hold_up_the_end() -> None:
    """A process that gave up waiting for its pipe ends at once, and cleanly, with the read still pending."""
    program = """
import asyncio
from scribepass.client.audio import AudioFormat
from scribepass.client.raw import RawPipe

async def main():
    chunks = RawPipe(0, audio_format=AudioFormat(sample_rate=16000)).chunks()
    try:
        await asyncio.wait_for(anext(chunks), 0.05)
    except TimeoutError:
        print("gave up")

asyncio.run(main())
"""
    reading, writing = os.pipe()
    ended = subprocess.run(
        [sys.executable, "-c", program], stdin=reading, capture_output=True, timeout=20, check=False
    )
    os.close(reading)
    os.close(writing)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"gave up\n", b"")
