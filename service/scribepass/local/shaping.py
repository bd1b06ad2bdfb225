"""What a stream says of what its recognisers hear: the events of its operation, as its parameters ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from scribepass.transcribe import (
    Category,
    Configuration,
    Event,
    Operation,
    Result,
    StreamParams,
    Transcript,
    Utterance,
    UtteranceItem,
)

from .recognisers import Spoken

__all__ = ["Shape"]


class Shape:
    """Makes the events of one stream. Pure."""

    def __init__(self, operation: Operation, params: StreamParams) -> None:
        self._operation = operation
        self._params = params
        self._configuration: Configuration | None = None

    @property
    def channels(self) -> int:
        """How many channels the audio has."""
        if self._operation is Operation.CALL_ANALYTICS:
            return 1 if self._configuration is None else 2
        return getattr(self._params, "number_of_channels", None) or 1

    def configure(self, configuration: Configuration) -> None:
        """Take the first event of a call."""
        self._configuration = configuration

    def events(self, channel: int, said: Result | Spoken | Category) -> Iterator[Event]:
        """The events for what the recogniser of ``channel`` has said."""
        if isinstance(said, Category):
            if self._operation is Operation.CALL_ANALYTICS:
                yield said
            return
        spoken = said if isinstance(said, Spoken) else Spoken(result=said)
        if self._operation is Operation.CALL_ANALYTICS:
            yield self._utterance(spoken, channel)
        elif self.channels > 1:
            yield Transcript(results=(replace(spoken.result, channel_id=f"ch_{channel}"),))
        else:
            yield Transcript(results=(spoken.result,))

    def _utterance(self, spoken: Spoken, channel: int) -> Utterance:
        result, best = spoken.result, spoken.result.alternatives[0]
        roles = dict((self._configuration or Configuration()).channel_definitions)
        return Utterance(
            utterance_id=result.result_id,
            is_partial=result.is_partial,
            participant_role=roles[channel],
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
