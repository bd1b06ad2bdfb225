"""What a result says that was not said before; the same for results and for the utterances of calls."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from math import floor
from typing import Final, TypeVar

from .calls import CharacterOffsets, IssueDetected, TimestampRange, Utterance, UtteranceEntity, UtteranceItem
from .results import Alternative, Entity, Item, Result

Spoken = Result | Utterance
Timed = Item | Entity | Result | UtteranceItem | UtteranceEntity | Utterance | TimestampRange
Span = TypeVar("Span", Item, Entity, Result, UtteranceItem, UtteranceEntity, Utterance, TimestampRange)
Text = TypeVar("Text", Alternative, Utterance)

_SLACK: Final = 0.01
"""s by which two streams may differ about where the same word ends."""


def key_of(spoken: Spoken) -> str:
    """What a later result replaces it by."""
    return spoken.result_id if isinstance(spoken, Result) else spoken.utterance_id


def channel_of(spoken: Spoken) -> str | None:
    """Where it was said; in a call each channel is one participant's."""
    return spoken.channel_id if isinstance(spoken, Result) else spoken.participant_role


def span_of(part: Timed) -> tuple[float, float]:
    """From and to, in s; the parts of a call have milliseconds."""
    if isinstance(part, Item | Entity | Result):
        return part.start_time, part.end_time
    return part.begin_offset_millis / 1000, part.end_offset_millis / 1000


def spanning(part: Span, start: float, end: float) -> Span:
    """The same with other times, in s."""
    if isinstance(part, Item | Entity | Result):
        return replace(part, start_time=start, end_time=end)
    begin, until = floor(start * 1000 + 0.5), floor(end * 1000 + 0.5)
    return replace(part, begin_offset_millis=begin, end_offset_millis=until)


def withdrawn(spoken: Spoken) -> Spoken:
    """The same without what it says."""
    if isinstance(spoken, Result):
        return replace(spoken, alternatives=())
    return replace(spoken, transcript="", items=(), entities=(), issues_detected=())


def news_of(spoken: Spoken, said: float) -> Spoken | None:
    """The result without what was said until ``said`` (s); None: nothing is left."""
    start, end = span_of(spoken)
    if end <= said + _SLACK:
        return None
    if start >= said:
        return spoken
    if isinstance(spoken, Utterance):
        return _news_of_call(spoken, said)
    if not spoken.alternatives:
        return None
    best = _rest(spoken.alternatives[0], said)
    if best is None:
        return None
    if best is spoken.alternatives[0]:
        return spoken
    return replace(spoken, start_time=best.items[0].start_time, alternatives=(best,))


def _news_of_call(spoken: Utterance, said: float) -> Utterance | None:
    rest = _rest(spoken, said)
    if rest is None or rest is spoken:
        return rest
    cut = len(spoken.transcript) - len(rest.transcript)
    offsets = (issue.character_offsets for issue in spoken.issues_detected)
    issues = tuple(
        IssueDetected(character_offsets=CharacterOffsets(begin=max(0, each.begin - cut), end=each.end - cut))
        for each in offsets
        if each.end > cut
    )
    return replace(rest, begin_offset_millis=rest.items[0].begin_offset_millis, issues_detected=issues)


def _rest(text: Text, said: float) -> Text | None:
    """A text from its first word after ``said``; None: it has none.

    Where the items do not tell the text, all of it: no word may be lost.
    """
    seen = 0
    for index, item in enumerate(text.items):
        at = text.transcript.find(item.content, seen)
        if at < 0 or _has_word(text.transcript[seen:at]):
            return text
        if item.type != "punctuation" and sum(span_of(item)) > 2 * said:
            if not index:
                return text
            entities = tuple(each for each in text.entities if sum(span_of(each)) > 2 * said)
            return replace(text, transcript=text.transcript[at:], items=text.items[index:], entities=entities)
        seen = at + len(item.content)
    return None if text.items and not _has_word(text.transcript[seen:]) else text


def _has_word(text: str) -> bool:
    return any(unicodedata.category(letter)[0] in "LN" for letter in text)
