"""From the first sample to the last word, with Ctrl-C in between."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import replace

from scribepass.cli.asked import Asked
from scribepass.cli.notices import sentence
from scribepass.cli.results import Results
from scribepass.cli.screen import Screen
from scribepass.client import AudioSource, TicketSource, Timing, paced, transcribe, until

__all__ = ["listen"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)
FAST = 1000.0
"""Times as fast as it was spoken: whatever is taken."""

ABORTED = 2
"""So many signals, and nothing is waited for any more."""


async def listen(
    source: AudioSource, *, asked: Asked, tickets: TicketSource, params: Mapping[str, str]
) -> int:
    """Transcribe ``source`` and print. Raises as ``transcribe`` does.

    Returns how often it was interrupted: once, and the audio ended there; twice, and so did the waiting.
    """
    interruptions = Interruptions()
    with Screen(seconds=source.seconds, listening=asked.mic, partials=asked.partials) as screen:
        results = Results(asked.output, screen=screen)
        try:
            with interruptions.heeded():
                chunks = until(interruptions.first, _counted(_at_pace(source, asked.pace), source, screen))
                events = transcribe(
                    chunks,
                    tickets=tickets,
                    params={**params, **source.format.parameters()},
                    live=asked.mic,
                    on_notice=lambda notice: screen.note(sentence(notice)),
                    timing=_timing(asked),
                )
                async with contextlib.aclosing(events):
                    async for event in events:
                        results.take(event)
        except asyncio.CancelledError:
            if interruptions.count < ABORTED:
                raise
        finally:
            results.finish()
    return interruptions.count


def _timing(asked: Asked) -> Timing:
    usual = Timing(drain=asked.drain, patience=asked.patience)
    return replace(usual, speed=FAST) if asked.pace == "fast" else usual


def _at_pace(source: AudioSource, pace: str) -> AsyncGenerator[bytes, None]:
    rate = source.bytes_per_second
    return (
        source.chunks() if pace == "fast" or rate is None else paced(source.chunks(), bytes_per_second=rate)
    )


async def _counted(
    chunks: AsyncGenerator[bytes, None], source: AudioSource, screen: Screen
) -> AsyncGenerator[bytes, None]:
    sent = 0
    async with contextlib.aclosing(chunks):
        async for chunk in chunks:
            yield chunk
            sent += len(chunk)
            if source.bytes_per_second:
                screen.advance(sent / source.bytes_per_second)


class Interruptions:
    """SIGINT and SIGTERM. The first is an event to wait for, the second cancels the task in the block."""

    def __init__(self) -> None:
        self.first = asyncio.Event()
        self.count = 0

    @contextlib.contextmanager
    def heeded(self) -> Iterator[None]:
        """Heed signals until the end of the block, and then those who did before."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def received() -> None:
            self.count += 1
            self.first.set()
            if self.count >= ABORTED and task is not None:
                task.cancel()

        before = {
            each: signal.signal(each, lambda *_: loop.call_soon_threadsafe(received)) for each in SIGNALS
        }
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
