"""Pace, cutting and interruption of audio, without a file and without a clock of the machine."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from scribepass.client.audio import CATCH_UP_SECONDS, AudioFormat, paced, until, whole_samples


class Clock:
    """Time that passes only while somebody sleeps or works; waking is always a little late."""

    def __init__(self, *, late: float = 0.0) -> None:
        self.now = 1000.0
        self.late = late

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + self.late


async def chunks_of(*chunks: bytes) -> AsyncGenerator[bytes, None]:
    for chunk in chunks:
        yield chunk


async def instants(clock: Clock, *chunks: bytes, busy: dict[int, float] | None = None) -> list[float]:
    """When each chunk left, in seconds from the first; ``busy`` is what the consumer does after some."""
    left = []
    pace = paced(chunks_of(*chunks), bytes_per_second=1000, clock=clock, sleep=clock.sleep)
    async for _ in pace:
        left.append(clock())
        clock.now += (busy or {}).get(len(left) - 1, 0)
    return [round(instant - left[0], 6) for instant in left]


async def test_each_chunk_leaves_when_the_one_before_has_been_heard() -> None:
    """Chunks of 100 ms leave 100 ms apart, and one of 200 ms keeps the next waiting as long."""
    assert await instants(Clock(), b"x" * 100, b"x" * 100, b"x" * 200, b"x") == [0.0, 0.1, 0.2, 0.4]


async def test_late_wake_ups_do_not_add_up() -> None:
    """An hour of sleeps that are each 9 ms late ends 9 ms late, not five minutes."""
    left = await instants(Clock(late=0.009), *[b"x" * 100] * 36_001)
    assert left[-1] == pytest.approx(3600.009, abs=0.001)


async def test_connecting_does_not_count() -> None:
    """Two seconds between the first chunk and the wish for the second cause no rush afterwards."""
    left = await instants(Clock(), *[b"x" * 100] * 4, busy={0: 2.0})
    assert left == [0.0, 2.1, 2.2, 2.3]


async def test_a_short_delay_is_made_up_and_a_long_one_is_not() -> None:
    """Half a second behind is caught up; of ten seconds only the last one is, and then pace is kept."""
    short = await instants(Clock(), *[b"x" * 100] * 10, busy={1: 0.5})
    assert short == [0.0, 0.1, 0.6, 0.6, 0.6, 0.6, 0.6, 0.7, 0.8, 0.9]
    long = await instants(Clock(), *[b"x" * 100] * 40, busy={1: 10.0})
    assert long[2] == pytest.approx(10.1)
    assert long[-1] == pytest.approx(10.1 - CATCH_UP_SECONDS + 3.7)


@pytest.mark.parametrize(
    ("given", "frame", "most", "expected"),
    [
        pytest.param([b"abcd"], 2, 100, [b"abcd"], id="whole"),
        pytest.param([b"abc", b"d"], 2, 100, [b"ab", b"cd"], id="half a sample waits for its other half"),
        pytest.param([b"a", b"b", b"c"], 2, 100, [b"ab"], id="a last half sample is dropped"),
        pytest.param([b"", b"ab", b""], 2, 100, [b"ab"], id="an empty chunk, which would end the stream"),
        pytest.param([b"abcdef"], 2, 4, [b"abcd", b"ef"], id="too long for one event"),
        pytest.param([b"abcdefgh"], 4, 7, [b"abcd", b"efgh"], id="stereo, cut between frames"),
        pytest.param([b"abc"], 1, 2, [b"ab", b"c"], id="encoded audio has no samples"),
    ],
)
async def test_events_hold_whole_samples(
    given: list[bytes], frame: int, most: int, expected: list[bytes]
) -> None:
    """Whatever the caller's chunks, each event holds at least one and only whole frames, and not too much."""

    async def audio() -> AsyncIterator[bytes]:
        for chunk in given:
            yield chunk

    assert [piece async for piece in whole_samples(audio(), frame=frame, most=most)] == expected


@pytest.mark.parametrize(
    ("audio_format", "rate", "chunk"),
    [
        pytest.param(AudioFormat(sample_rate=16000), 32000.0, 3200, id="mono"),
        pytest.param(AudioFormat(sample_rate=44100, channels=2), 176400.0, 17640, id="stereo"),
        pytest.param(AudioFormat(sample_rate=11025), 22050.0, 2204, id="a rate without whole tenths"),
        pytest.param(AudioFormat(sample_rate=8000, media_encoding="g711-ulaw"), 8000.0, 800, id="telephone"),
        pytest.param(AudioFormat(sample_rate=16000, media_encoding="flac"), None, 4096, id="variable"),
    ],
)
def test_a_format_knows_its_rate(audio_format: AudioFormat, rate: float | None, chunk: int) -> None:
    """Bytes per second where they are fixed, and chunks of 100 ms in whole frames."""
    assert audio_format.bytes_per_second == rate
    assert audio_format.chunk_bytes == chunk


class Endless:
    """A source that gives one chunk and then nothing, and tells when it has been closed."""

    def __init__(self) -> None:
        self.closed = False

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            yield b"first"
            await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_until_passes_everything_on() -> None:
    """Without a stop, the chunks come through, and so does what their source raises."""
    stop = asyncio.Event()
    assert [chunk async for chunk in until(stop, chunks_of(b"a", b"b"))] == [b"a", b"b"]

    async def broken() -> AsyncGenerator[bytes, None]:
        yield b"a"
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        _ = [chunk async for chunk in until(stop, broken())]


async def test_until_ends_a_source_that_is_silent() -> None:
    """A stop ends the wait for a chunk that never comes, and closes the source."""
    stop, source, heard = asyncio.Event(), Endless(), []
    async for chunk in until(stop, source.chunks()):
        heard.append(chunk)
        asyncio.get_running_loop().call_soon(stop.set)
    assert heard == [b"first"]
    assert source.closed


async def test_cancelling_until_closes_the_source() -> None:
    """A consumer that is cancelled leaves no task and no open source behind."""
    source = Endless()

    async def consume() -> None:
        async for _ in until(asyncio.Event(), source.chunks()):
            pass

    task = asyncio.create_task(consume())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.closed
