"""Text and its items: words with their times, the marks behind them, and where in the text they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from scribepass.transcribe import Entity, Item

from .script import Line, Mention

__all__ = [
    "MARKS",
    "PUNCTUATION",
    "Wording",
    "items_in",
    "items_of",
    "joined",
    "plain",
    "spread",
    "unsure",
    "words_of",
]

MARKS = ".,?!;:…。、，？！؟،।"
PUNCTUATION = "punctuation"


def plain(text: str) -> str:
    """``text`` with single spaces between its words."""
    return " ".join(text.split())


def items_of(text: str) -> tuple[Item, ...]:
    """The words of ``text`` and the marks behind them, all at 0."""
    items = []
    for chunk in text.split():
        spoken = chunk.rstrip(MARKS)
        if spoken:
            items.append(Item(content=spoken, start_time=0.0, end_time=0.0))
        marks = chunk[len(spoken) :]
        items += [Item(content=mark, start_time=0.0, end_time=0.0, type=PUNCTUATION) for mark in marks]
    return tuple(items)


def words_of(items: Iterable[Item]) -> int:
    """How many of the items are words."""
    return sum(item.type != PUNCTUATION for item in items)


def spread(items: Sequence[Item], start: float, end: float) -> tuple[Item, ...]:
    """The items with new times: words evenly from ``start`` to ``end``, marks where their words end."""
    step = (end - start) / max(1, words_of(items))
    edges = [
        round(start + words * step, 3) for words in accumulate(each.type != PUNCTUATION for each in items)
    ]
    begins = [start, *edges]
    return tuple(
        replace(item, start_time=edge if item.type == PUNCTUATION else begun, end_time=edge)
        for item, begun, edge in zip(items, begins, edges, strict=False)
    )


def joined(items: Sequence[Item]) -> str:
    """The text that items make: a space before each word."""
    parts = (item.content if item.type == PUNCTUATION else f" {item.content}" for item in items)
    return "".join(parts).strip()


def items_in(line: Line) -> tuple[Item, ...]:
    """The items of ``line``, made of its text where it has none."""
    return line.items or spread(items_of(line.text), line.start, line.end)


@dataclass(frozen=True, slots=True)
class Wording:
    """What a line says in the end. Made by :meth:`of`."""

    text: str
    items: tuple[Item, ...]
    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, line: Line) -> Wording:
        """The wording of ``line``. ``ValueError`` for items that are not in its text, one after the other."""
        text = plain(line.text)
        items = items_in(line)
        return cls(text, tuple(_sure(items, line)), tuple(_spans(text, items)))

    def growing(self) -> Iterator[tuple[str, tuple[Item, ...]]]:
        """The text and the items up to each word, without what comes with finished results only."""
        for number, item in enumerate(self.items, start=1):
            if item.type != PUNCTUATION:
                yield self.text[: self.spans[number - 1][1]], unsure(self.items[:number])

    def span(self, content: str) -> tuple[int, int]:
        """Where ``content`` stands in the text. ``ValueError`` where it does not."""
        begin = self.text.find(plain(content))
        if begin < 0:
            raise ValueError(f"{content!r} is not in the text")
        return begin, begin + len(plain(content))

    def said(self, content: str) -> tuple[Item, ...]:
        """The items that say ``content``. ``ValueError`` where none does."""
        begin, end = self.span(content)
        at = zip(self.items, self.spans, strict=True)
        if not (items := tuple(item for item, span in at if span[0] < end and begin < span[1])):
            raise ValueError(f"{content!r} is not in the items")
        return items

    def entity(self, mention: Mention) -> Entity:
        """A mention with its times. ``ValueError`` as :meth:`said`."""
        items = self.said(mention.content)
        return Entity(
            start_time=items[0].start_time,
            end_time=items[-1].end_time,
            category=mention.category,
            type=mention.type,
            content=mention.content,
            confidence=mention.confidence,
        )


def unsure(items: Sequence[Item]) -> tuple[Item, ...]:
    """Items as partial results have them: AWS tells confidence and speaker at the end."""
    return tuple(replace(item, confidence=None, speaker=None) for item in items)


def _sure(items: Sequence[Item], line: Line) -> Iterator[Item]:
    given = line.confidence
    confidences = iter(given if isinstance(given, tuple) else [])
    for item in items:
        confidence = item.confidence
        if item.type != PUNCTUATION:
            ours = next(confidences, None) if isinstance(given, tuple) else given
            confidence = ours if confidence is None else confidence
        yield replace(item, confidence=confidence, speaker=item.speaker or line.speaker)


def _spans(text: str, items: Sequence[Item]) -> Iterator[tuple[int, int]]:
    end = 0
    for item in items:
        begin = text.find(item.content, end)
        if begin < 0:
            raise ValueError(f"the item {item.content!r} is not in the text, behind the item before it")
        end = begin + len(item.content)
        yield begin, end
