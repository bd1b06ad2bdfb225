"""A recogniser that says what it was told to: fixed text for tests, timed by the audio and nothing else.

A script is a list of lines. In TOML::

    [[lines]]
    text = "go forward ten meters"
    start = 0.5            # seconds of audio; default: 0.5 s after the line before, the first at 0
    end = 2.1              # default: 0.3 s for each word
    confidence = 0.97      # default: 0.99

JSON is the same, ``{"lines": [{"text": "…"}, …]}`` or a plain list, in which a string is a line of its own.
"""

from __future__ import annotations

import json
import tomllib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scribepass.transcribe import Alternative, Item, Result

from . import Options

__all__ = ["Line", "Recital", "Scripted", "engine", "told"]

WORD_SECONDS = 0.3
PAUSE_SECONDS = 0.5
_MEMBERS: Mapping[str, type | tuple[type, ...]] = {
    "text": str,
    "start": (int, float),
    "end": (int, float),
    "confidence": (int, float),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One segment: its words are spread evenly from ``start`` to ``end``, in seconds of audio."""

    text: str
    start: float
    end: float
    confidence: float = 0.99

    def items(self) -> tuple[Item, ...]:
        """The words with their times."""
        words = self.text.split()
        step = (self.end - self.start) / len(words)
        return tuple(
            Item(
                content=word,
                start_time=round(self.start + number * step, 3),
                end_time=round(self.start + (number + 1) * step, 3),
                confidence=self.confidence,
            )
            for number, word in enumerate(words)
        )


class Scripted:
    """The engine. ``lines`` are strings, mappings as in a script file, or :class:`Line` values."""

    name = "scripted"
    languages: tuple[str, ...] = ()
    preload: str | None = None

    def __init__(self, lines: Sequence[str | Line | Mapping[str, Any]]) -> None:
        self.lines = tuple(_timed(lines))

    def open(self, options: Options) -> Recital:
        """Start the script from its first line."""
        lines = () if options.channel else self.lines  # a second channel is silent
        return Recital(lines, sample_rate=options.sample_rate)


def engine(argument: Path | None = None) -> Scripted:
    """Read a script from a ``.toml`` or JSON file. ``ValueError`` or ``OSError`` when it cannot be."""
    if argument is None:
        raise ValueError("scripted needs a file: scripted:FILE")
    text = argument.read_text(encoding="utf-8")
    script = tomllib.loads(text) if argument.suffix == ".toml" else json.loads(text)
    return told(script, where=str(argument))


def told(script: object, *, where: str = "the script") -> Scripted:
    """The engine of a script that was read already. ``ValueError`` where it is none."""
    if isinstance(script, dict):
        if script.keys() != {"lines"}:
            raise ValueError(f"{where} may have 'lines' and nothing else")
        script = script["lines"]
    if not isinstance(script, list):
        raise ValueError(f"{where} holds no list of lines")  # noqa: TRY004 - a fault of the file
    return Scripted(script)


class Recital:
    """A recogniser: each word appears when its audio has been heard, a final when its line is over."""

    def __init__(self, lines: Sequence[Line], *, sample_rate: int) -> None:
        self._bytes_per_second = sample_rate * 2
        self._bytes = 0
        self._cues = _cues(lines)
        self._next = next(self._cues, None)

    def feed(self, pcm: bytes) -> list[Result]:
        """Return what is said by the end of this audio."""
        self._bytes += len(pcm)
        return self._until(self._bytes / self._bytes_per_second)

    def finish(self) -> list[Result]:
        """Return the rest of a line that has begun. Lines that have not begun are never said."""
        results = []
        while self._next is not None and self._bytes > self._next.line_start * self._bytes_per_second:
            results.append(self._next.result)
            self._next = next(self._cues, None)
        self._next = None
        return [result for result in results if not result.is_partial]

    def close(self) -> None:
        """Say nothing more."""
        self._next = None

    def _until(self, now: float) -> list[Result]:
        results = []
        while self._next is not None and self._next.at <= now:
            results.append(self._next.result)
            self._next = next(self._cues, None)
        return results


@dataclass(frozen=True, slots=True)
class _Cue:
    at: float
    line_start: float
    result: Result


def _cues(lines: Sequence[Line]) -> Iterator[_Cue]:
    for line in lines:
        items, result_id = line.items(), str(uuid.uuid4())
        for count in range(1, len(items) + 1):
            said = tuple(_unsure(item) for item in items[:count])
            partial = _result(result_id, said, is_partial=True)
            yield _Cue(partial.end_time, line.start, partial)
        yield _Cue(items[-1].end_time, line.start, _result(result_id, items, is_partial=False))


def _unsure(item: Item) -> Item:
    return Item(content=item.content, start_time=item.start_time, end_time=item.end_time)


def _result(result_id: str, items: tuple[Item, ...], *, is_partial: bool) -> Result:
    transcript = " ".join(item.content for item in items)
    return Result(
        result_id=result_id,
        start_time=items[0].start_time,
        end_time=items[-1].end_time,
        is_partial=is_partial,
        alternatives=(Alternative(transcript=transcript, items=items),),
    )


def _timed(lines: Sequence[str | Line | Mapping[str, Any]]) -> Iterator[Line]:
    ended, start = 0.0, 0.0
    for number, given in enumerate(lines, start=1):
        line = given if isinstance(given, Line) else _line(given, number=number, start=start)
        if not line.text.split() or not ended <= line.start < line.end:
            raise ValueError(f"line {number} has no text, or does not come after the line before it")
        ended, start = line.end, line.end + PAUSE_SECONDS
        yield line


def _line(given: object, *, number: int, start: float) -> Line:
    members = {"text": given} if isinstance(given, str) else given
    if not isinstance(members, Mapping):
        raise ValueError(f"line {number} is neither text nor a table")  # noqa: TRY004 - a fault of the file
    for name, value in members.items():
        if name not in _MEMBERS or not isinstance(value, _MEMBERS[name]):
            raise ValueError(f"line {number}: {name!r} is not a member of a line, or is of the wrong type")
    text = members.get("text", "")
    start = float(members.get("start", start))
    end = float(members.get("end", start + WORD_SECONDS * len(text.split())))
    return Line(text=text, start=start, end=end, confidence=float(members.get("confidence", 0.99)))
