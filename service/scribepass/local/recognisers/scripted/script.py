"""What a script says, as values. Times are seconds of audio."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from scribepass.local.faults import Fault
from scribepass.transcribe import Category, Item, LanguageScore, PointsOfInterest, TimestampRange

__all__ = ["PAUSE_SECONDS", "WORD_SECONDS", "Line", "Match", "Mention", "Mishap", "Script"]

WORD_SECONDS = 0.3
PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """An entity: ``content`` is in its line's text."""

    content: str
    category: str | None = None
    type: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One segment of speech, from ``start`` to ``end``.

    Without ``items`` the words of ``text`` are spread evenly. ``confidence`` is one number for all words, or
    one for each. ``partials`` None: word by word.
    """

    text: str
    start: float
    end: float
    items: tuple[Item, ...] = ()
    confidence: float | tuple[float, ...] = 0.99
    speaker: str | None = None
    channel: int = 0
    language: str | None = None
    languages: tuple[LanguageScore, ...] = ()
    entities: tuple[Mention, ...] = ()
    partials: tuple[str, ...] | None = None
    sentiment: str | None = None
    issues: tuple[str, ...] = ()

    def shifted(self, by: float) -> Line:
        """The same line so much later."""
        items = (
            replace(each, start_time=round(each.start_time + by, 3), end_time=round(each.end_time + by, 3))
            for each in self.items
        )
        start, end = round(self.start + by, 3), round(self.end + by, 3)
        return replace(self, start=start, end=end, items=tuple(items)) if by else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A category that a call comes to match at ``at``; the phrases that it matches for are in ``ranges``."""

    at: float
    name: str
    ranges: tuple[tuple[float, float], ...] = ()

    @property
    def category(self) -> Category:
        """The event."""
        ranges = (
            TimestampRange(begin_offset_millis=round(begin * 1000), end_offset_millis=round(end * 1000))
            for begin, end in self.ranges
        )
        details = {self.name: PointsOfInterest(timestamp_ranges=tuple(ranges))}
        return Category(matched_categories=(self.name,), matched_details=details)

    def shifted(self, by: float) -> Match:
        """The same so much later."""
        ranges = tuple((begin + by, end + by) for begin, end in self.ranges)
        return replace(self, at=round(self.at + by, 3), ranges=ranges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """A fault that befalls the stream at ``at``."""

    at: float
    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """All of a script. Results are ``delay`` late; with ``repeat`` lines and categories begin again."""

    lines: tuple[Line, ...] = ()
    categories: tuple[Match, ...] = ()
    faults: tuple[Mishap, ...] = ()
    delay: float = 0.0
    repeat: bool = False

    @property
    def period(self) -> float:
        """Seconds from one beginning to the next."""
        ends = [*(line.end for line in self.lines), *(each.at for each in self.categories), 0.0]
        return max(ends) + PAUSE_SECONDS

    def heard_on(self, channel: int | None) -> Iterator[Line]:
        """The lines of one channel; of a stream that has but one: all."""
        return (line for line in self.lines if channel is None or line.channel == channel)
