"""Results as Call Analytics words them: utterances, in milliseconds, by a participant."""

from __future__ import annotations

from scribepass.transcribe import Configuration, Result, Utterance, UtteranceItem

__all__ = ["utterance"]


def utterance(result: Result, configuration: Configuration | None) -> Utterance:
    """Say ``result`` as an utterance of channel 0's participant: both channels are heard as one for now."""
    roles = dict((configuration or Configuration()).channel_definitions)
    best = result.alternatives[0]
    return Utterance(
        utterance_id=result.result_id,
        is_partial=result.is_partial,
        participant_role=roles[0],
        begin_offset_millis=_millis(result.start_time),
        end_offset_millis=_millis(result.end_time),
        transcript=best.transcript,
        items=tuple(
            UtteranceItem(
                content=item.content,
                begin_offset_millis=_millis(item.start_time),
                end_offset_millis=_millis(item.end_time),
                type=item.type,
                confidence=item.confidence,
            )
            for item in best.items
        ),
    )


def _millis(seconds: float) -> int:
    return round(seconds * 1000)
