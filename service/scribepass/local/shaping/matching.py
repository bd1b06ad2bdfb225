"""Categories that a call has come to match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from scribepass.local.categories import Rule
from scribepass.local.vocabulary_filters import folded
from scribepass.transcribe import Category, PointsOfInterest, TimestampRange, Utterance, UtteranceItem

__all__ = ["Matching"]


class Matching:
    """Looks for the phrases of ``rules`` in one call, and remembers where each was said.

    AWS matches each segment when it is complete. Its event names the categories of that segment, and gives
    for each of their phrases all the times at which it was said so far.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._said: dict[str, dict[str, list[TimestampRange]]] = {}

    def heard(self, utterance: Utterance) -> Category | None:
        """The event that a final utterance brings about, if any."""
        matched = [rule.name for rule in self._rules if self._matches(rule, utterance)]
        if not matched:
            return None
        details: dict[str, list[TimestampRange]] = {}
        for name in matched:
            for phrase, ranges in self._said[name].items():
                _add(details.setdefault(phrase, []), ranges)
        return Category(
            matched_categories=tuple(matched),
            matched_details={
                phrase: PointsOfInterest(timestamp_ranges=tuple(ranges)) for phrase, ranges in details.items()
            },
        )

    def take(self, category: Category) -> None:
        """Remember a match that the recogniser has found by itself."""
        for name in category.matched_categories:
            for phrase, points in category.matched_details.items():
                self._remember(name, phrase, points.timestamp_ranges)

    @property
    def points(self) -> Mapping[str, Sequence[TimestampRange]]:
        """What has matched so far, and when."""
        return {
            name: [each for ranges in phrases.values() for each in ranges]
            for name, phrases in self._said.items()
        }

    def _matches(self, rule: Rule, utterance: Utterance) -> bool:
        if rule.participant not in {None, utterance.participant_role}:
            return False
        matches = False
        for phrase in rule.phrases:
            if ranges := list(_said(phrase, utterance.items)):
                self._remember(rule.name, phrase, ranges)
                matches = True
        return matches

    def _remember(self, name: str, phrase: str, ranges: Iterable[TimestampRange]) -> None:
        _add(self._said.setdefault(name, {}).setdefault(phrase, []), ranges)


def _add(held: list[TimestampRange], ranges: Iterable[TimestampRange]) -> None:
    held.extend(each for each in ranges if each not in held)


def _said(phrase: str, items: Sequence[UtteranceItem]) -> Iterator[TimestampRange]:
    wanted = folded(phrase).split()
    words = [item for item in items if item.type != "punctuation"]
    contents = [folded(word.content).strip(".,?!;:") for word in words]
    for at in range(len(words) - len(wanted) + 1):
        if contents[at : at + len(wanted)] == wanted:
            yield TimestampRange(
                begin_offset_millis=words[at].begin_offset_millis,
                end_offset_millis=words[at + len(wanted) - 1].end_offset_millis,
            )
