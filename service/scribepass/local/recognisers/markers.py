"""A recogniser of numbers that were put into audio as tones, to find out whether audio was lost or doubled.

What such audio is, :mod:`~scribepass.local.recognisers.tones` says. Each number is a word.
"""

from __future__ import annotations

import uuid

from scribepass.transcribe import Alternative, Item, Result

from . import Isolation, Options
from .tones import Finder, Marker

__all__ = ["Hearing", "Markers", "engine"]

CONFIDENCE = 0.99


class Markers:
    """The engine: a final result after every ``segment`` numbers."""

    name = "markers"
    languages: tuple[str, ...] = ()
    isolation: Isolation = "inline"
    preload: str | None = None

    def __init__(self, segment: int = 5) -> None:
        if segment < 1:
            raise ValueError("a segment has one number or more")
        self.segment = segment

    def open(self, options: Options) -> Hearing:
        """Start hearing."""
        return Hearing(Finder(options.sample_rate), segment=self.segment)


def engine(argument: str | None = None) -> Markers:
    """Return the engine; ``argument``: how many numbers a segment has (``ValueError`` if it is no number)."""
    if argument is None:
        return Markers()
    if not argument.isdecimal():
        raise ValueError("markers takes how many numbers make a segment: markers:5")
    return Markers(int(argument))


class Hearing:
    """A recogniser: a partial for each number, a final where a segment is full or the audio ends."""

    def __init__(self, finder: Finder, *, segment: int) -> None:
        self._finder = finder
        self._segment = segment
        self._markers: list[Marker] = []
        self._result_id = ""

    def feed(self, pcm: bytes) -> list[Result]:
        """Return a result for each number that was completed, and the finals."""
        return [result for marker in self._finder.feed(pcm) for result in self._hear(marker)]

    def finish(self) -> list[Result]:
        """Close the open segment."""
        results = [result for marker in self._finder.finish() for result in self._hear(marker)]
        return [*results, *(self._final() if self._markers else [])]

    def close(self) -> None:
        """Nothing is held that would have to be given up."""

    def _hear(self, marker: Marker) -> list[Result]:
        if not self._markers:
            self._result_id = str(uuid.uuid4())
        self._markers.append(marker)
        partial = [self._result(confidence=None)]
        return partial if len(self._markers) < self._segment else [*partial, *self._final()]

    def _final(self) -> list[Result]:
        final = self._result(confidence=CONFIDENCE)
        self._markers = []
        return [final]

    def _result(self, *, confidence: float | None) -> Result:
        items = tuple(
            Item(content=str(each.number), start_time=each.start, end_time=each.end, confidence=confidence)
            for each in self._markers
        )
        transcript = " ".join(item.content for item in items)
        return Result(
            result_id=self._result_id,
            start_time=items[0].start_time,
            end_time=items[-1].end_time,
            is_partial=confidence is None,
            alternatives=(Alternative(transcript=transcript, items=items),),
        )
