"""A script, said in time with the audio."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain, count, takewhile

from scribepass.local.recognisers import Said, Spoken
from scribepass.transcribe import Alternative, CharacterOffsets, Entity, IssueDetected, Item, Result
from scribepass.transcribe.catalogue import BYTES_PER_SAMPLE

from .script import Line, Script
from .wording import Wording, items_of, plain, spread, unsure

__all__ = ["Recital"]


@dataclass(frozen=True, slots=True, order=True)
class _Cue:
    """Something to be said when so much audio was heard.

    Once ``begun`` was heard, the end of the audio does not keep it back if it ``is_last`` of its line.
    """

    at: float
    begun: float
    said: Said = field(compare=False)
    is_last: bool = field(compare=False, default=True)


class Recital:
    """A recogniser: things are said when their audio has been heard, ``delay`` later where there is one."""

    def __init__(self, script: Script, *, sample_rate: int, channel: int | None = None) -> None:
        self._bytes_per_second = sample_rate * BYTES_PER_SAMPLE
        self._bytes = 0
        self._delay = script.delay
        self._longest = max((line.end - line.start for line in script.lines), default=0.0)
        self._cues = _cues(script, channel)
        self._next = next(self._cues, None)

    def feed(self, pcm: bytes) -> list[Said]:
        """Return what is said by the end of this audio."""
        self._bytes += len(pcm)
        return [cue.said for cue in self._while(lambda cue: cue.at + self._delay <= self._heard)]

    def finish(self) -> list[Said]:
        """Return the last of what has begun. Lines that have not begun are never said."""
        rest = list(self._while(lambda cue: cue.at <= self._heard + self._longest))
        self._next = None
        return [cue.said for cue in rest if cue.is_last and cue.begun < self._heard]

    def close(self) -> None:
        """Say nothing more."""
        self._next = None

    @property
    def _heard(self) -> float:
        return self._bytes / self._bytes_per_second

    def _while(self, due: Callable[[_Cue], bool]) -> Iterator[_Cue]:
        while self._next is not None and due(self._next):
            yield self._next
            self._next = next(self._cues, None)


def _cues(script: Script, channel: int | None) -> Iterator[_Cue]:
    """What one channel says, in the order of time; the second says lines and nothing else."""
    faults = [] if channel else [_Cue(each.at, each.at, each.fault) for each in script.faults]
    rounds = (_round(script, channel, number * script.period) for number in count())
    spoken = chain.from_iterable(takewhile(bool, rounds)) if script.repeat else _round(script, channel, 0.0)
    return merge(spoken, sorted(faults))


def _round(script: Script, channel: int | None, offset: float) -> list[_Cue]:
    """The cues of the whole script, begun at ``offset``."""
    cues = [cue for line in script.heard_on(channel) for cue in _line_cues(line.shifted(offset))]
    matches = [] if channel else [each.shifted(offset) for each in script.categories]
    return sorted([*cues, *(_Cue(each.at, each.at, each.category) for each in matches)])


def _line_cues(line: Line) -> Iterator[_Cue]:
    wording, result_id = Wording.of(line), str(uuid.uuid4())
    for text, items in _partials(line, wording):
        at = items[-1].end_time
        partial = _result(line, result_id, end=at, said=Alternative(transcript=text, items=items))
        yield _Cue(at, line.start, partial, is_last=False)
    yield _Cue(line.end, line.start, _final(line, wording, result_id))


def _partials(line: Line, wording: Wording) -> Iterator[tuple[str, tuple[Item, ...]]]:
    if line.partials is None:
        yield from wording.growing()
        return
    step = (line.end - line.start) / (len(line.partials) + 1)
    for number, text in enumerate(map(plain, line.partials), start=1):
        yield text, unsure(spread(items_of(text), line.start, round(line.start + number * step, 3)))


def _final(line: Line, wording: Wording, result_id: str) -> Result | Spoken:
    entities: tuple[Entity, ...] = tuple(wording.entity(each) for each in line.entities)
    said = Alternative(transcript=wording.text, items=wording.items, entities=entities)
    result = _result(line, result_id, end=line.end, said=said, is_partial=False)
    if line.sentiment is None and not line.issues:
        return result
    spans = (wording.span(each) for each in line.issues)
    issues = tuple(
        IssueDetected(character_offsets=CharacterOffsets(begin=begin, end=end)) for begin, end in spans
    )
    return Spoken(result=result, sentiment=line.sentiment, issues=issues)


def _result(line: Line, result_id: str, *, end: float, said: Alternative, is_partial: bool = True) -> Result:
    return Result(
        result_id=result_id,
        start_time=line.start,
        end_time=end,
        is_partial=is_partial,
        alternatives=(said,),
        language_code=line.language,
        language_identification=line.languages,
    )
