"""A call: who speaks on which channel, what they have said, and what shall become of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scribepass.local.categories import Rule
from scribepass.local.configuration import check
from scribepass.local.post_call import Talk
from scribepass.transcribe import (
    Category,
    Configuration,
    PostCallAnalyticsSettings,
    StreamParams,
    TimestampRange,
    Utterance,
)

from .matching import Matching

__all__ = ["Call"]


class Call:
    """The state of one Call Analytics stream. Its turns are kept where a report of the call is wanted."""

    def __init__(self, params: StreamParams, rules: Sequence[Rule]) -> None:
        self._params = params
        self._matching = Matching(rules)
        self._configuration: Configuration | None = None
        self._turns: list[Utterance] = []
        self._unredacted: list[Utterance] = []

    @property
    def channels(self) -> int:
        """Two, once a configuration has said who they are; else the audio is taken for one channel."""
        return 1 if self._configuration is None else 2

    @property
    def post_call(self) -> PostCallAnalyticsSettings | None:
        """What shall happen after the call."""
        return None if self._configuration is None else self._configuration.post_call

    def configure(self, configuration: Configuration) -> None:
        """Take the first event. :class:`~scribepass.local.refusals.Refused` for what AWS would not take."""
        check(configuration, self._params)
        self._configuration = configuration

    def role(self, channel: int) -> str:
        """Who speaks on a channel."""
        return dict((self._configuration or Configuration()).channel_definitions)[channel]

    def said(self, utterance: Utterance, *, unredacted: Utterance) -> Iterator[Utterance | Category]:
        """The events of an utterance: itself, and when it is final the categories that it matches."""
        yield utterance
        if utterance.is_partial:
            return
        if self.post_call is not None:
            self._turns.append(utterance)
            self._unredacted.append(unredacted)
        if category := self._matching.heard(utterance):
            yield category

    def matched(self, category: Category) -> Category:
        """The event for a match that a recogniser has found."""
        self._matching.take(category)
        return category

    def talk(self, *, redacted: bool) -> Talk:
        """What was said, for a report."""
        points: dict[str, tuple[TimestampRange, ...]] = {
            name: tuple(ranges) for name, ranges in self._matching.points.items()
        }
        turns = self._turns if redacted else self._unredacted
        return Talk(turns=tuple(turns), points=points, language_code=self._params.language_code)
