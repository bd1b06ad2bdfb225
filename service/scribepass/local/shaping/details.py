"""What was not asked for is left out, as AWS leaves it out."""

from __future__ import annotations

from dataclasses import replace

from scribepass.transcribe import Alternative, Entity, Item, Result

from .asked import Asked

__all__ = ["fitting"]


def fitting(result: Result, entities: tuple[Entity, ...], asked: Asked, *, channel: int) -> Result:
    """``result`` with the members that a stream with these parameters has; ``entities`` are those to tell."""
    partial = result.is_partial
    best = Alternative(
        transcript=result.alternatives[0].transcript,
        items=tuple(_item(each, asked, is_partial=partial) for each in result.alternatives[0].items),
        entities=() if partial else tuple(_entity(each, asked) for each in entities),
    )
    return replace(
        result,
        alternatives=(best,),
        channel_id=f"ch_{channel}" if asked.channels > 1 else None,
        language_code=result.language_code if asked.languages else None,
        language_identification=result.language_identification if asked.languages else (),
    )


def _item(item: Item, asked: Asked, *, is_partial: bool) -> Item:
    confidence = None if is_partial else item.confidence
    speaker = item.speaker if asked.speakers and not is_partial else None
    stable = None if asked.stable_age is None else item.stable
    if (item.confidence, item.speaker, item.stable) == (confidence, speaker, stable):
        return item  # most are as they should be, and copying them is most of the work
    return replace(item, confidence=confidence, speaker=speaker, stable=stable)


def _entity(entity: Entity, asked: Asked) -> Entity:
    """AWS's medical events have entities without a type."""
    return replace(entity, type=None) if asked.medical else entity
