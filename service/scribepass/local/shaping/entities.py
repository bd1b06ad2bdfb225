"""Personal and health data: which of it is told, and its words replaced by what they are.

AWS tells entities, and redacts them, when a segment is complete: a partial shows what its final redacts,
unless the recogniser knew better. A word that was stable in a partial is redacted in the final all the same.
"""

from __future__ import annotations

from dataclasses import replace

from scribepass.transcribe import Entity

from .asked import Entities
from .passage import Passage, Word, middle

__all__ = ["chosen", "labelled", "redacted"]


def chosen(entities: tuple[Entity, ...], asked: Entities | None) -> tuple[Entity, ...]:
    """Those that were asked for."""
    if asked is None:
        return ()
    return tuple(
        replace(entity, category=asked.category)
        for entity in entities
        if entity.category in {None, asked.category}
        and (not asked.types or entity.type is None or entity.type in asked.types)
    )


def labelled(entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """The same, each with what stands for it, such as ``[NAME]``, in the place of its content."""
    return tuple(replace(each, content=_label(each)) for each in entities)


def redacted(passage: Passage, entities: tuple[Entity, ...]) -> Passage:
    """``passage`` with one item for all the words of each entity: its label, over the time of the words."""
    for entity in entities:
        passage = _redacted(passage, entity)
    return passage


def _redacted(passage: Passage, entity: Entity) -> Passage:
    places = [place for place, word in enumerate(passage) if _is_of(word, entity)]
    if not places:
        return passage
    first, last = passage[places[0]], passage[places[-1]]
    item = replace(first.item, content=_label(entity), end_time=last.item.end_time, type="pronunciation")
    return (*passage[: places[0]], Word(first.gap, item), *passage[places[-1] + 1 :])


def _is_of(word: Word, entity: Entity) -> bool:
    at = middle(word.item)
    return entity.start_time < at < entity.end_time


def _label(entity: Entity) -> str:
    return f"[{entity.type or entity.category}]"
