"""The events of one stream, made from what its recognisers say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from scribepass.local.post_call import places, report
from scribepass.local.recognisers import Spoken
from scribepass.local.resources import Resources
from scribepass.local.vocabulary_filters import named_by
from scribepass.transcribe import (
    Alternative,
    Category,
    Configuration,
    Event,
    Operation,
    Result,
    StreamParams,
    Transcript,
    Utterance,
)

from .asked import asked_by
from .call import Call
from .details import fitting
from .entities import chosen, labelled, redacted
from .passage import Passage, moved, passage_of, written
from .stability import Stability
from .utterances import utterance
from .vocabulary import filtered, words_of

__all__ = ["Shape"]


class Shape:
    """Makes the events of one stream. Pure: times are those of the audio."""

    def __init__(self, operation: Operation, params: StreamParams, resources: Resources) -> None:
        filters = resources.vocabulary_filters
        self._asked = asked_by(params, tuple(filters[each] for each in named_by(params) if each in filters))
        self._call = Call(params, resources.categories) if operation is Operation.CALL_ANALYTICS else None
        self._stability: dict[int, Stability] = {}

    @property
    def channels(self) -> int:
        """How many channels the audio has."""
        return self._asked.channels if self._call is None else self._call.channels

    @property
    def stabilised(self) -> bool:
        """Whether words that are stable must stay, so that an engine had better not think again."""
        return self._asked.stable_age is not None

    def configure(self, configuration: Configuration) -> None:
        """Take the first event of a call. :class:`~scribepass.local.refusals.Refused`."""
        if self._call is not None:
            self._call.configure(configuration)

    def events(self, channel: int, said: Result | Spoken | Category) -> Iterator[Event]:
        """The events for what the recogniser of ``channel`` has said."""
        if isinstance(said, Category):
            if self._call is not None:
                yield self._call.matched(said)
            return
        spoken = self._settled(channel, _single(said if isinstance(said, Spoken) else Spoken(result=said)))
        shown = self._shown(channel, spoken, redact=self._redaction)
        if self._call is None:
            yield Transcript(results=(shown.result,))
        else:
            unredacted = self._shown(channel, spoken, redact=False) if self._redaction else shown
            heard, overheard = (
                self._utterance(self._call.role(channel), each) for each in (shown, unredacted)
            )
            yield from self._call.said(heard, unredacted=overheard)

    def reports(self, *, name: str, account: str, seconds: float) -> Mapping[PurePosixPath, dict[str, Any]]:
        """What shall be stored of a call that is over, by bucket and key. ``name`` is the call's."""
        if self._call is None or self._call.post_call is None:
            return {}
        return {
            place: report(self._call.talk(redacted=hidden), name=name, account=account, seconds=seconds)
            for place, hidden in places(self._call.post_call, name=name, redaction=self._redaction)
        }

    @property
    def _redaction(self) -> bool:
        return self._asked.entities is not None and self._asked.entities.redacted

    def _settled(self, channel: int, spoken: Spoken) -> Spoken:
        """``spoken`` with the words that were called stable before."""
        result, age = spoken.result, self._asked.stable_age
        if age is None:
            return spoken
        before, heard = passage_of(result.alternatives[0]), result.end_time
        stability = self._stability.setdefault(channel, Stability(age))
        after = stability.settled(result.result_id, before, is_partial=result.is_partial, heard=heard)
        edited = _edited(spoken, before, after)
        ends = (word.item.end_time for word in after)
        return replace(edited, result=replace(edited.result, end_time=max([heard, *ends])))

    def _shown(self, channel: int, spoken: Spoken, *, redact: bool) -> Spoken:
        asked, best = self._asked, spoken.result.alternatives[0]
        entities = chosen(best.entities, asked.entities)
        words = words_of(asked.filters, language=spoken.result.language_code or asked.language)
        if words or (redact and entities):
            before = passage_of(best)
            after = redacted(before, entities) if redact else before
            after = filtered(after, words, asked.method) if words else after
            spoken = _edited(spoken, before, after)
        told = labelled(entities) if redact else entities
        return replace(spoken, result=fitting(spoken.result, told, asked, channel=channel))

    def _utterance(self, role: str, spoken: Spoken) -> Utterance:
        return utterance(
            spoken.result,
            role=role,
            language=self._asked.language,
            sentiment=spoken.sentiment,
            issues=spoken.issues,
        )


def _single(spoken: Spoken) -> Spoken:
    """``spoken`` with one alternative, which is what AWS sends."""
    best = next(iter(spoken.result.alternatives), Alternative(transcript=""))
    return replace(spoken, result=replace(spoken.result, alternatives=(best,)))


def _edited(spoken: Spoken, before: Passage, after: Passage) -> Spoken:
    best = written(spoken.result.alternatives[0], after)
    issues = moved(spoken.issues, before=before, after=after)
    return replace(spoken, result=replace(spoken.result, alternatives=(best,)), issues=issues)
