"""Audio on its way to Transcribe: what a source is, how it is cut, and when its chunks may leave.

Facts: Developer Guide, "Transcribing streaming audio", best practices: chunks of 50 to 200 ms, uniform,
whole samples, close to real time.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["CHUNK_SECONDS", "AudioFormat", "AudioSource", "paced", "until", "whole_samples"]

CHUNK_SECONDS = 0.1
SAMPLE_BYTES = 2
"""PCM is signed 16-bit little-endian."""

FIXED_BYTES_PER_SAMPLE = {"pcm": 2.0, "g711-alaw": 1.0, "g711-ulaw": 1.0, "g729": 0.125}
"""Encodings whose size follows from their length; the others vary with what is said."""

CATCH_UP_SECONDS = 1.0
"""A source that fell behind, say behind a slow network, may hurry by this much; then its schedule moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFormat:
    """How a source's bytes are to be understood. ``media_encoding`` is AWS's name, such as ``pcm``."""

    sample_rate: int
    channels: int = 1
    media_encoding: str = "pcm"

    @property
    def bytes_per_second(self) -> float | None:
        """None where the encoding has no fixed rate."""
        size = FIXED_BYTES_PER_SAMPLE.get(self.media_encoding)
        return None if size is None else size * self.sample_rate * self.channels

    @property
    def chunk_bytes(self) -> int:
        """The size of a chunk of 100 ms in whole samples; for an encoding without a fixed rate, 4 KiB."""
        rate = self.bytes_per_second
        if rate is None:
            return 4096
        frame = SAMPLE_BYTES * self.channels
        return max(frame, int(rate * CHUNK_SECONDS) // frame * frame)

    def parameters(self) -> dict[str, object]:
        """The stream parameters that declare this format."""
        return {"media-encoding": self.media_encoding, "sample-rate": self.sample_rate}


class AudioSource(Protocol):
    """Something that can be transcribed once. ``seconds`` is its length, None where it has no known end."""

    @property
    def format(self) -> AudioFormat: ...  # noqa: D102
    @property
    def seconds(self) -> float | None: ...  # noqa: D102

    @property
    def bytes_per_second(self) -> float | None:
        """What to pace by; None for a source that paces itself, as a microphone does."""

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """Its bytes, about 100 ms at a time. Raises AudioUnreadable."""


async def paced(
    chunks: AsyncGenerator[bytes, None],
    *,
    bytes_per_second: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncGenerator[bytes, None]:
    """Yield every chunk no earlier than a listener in real time could have heard the one before it.

    Each chunk is due at an instant counted from the first, so late wake-ups never add up. The count
    begins when the first chunk has left, which leaves out the time it took to connect.
    """
    due: float | None = None
    async with contextlib.aclosing(chunks):
        async for chunk in chunks:
            if due is not None:
                if (wait := due - clock()) > 0:
                    await sleep(wait)
                due = max(due, clock() - CATCH_UP_SECONDS)
            yield chunk
            due = (clock() if due is None else due) + len(chunk) / bytes_per_second


async def until(stop: asyncio.Event, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Yield ``chunks`` until they end or ``stop`` is set, even while the next one is being waited for."""
    stopped = asyncio.create_task(_wait(stop))
    try:
        async with contextlib.aclosing(chunks):
            while not stop.is_set():
                following = asyncio.create_task(_next(chunks))
                await _first_of(following, stopped)
                chunk = None if following.cancelled() else following.result()
                if chunk is None:
                    return
                yield chunk
    finally:
        stopped.cancel()


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)


async def _first_of(following: asyncio.Task[bytes | None], stopped: asyncio.Task[None]) -> None:
    """Wait for either; return when ``following`` has ended, by itself or because it came second."""
    tasks: set[asyncio.Task[Any]] = {following, stopped}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not following.done():
            following.cancel()
            await asyncio.wait({following})


async def whole_samples(audio: AsyncIterable[bytes], *, frame: int, most: int) -> AsyncIterator[bytes]:
    """Yield the same bytes in pieces of whole frames, each of at most ``most`` bytes and none empty.

    An empty audio event would end the stream, half a sample would turn the rest of it to noise, and
    above one second Transcribe answers "Your stream is too big". A last half frame is dropped.
    """
    most -= most % frame
    rest = b""
    async for chunk in audio:
        rest += chunk
        usable = len(rest) - len(rest) % frame
        for start in range(0, usable, most):
            yield rest[start : min(start + most, usable)]
        rest = rest[usable:]
