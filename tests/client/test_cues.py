"""Captions that can be read: their lines, their length, their time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribepass.client.cues import LINE_COLUMNS, LONGEST_SECONDS, Cue, cues
from scribepass.client.turns import Turn, Word, width


def turn(text: str, *, start: float = 0.0, each: float = 0.3, speaker: str | None = None) -> Turn:
    words = tuple(
        Word(text=word, start=start + place * each, end=start + (place + 1) * each)
        for place, word in enumerate(text.split())
    )
    return Turn(speaker=speaker, words=words)


def lines(text: str, **how: float) -> list[tuple[str, ...]]:
    return [cue.lines for cue in cues([turn(text, **how)])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("hello there", [("hello there",)], id="one line"),
        pytest.param(
            "this text has exactly forty-two columns ok",
            [("this text has exactly forty-two columns ok",)],
            id="42 columns are one line",
        ),
        pytest.param(
            "this text has just about forty-three columns",
            [("this text has just about", "forty-three columns")],
            id="44 are two, as even as can be",
        ),
        pytest.param(
            "we hold these truths to be self evident that all of us are made equal "
            "and are endowed with rights",
            [
                ("we hold these truths to be self evident", "that all of us are made equal and are"),
                ("endowed with rights",),
            ],
            id="a third line is the next cue",
        ),
        pytest.param(
            "That is all there is to it. Thank you.",
            [("That is all there is to it.",), ("Thank you.",)],
            id="a sentence's end, once there is enough",
        ),
        pytest.param("No. Yes. Well.", [("No. Yes. Well.",)], id="short sentences stay together"),
        pytest.param("x" * 50, [("x" * 42, "x" * 8)], id="a word wider than a line"),
        pytest.param(
            "我们认为这些真理是不言而喻的人人生而平等造物主赋予他们若干不可剥夺的权利其中包括生命权自由权和追求幸福的权利",
            [
                ("我们认为这些真理是不言而喻的人人生而平等造", "物主赋予他们若干不可剥夺的权利其中包括生命"),
                ("权自由权和追求幸福的权利",),
            ],
            id="a script without spaces, in one piece",
        ),
    ],
)
def test_lines(text: str, expected: list[tuple[str, ...]]) -> None:
    """At most two lines of 42 columns, even, cut at sentences where that leaves enough."""
    assert lines(text, each=0.1) == expected


def test_no_cue_is_longer_than_can_be_borne() -> None:
    """Slow speech is cut before seven seconds."""
    found = cues([turn("one two three four five six", each=2.0)])
    assert [cue.lines for cue in found] == [("one two three",), ("four five six",)]
    assert all(cue.end - cue.start <= LONGEST_SECONDS for cue in found)


def test_a_pause_begins_a_new_cue() -> None:
    """Words after a second of silence are not shown before they are said."""
    before, after = turn("wait for it", each=0.2), turn("now", start=2.0)
    both = Turn(speaker=None, words=before.words + after.words)
    assert [(cue.start, cue.lines) for cue in cues([both])] == [(0.0, ("wait for it",)), (2.0, ("now",))]


def test_a_short_cue_stays_as_long_as_it_may() -> None:
    """A second, or until the next begins; never less than it was spoken, and never backwards."""
    first, second, third = cues([turn("a"), turn("b", start=0.5), turn("c", start=9.0)])
    assert (first.start, first.end) == (0.0, 0.5)
    assert (second.start, second.end) == (0.5, 1.5)
    assert (third.start, third.end) == (9.0, 10.0)


def test_two_channels_may_overlap() -> None:
    """Who is interrupted is not cut off."""
    one = turn("one two three four", speaker="ch_0")
    other = turn("no", start=0.6, speaker="ch_1")
    first, second = cues([one, other])
    assert (first.speaker, first.end) == ("ch_0", pytest.approx(1.2))
    assert (second.speaker, second.start) == ("ch_1", 0.6)


def test_words_without_a_time_are_shown_all_the_same() -> None:
    """A cue of words that took no time has a duration."""
    (cue,) = cues([turn("a b c", each=0.0)])
    assert cue == Cue(start=0.0, end=1.0, lines=("a b c",))


WORDS = st.lists(
    st.tuples(
        st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=60),
        st.floats(0, 3),
        st.floats(0, 3),
        st.booleans(),
    ),
    min_size=1,
    max_size=60,
)


@given(WORDS)
def test_every_word_is_shown_once_and_fits(spoken: list[tuple[str, float, float, bool]]) -> None:
    """Any words, of any length, at any times: all shown in order, in bounds, and time never runs back."""
    words, at = [], 0.0
    for text, pause, length, space in spoken:
        words.append(Word(text=text, start=at + pause, end=at + pause + length, space=space))
        at += pause + length
    found = cues([Turn(speaker=None, words=tuple(words))])
    shown = "".join(line for cue in found for line in cue.lines)
    assert shown.replace(" ", "") == "".join(word.text for word in words)
    assert all(
        len(cue.lines) <= 2 and all(width(line) <= LINE_COLUMNS for line in cue.lines) for cue in found
    )
    assert all(cue.start <= cue.end for cue in found)
    assert [cue.start for cue in found] == sorted(cue.start for cue in found)
