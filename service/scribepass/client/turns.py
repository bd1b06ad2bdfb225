"""From final results to words with times: who said what, when, spaced as Transcribe spaced it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from scribepass.transcribe import Result, Utterance

__all__ = ["Turn", "Word", "spaced", "turns", "width"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word with the punctuation that clings to it. Times are in seconds from the stream's start."""

    text: str
    start: float
    end: float
    space: bool = True
    """Whether a space stands before it: not so between the words of Chinese, Japanese or Thai."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one speaker said in one go. ``speaker`` is None where Transcribe was not asked to tell."""

    speaker: str | None
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The turn as one line."""
        return spaced(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """An item of either kind of result, in seconds."""

    content: str
    start: float
    end: float
    clings: bool
    speaker: str | None


def turns(finals: Iterable[Result | Utterance]) -> list[Turn]:
    """The turns of final results, in order of their start. Results without words give none."""
    found = [turn for final in finals for turn in _turns_of(final)]
    return sorted(found, key=lambda turn: turn.words[0].start)


def spaced(words: Sequence[Word]) -> str:
    """The words as one line of text."""
    return "".join(f" {word.text}" if word.space else word.text for word in words).strip()


def width(text: str) -> int:
    """Columns that a text takes: a Chinese, Japanese or Korean character is two wide."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _turns_of(final: Result | Utterance) -> Iterator[Turn]:
    text, start, end, speaker, pieces = _opened(final)
    if _letters(text) == _letters("".join(piece.content for piece in pieces)):
        words = _aligned(text, pieces)
    else:
        # The items do not tell the whole text, and no word of it may be lost.
        words = [(None, word) for word in _spread(text, start, end)]
    for named, group in groupby(words, key=lambda pair: pair[0]):
        yield Turn(speaker=_label(named) or _label(speaker), words=tuple(word for _, word in group))


def _opened(final: Result | Utterance) -> tuple[str, float, float, str | None, list[_Piece]]:
    if isinstance(final, Utterance):
        pieces = [
            _Piece(
                content=_plain(item.content),
                start=item.begin_offset_millis / 1000,
                end=item.end_offset_millis / 1000,
                clings=item.type == "punctuation",
                speaker=None,
            )
            for item in final.items
        ]
        start, end = final.begin_offset_millis / 1000, final.end_offset_millis / 1000
        return _plain(final.transcript), start, end, final.participant_role, pieces
    if not final.alternatives:
        return "", final.start_time, final.end_time, None, []
    best = final.alternatives[0]
    pieces = [
        _Piece(
            content=_plain(item.content),
            start=item.start_time,
            end=item.end_time,
            clings=item.type == "punctuation",
            speaker=item.speaker,
        )
        for item in best.items
    ]
    return _plain(best.transcript), final.start_time, final.end_time, final.channel_id, pieces


def _aligned(text: str, pieces: Sequence[_Piece]) -> list[tuple[str | None, Word]]:
    """Each piece with the space that the text has before it; punctuation joined to its word."""
    places = [place for place, character in enumerate(text) if not character.isspace()]
    words: list[tuple[str | None, Word]] = []
    done = 0
    for piece in pieces:
        if not piece.content:
            continue
        place = places[done]
        space = place > 0 and text[place - 1].isspace()
        done += len(_letters(piece.content))
        speaker = piece.speaker or (words[-1][0] if words else None)
        if words and piece.clings and not space:
            words[-1] = words[-1][0], replace(words[-1][1], text=words[-1][1].text + piece.content)
        else:
            word = Word(text=piece.content, start=piece.start, end=piece.end, space=space)
            words.append((speaker, word))
    return words


def _spread(text: str, start: float, end: float) -> Iterator[Word]:
    """Words without times of their own share the time they took by their length."""
    each = (end - start) / max(len(text), 1)
    place = 0
    for word in text.split():
        place = text.index(word, place)
        yield Word(text=word, start=start + place * each, end=start + (place + len(word)) * each)
        place += len(word)


def _plain(text: str) -> str:
    """One line without control characters, which a terminal or a caption would obey."""
    shown = "".join(" " if unicodedata.category(character) == "Cc" else character for character in text)
    return " ".join(shown.split())


def _letters(text: str) -> str:
    return "".join(text.split())


def _label(speaker: str | None) -> str | None:
    name = _plain(speaker or "")
    return f"Speaker {name}" if name.isdecimal() else name or None
