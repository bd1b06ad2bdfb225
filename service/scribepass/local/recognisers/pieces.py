"""Words made of the pieces that a model hears them in. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scribepass.transcribe import Item

__all__ = ["Piece", "items_of"]

PIECE_SECONDS = 0.2  # that the last piece of a word lasts, unless the next word comes sooner
_SPACES = " ▁"  # the sign of SentencePiece, and what sherpa-onnx makes of it
_MARKS = frozenset(".,?!;:。，？！、")


@dataclass(frozen=True, slots=True)
class Piece:
    """A token of a model: heard ``at`` so many seconds of the stream; how likely, as a natural logarithm."""

    text: str
    at: float
    log_probability: float | None = None

    @property
    def content(self) -> str:
        """What it says."""
        return self.text.strip(_SPACES)

    @property
    def is_mark(self) -> bool:
        """Whether it is punctuation."""
        return self.content in _MARKS

    @property
    def stands_alone(self) -> bool:
        """Whether nothing joins it: it is a mark, or of a writing that has no spaces."""
        return self.is_mark or any("぀" <= letter <= "鿿" for letter in self.content)


def items_of(pieces: Sequence[Piece], *, heard: float, with_confidence: bool) -> tuple[Item, ...]:
    """The words that ``pieces`` make, in audio of which ``heard`` seconds are over.

    Models say when a piece begins and not when it ends, so where a word ends is a guess.
    """
    words = _words(pieces)
    begins = [round(word[0].at, 3) for word in words]
    items: list[Item] = []
    limits = [*begins, round(heard, 3)][1:]
    for word, begin, following in zip(words, begins, limits, strict=True):
        end = max(begin, min(following, round(word[-1].at + PIECE_SECONDS, 3)))
        if word[0].is_mark:
            begin = end = items[-1].end_time if items else begin  # noqa: PLW2901 - it belongs to its word
        items.append(
            Item(
                content="".join(piece.content for piece in word),
                start_time=begin,
                end_time=end,
                type="punctuation" if word[0].is_mark else "pronunciation",
                confidence=_confidence(word) if with_confidence else None,
            )
        )
    return tuple(items)


def _words(pieces: Sequence[Piece]) -> list[list[Piece]]:
    words: list[list[Piece]] = []
    begins = True
    for piece in pieces:
        begins = begins or piece.stands_alone or piece.text.startswith(tuple(_SPACES))
        if not piece.content:  # a space of its own, before the word that it begins
            continue
        if begins:
            words.append([])
        words[-1].append(piece)
        begins = piece.stands_alone
    return words


def _confidence(word: Sequence[Piece]) -> float | None:
    """The geometric mean of the probabilities of a word's pieces."""
    logarithms = [piece.log_probability for piece in word if piece.log_probability is not None]
    if word[0].is_mark or not logarithms:
        return None
    return round(min(1.0, math.exp(sum(logarithms) / len(logarithms))), 4)
