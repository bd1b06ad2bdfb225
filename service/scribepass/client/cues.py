"""Cutting turns into captions that can be read: two lines of 42 columns, at most seven seconds.

The numbers are those of the Netflix and BBC subtitle guidelines, which broadcasters follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from scribepass.client.turns import Turn, Word, spaced, width

__all__ = ["Cue", "cues"]

LINE_COLUMNS = 42
LONGEST_SECONDS = 7.0
SHORTEST_SECONDS = 1.0
"""A shorter cue stays on the screen this long, if nothing follows it sooner."""
PAUSE_SECONDS = 1.0
"""Silence as long as this begins a new cue."""
SENTENCE_ENDS = (".", "?", "!", "。", "？", "！", "؟", "।")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One caption: its time in seconds, one or two lines of text, and who speaks."""

    start: float
    end: float
    lines: tuple[str, ...]
    speaker: str | None = None


def cues(turns: Iterable[Turn]) -> list[Cue]:
    """Cut turns into cues, in order of time. No word is lost, and no cue ends before it starts."""
    cut = [_cue(words, speaker=turn.speaker) for turn in turns for words in _groups(_narrow(turn.words))]
    return [_readable(cue, cut[index + 1] if index + 1 < len(cut) else None) for index, cue in enumerate(cut)]


def _groups(words: Iterable[Word]) -> Iterator[list[Word]]:
    group: list[Word] = []
    for word in words:
        if group and _ends_before(word, group):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _narrow(words: Iterable[Word]) -> Iterator[Word]:
    """The same words, those wider than a line cut to fit: a script may go without spaces."""
    for word in words:
        parts = _parts(word.text)
        each = (word.end - word.start) / len(parts)
        for index, part in enumerate(parts):
            start = word.start + index * each
            yield Word(text=part, start=start, end=start + each, space=word.space and not index)


def _parts(text: str) -> list[str]:
    parts = [""]
    for character in text:
        if width(parts[-1] + character) > LINE_COLUMNS:
            parts.append("")
        parts[-1] += character
    return parts


def _ends_before(word: Word, group: Sequence[Word]) -> bool:
    last = group[-1]
    sentence_done = last.text.endswith(SENTENCE_ENDS) and width(spaced(group)) > LINE_COLUMNS // 2
    return (
        sentence_done
        or word.start - last.end >= PAUSE_SECONDS
        or word.end - group[0].start > LONGEST_SECONDS
        or _break(*group, word) is None
    )


def _cue(words: Sequence[Word], *, speaker: str | None) -> Cue:
    lines = _break(*words) or (spaced(words),)
    start = words[0].start
    return Cue(start=start, end=max(start, *(word.end for word in words)), lines=lines, speaker=speaker)


def _break(*words: Word) -> tuple[str, ...] | None:
    """The words on one line, or on two as even as they can be; None where they need a third."""
    if width(whole := spaced(words)) <= LINE_COLUMNS:
        return (whole,)
    pairs = ((spaced(words[:place]), spaced(words[place:])) for place in range(1, len(words)))
    fitting = [pair for pair in pairs if max(map(width, pair)) <= LINE_COLUMNS]
    return min(fitting, key=lambda pair: max(map(width, pair)), default=None)


def _readable(cue: Cue, following: Cue | None) -> Cue:
    wanted = max(cue.end, cue.start + SHORTEST_SECONDS)
    if following is None or following.start >= wanted:
        return replace(cue, end=wanted)
    return replace(cue, end=max(cue.end, following.start))
