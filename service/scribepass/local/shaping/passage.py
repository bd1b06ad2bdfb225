"""A transcript as its items, each with the text before it, so that items can be edited and read again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from scribepass.transcribe import Alternative, CharacterOffsets, IssueDetected, Item

__all__ = ["Passage", "Word", "middle", "moved", "passage_of", "text_of", "usual_gap", "written"]


@dataclass(frozen=True, slots=True)
class Word:
    """An item, which may be punctuation, and what stands between it and the item before."""

    gap: str
    item: Item


Passage = tuple[Word, ...]


def passage_of(alternative: Alternative) -> Passage:
    """The items of an alternative, with the gaps that its transcript has.

    Where the transcript does not hold the items in their order, gaps are the usual ones.
    """
    words, at, transcript = [], 0, alternative.transcript
    for item in alternative.items:
        found = transcript.find(item.content, at)
        if found < 0:
            return tuple(
                Word(usual_gap(item) if number else "", item) for number, item in enumerate(alternative.items)
            )
        words.append(Word(transcript[at:found], item))
        at = found + len(item.content)
    return tuple(words)


def usual_gap(item: Item) -> str:
    """A space before a word, nothing before punctuation."""
    return "" if item.type == "punctuation" else " "


def text_of(passage: Passage) -> str:
    """The transcript of a passage."""
    return "".join(f"{word.gap}{word.item.content}" for word in passage).strip()


def written(alternative: Alternative, passage: Passage) -> Alternative:
    """``alternative`` with the items of ``passage``, and with its text where that is another."""
    before, after = text_of(passage_of(alternative)), text_of(passage)
    transcript = alternative.transcript if before == after else after
    return replace(alternative, transcript=transcript, items=tuple(word.item for word in passage))


def middle(item: Item) -> float:
    """The middle of an item, in seconds. Neighbours overlap at their ends; middles keep their order."""
    return (item.start_time + item.end_time) / 2


def moved(issues: tuple[IssueDetected, ...], *, before: Passage, after: Passage) -> tuple[IssueDetected, ...]:
    """The issues of ``before`` where they stand in ``after``; one of which nothing is left is gone.

    Time leads from one to the other, so an issue of a rewritten passage begins and ends with a word.
    """
    if text_of(before) == text_of(after):
        return issues
    return tuple(issue for each in issues for issue in _moved(each.character_offsets, before, after))


def _moved(offsets: CharacterOffsets, before: Passage, after: Passage) -> Iterator[IssueDetected]:
    held = [item for begin, end, item in _spans(before) if begin < offsets.end and offsets.begin < end]
    if not held:
        return
    start, end = held[0].start_time, held[-1].end_time
    closed = held[-1].type == "punctuation"
    spans = [
        (first, last)
        for first, last, item in _spans(after)
        if start <= middle(item) < end or (closed and item.type == "punctuation" and middle(item) == end)
    ]
    if spans:
        yield IssueDetected(character_offsets=CharacterOffsets(begin=spans[0][0], end=spans[-1][1]))


def _spans(passage: Passage) -> Iterator[tuple[int, int, Item]]:
    """Each item with the places of its first character and of the one after its last."""
    at = 0
    for number, word in enumerate(passage):
        at += len(word.gap) if number else len(word.gap.lstrip())
        yield at, at + len(word.item.content), word.item
        at += len(word.item.content)
