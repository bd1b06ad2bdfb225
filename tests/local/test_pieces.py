"""Words from the pieces of a model."""

import math

import pytest

from scribepass.local.recognisers.pieces import Piece, items_of

CASES = {
    "words begin with a space": ([" go", " for", "ward"], ["go", "forward"]),
    "or with SentencePiece's sign": (["▁go", "▁for", "ward"], ["go", "forward"]),
    "which may be a piece of its own": (["▁", "g", "o", "▁", "on"], ["go", "on"]),
    "the first one has it or not": (["go", " on"], ["go", "on"]),
    "a mark stands alone": ([" go", ".", " on", "?"], ["go", ".", "on", "?"]),
    "and nothing joins it": ([" 3", ".", "5"], ["3", ".", "5"]),
    "so does an ideograph": (["今", "日", "は", " ok", "です"], ["今", "日", "は", "ok", "です"]),
    "nothing": ([], []),
    "a space": ([" "], []),
}


@pytest.mark.parametrize(("texts", "words"), CASES.values(), ids=CASES)
def test_words(texts: list[str], words: list[str]) -> None:
    """Pieces are joined where the model has no space between them."""
    pieces = [Piece(text, float(at)) for at, text in enumerate(texts)]
    assert [item.content for item in items_of(pieces, heard=9, with_confidence=False)] == words


def test_times() -> None:
    """A word lasts until the next one, until a guess, or until the end of what was heard."""
    pieces = [
        Piece(" a", 1.0),
        Piece("b", 1.1),
        Piece(" c", 1.2),
        Piece(",", 1.25),
        Piece(" d", 2.0),
        Piece(" e", 3),
    ]
    items = items_of(pieces, heard=3.1, with_confidence=True)
    assert [(item.content, item.start_time, item.end_time, item.type) for item in items] == [
        ("ab", 1.0, 1.2, "pronunciation"),
        ("c", 1.2, 1.25, "pronunciation"),
        (",", 1.25, 1.25, "punctuation"),
        ("d", 2.0, 2.2, "pronunciation"),
        ("e", 3.0, 3.1, "pronunciation"),
    ]
    assert {item.confidence for item in items} == {None}


def test_confidence() -> None:
    """The geometric mean of what the pieces have; marks have none, and neither has a partial."""
    pieces = [
        Piece(" a", 0, math.log(0.25)),
        Piece("b", 0, math.log(0.64)),
        Piece(".", 0, -1.0),
        Piece(" c", 1, 0.1),
    ]
    assert [item.confidence for item in items_of(pieces, heard=2, with_confidence=True)] == [0.4, None, 1.0]
    assert {item.confidence for item in items_of(pieces, heard=2, with_confidence=False)} == {None}
