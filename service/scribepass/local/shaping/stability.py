"""Partial-result stabilisation: words of a certain age change no more.

An item of a partial is stable when it ended ``age`` seconds of audio before the end of what the partial has
heard, or when the recogniser says so, and everything before it is stable too. From then on its content stays:
where the recogniser thinks again, also in its final, the stable words are kept and the rest follows them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from scribepass.transcribe import Item

from .passage import Passage, Word, middle, usual_gap

__all__ = ["Stability"]


class Stability:
    """Remembers, for the open segments of one channel, what was said to be stable."""

    def __init__(self, age: float) -> None:
        self._age = age
        self._kept: dict[str, Passage] = {}

    def settled(self, result_id: str, passage: Passage, *, is_partial: bool, heard: float) -> Passage:
        """``passage`` with its stable words kept and marked. Everything of a final is stable.

        ``heard`` is the newest audio of the segment, in seconds of the stream.
        """
        kept = self._kept.pop(result_id, ())
        passage = _continued(kept, passage)
        number = len(passage) if not is_partial else max(len(kept), self._old(passage, heard=heard))
        settled = tuple(
            Word(word.gap, replace(word.item, stable=place < number)) for place, word in enumerate(passage)
        )
        if is_partial and number:
            self._kept[result_id] = settled[:number]
        return settled

    def _old(self, passage: Passage, *, heard: float) -> int:
        """How many items from the first are old enough."""
        newest = round(heard - self._age, 6)  # 0.9 - 0.3 is a little more than 0.6
        for place, word in enumerate(passage):
            if word.item.end_time > newest and not word.item.stable:
                return place
        return len(passage)


def _continued(kept: Passage, passage: Passage) -> Passage:
    if _contents(passage[: len(kept)]) == _contents(kept):
        return passage
    head = tuple(Word(word.gap, _renewed(word.item, passage)) for word in kept)
    return (*head, *_after(kept[-1].item, passage))


def _renewed(item: Item, passage: Passage) -> Item:
    """What the recogniser now says of a kept item, such as its confidence, where it still hears it."""
    for word in passage:
        new = word.item
        if new.content == item.content and new.start_time < item.end_time and item.start_time < new.end_time:
            return new
    return item


def _after(last: Item, passage: Passage) -> Iterator[Word]:
    for place, word in enumerate(passage):
        if middle(word.item) > last.end_time:
            yield word if place else Word(usual_gap(word.item), word.item)


def _contents(passage: Passage) -> list[str]:
    return [word.item.content for word in passage]
