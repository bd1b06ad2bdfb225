"""A result as an utterance of a call."""

from __future__ import annotations

from typing import Final

from scribepass.transcribe import (
    Entity,
    IssueDetected,
    Item,
    Result,
    Utterance,
    UtteranceEntity,
    UtteranceItem,
)

__all__ = ["ISSUE_LANGUAGES", "utterance"]

ISSUE_LANGUAGES: Final = frozenset({"en-AU", "en-GB", "en-US"})
"""AWS finds issues in calls in these languages only."""


def utterance(
    result: Result,
    *,
    role: str,
    language: str | None,
    sentiment: str | None = None,
    issues: tuple[IssueDetected, ...] = (),
) -> Utterance:
    """The utterance of ``result``, of which what was not asked for is left out already.

    Sentiment and issues belong to finals. ``language`` is that of the request; a result may say another.
    """
    transcript = result.alternatives[0].transcript if result.alternatives else ""
    items = result.alternatives[0].items if result.alternatives else ()
    entities = result.alternatives[0].entities if result.alternatives else ()
    spoken = result.language_code or language
    final = not result.is_partial
    return Utterance(
        utterance_id=result.result_id,
        is_partial=result.is_partial,
        participant_role=role,
        begin_offset_millis=_millis(result.start_time),
        end_offset_millis=_millis(result.end_time),
        transcript=transcript,
        items=tuple(_item(each) for each in items),
        entities=tuple(_entity(each) for each in entities),
        sentiment=sentiment if final else None,
        issues_detected=issues if final and spoken in {None, *ISSUE_LANGUAGES} else (),
        language_code=spoken,
        language_identification=result.language_identification,
    )


def _item(item: Item) -> UtteranceItem:
    return UtteranceItem(
        content=item.content,
        begin_offset_millis=_millis(item.start_time),
        end_offset_millis=_millis(item.end_time),
        type=item.type,
        confidence=item.confidence,
        vocabulary_filter_match=item.vocabulary_filter_match,
        stable=item.stable,
    )


def _entity(entity: Entity) -> UtteranceEntity:
    return UtteranceEntity(
        begin_offset_millis=_millis(entity.start_time),
        end_offset_millis=_millis(entity.end_time),
        category=entity.category,
        type=entity.type,
        content=entity.content,
        confidence=entity.confidence,
    )


def _millis(seconds: float) -> int:
    return round(seconds * 1000)
