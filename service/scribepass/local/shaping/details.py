"""What was not asked for is left out, as AWS leaves it out."""

from __future__ import annotations

from dataclasses import replace

from scribepass.transcribe import Alternative, Entity, Item, Result

from .asked import Asked

__all__ = ["fitting"]


def fitting(result: Result, asked: Asked, *, channel: int) -> Result:
    """``result`` with the members that a stream with these parameters has."""
    return replace(
        result,
        alternatives=tuple(
            _alternative(each, asked, is_partial=result.is_partial) for each in result.alternatives
        ),
        channel_id=f"ch_{channel}" if asked.channels > 1 else None,
        language_code=result.language_code if asked.languages else None,
        language_identification=result.language_identification if asked.languages else (),
    )


def _alternative(alternative: Alternative, asked: Asked, *, is_partial: bool) -> Alternative:
    return replace(
        alternative,
        items=tuple(_item(each, asked, is_partial=is_partial) for each in alternative.items),
        entities=() if is_partial else tuple(_entity(each, asked) for each in alternative.entities),
    )


def _item(item: Item, asked: Asked, *, is_partial: bool) -> Item:
    return replace(
        item,
        confidence=None if is_partial else item.confidence,
        speaker=item.speaker if asked.speakers and not is_partial else None,
        stable=None if asked.stable_age is None else item.stable,
    )


def _entity(entity: Entity, asked: Asked) -> Entity:
    """AWS's medical events have entities without a type."""
    return replace(entity, type=None) if asked.medical else entity
