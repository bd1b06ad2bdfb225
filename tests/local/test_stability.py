"""Partial-result stabilisation: what was called stable never changes and never vanishes."""

import random
from collections.abc import Sequence

import pytest

from scribepass.local.shaping.asked import AGES
from scribepass.local.shaping.passage import Passage, passage_of, text_of
from scribepass.local.shaping.stability import Stability
from scribepass.transcribe import Alternative, Item
from support.saying import result, spoken


def settle(stability: Stability, text: str, *, partial: bool = True, heard: float | None = None) -> Passage:
    given = result(text, partial=partial)
    return stability.settled(
        "segment",
        passage_of(given.alternatives[0]),
        is_partial=partial,
        heard=given.end_time if heard is None else heard,
    )


def as_passage(items: Sequence[Item]) -> Passage:
    transcript = " ".join(item.content for item in items)
    return passage_of(Alternative(transcript=transcript, items=tuple(items)))


def stable(passage: Passage) -> list[str]:
    return [word.item.content for word in passage if word.item.stable]


LEVELS = {"high": ["one", "two", "three", "four"], "medium": ["one", "two", "three"], "low": ["one"]}


@pytest.mark.parametrize("level", LEVELS)
def test_the_three_levels(level: str) -> None:
    """With words of 0.3 s, high keeps all but the last, medium all but two, low what is a second old."""
    passage = settle(Stability(AGES[level]), "one two three four five")
    assert stable(passage) == LEVELS[level]
    assert [word.item.stable for word in passage if word.item.content not in LEVELS[level]] == [False] * (
        5 - len(LEVELS[level])
    )


def test_an_item_of_exactly_the_age_is_stable() -> None:
    """Also where the difference of two times is not exact in binary."""
    assert stable(settle(Stability(0.3), "one two three", heard=0.9)) == ["one", "two"]
    assert stable(settle(Stability(0.3), "one two three", heard=0.899)) == ["one"]


def test_a_mark_at_the_end_is_not_stable_yet() -> None:
    """Punctuation that ends a partial is what changes first."""
    assert stable(settle(Stability(0.3), "one two .")) == ["one"]


def test_what_the_recogniser_calls_stable_is_stable() -> None:
    """An engine may know better than its age tells."""
    said = as_passage(spoken("one two", stable=True))
    settled = Stability(1.0).settled("segment", said, is_partial=True, heard=0.6)
    assert stable(settled) == ["one", "two"]


REWRITES = {
    "another word": ("go four word ten meters", "go for ward ten meters", "go four word ten meters"),
    "fewer words": ("go forward ten", "go", "go forward"),
    "nothing at all": ("go forward ten", "", "go forward"),
    "the last word, which may change": ("go forward tin", "go forward ten", "go forward ten"),
    "one more": ("go forward ten", "go forward ten meters", "go forward ten meters"),
    "a capital": ("go forward ten", "Go forward ten .", "go forward ten."),
}


@pytest.mark.parametrize("partial", [True, False], ids=["in a partial", "in the final"])
@pytest.mark.parametrize(("first", "second", "text"), REWRITES.values(), ids=REWRITES)
def test_a_recogniser_that_thinks_again(first: str, second: str, text: str, *, partial: bool) -> None:
    """Stable words are kept; what follows them is new."""
    stability = Stability(AGES["high"])
    settle(stability, first)
    settled = settle(stability, second, partial=partial)
    assert text_of(settled) == text
    if not partial:
        assert all(word.item.stable for word in settled)


def test_confidence_comes_with_the_final_even_where_words_were_kept() -> None:
    """The recogniser's newest item is used wherever it still has the word."""
    stability = Stability(AGES["high"])
    settle(stability, "go four word")
    final = result("go for word", item={"confidence": 0.5})
    settled = stability.settled(
        "segment", passage_of(final.alternatives[0]), is_partial=False, heard=final.end_time
    )
    assert [(word.item.content, word.item.confidence) for word in settled] == [
        ("go", 0.5),
        ("four", None),
        ("word", 0.5),
    ]


def test_segments_are_apart() -> None:
    """A final ends what was kept; another segment begins with nothing."""
    stability = Stability(AGES["high"])
    settle(stability, "one two three")
    settle(stability, "one two three", partial=False)
    assert text_of(settle(stability, "six seven")) == "six seven"


def test_never_whatever_is_said() -> None:
    """A thousand segments of words at random: no stable item ever changes its content or its place."""
    generator = random.Random(5)
    for _ in range(1000):
        stability, shown = Stability(generator.choice(list(AGES.values()))), []
        for step in range(1, 7):
            at, items = 0.0, []
            for _ in range(generator.randrange(8)):
                end = round(at + generator.choice([0.1, 0.25, 0.4]), 3)
                items.append(Item(content=generator.choice("abc"), start_time=at, end_time=end))
                at = end
            settled = stability.settled("s", as_passage(items), is_partial=step < 6, heard=at)
            assert [word.item.content for word in settled[: len(shown)]] == shown
            flags = [bool(word.item.stable) for word in settled]
            assert flags == sorted(flags, reverse=True)
            shown = stable(settled)
