"""Final results become turns of spaced, timed words, and no word is lost."""

import pytest

from scribepass.client.turns import Turn, Word, turns, width
from scribepass.transcribe import Alternative, Item, Result, Utterance, UtteranceItem


def result(
    text: str, *items: Item, start: float = 0.0, end: float = 2.0, channel: str | None = None
) -> Result:
    best = (Alternative(transcript=text, items=items),)
    return Result(
        result_id="r", start_time=start, end_time=end, is_partial=False, alternatives=best, channel_id=channel
    )


def word(content: str, start: float, end: float, speaker: str | None = None) -> Item:
    return Item(content=content, start_time=start, end_time=end, speaker=speaker)


def mark(content: str, at: float) -> Item:
    return Item(content=content, start_time=at, end_time=at, type="punctuation")


def test_punctuation_clings_to_its_word() -> None:
    """Words keep their own times; a comma or a full stop takes none."""
    items = (word("Go", 0.1, 0.4), mark(",", 0.4), word("now", 0.6, 0.9), mark(".", 0.9))
    (turn,) = turns([result("Go, now.", *items)])
    assert turn == Turn(
        speaker=None,
        words=(Word(text="Go,", start=0.1, end=0.4, space=False), Word(text="now.", start=0.6, end=0.9)),
    )
    assert turn.text == "Go, now."


def test_spaces_are_those_of_the_transcript() -> None:
    """Chinese has none between its words, and none are invented; a mark that stands alone keeps its space."""
    items = (word("你好", 0, 0.5), mark("，", 0.5), word("世界", 0.6, 1.0))
    (turn,) = turns([result("你好，世界", *items)])
    assert turn.text == "你好，世界"
    assert [each.text for each in turn.words] == ["你好，", "世界"]
    (turn,) = turns([result("salut ! bien", word("salut", 0, 1), mark("!", 1), word("bien", 1, 2))])
    assert turn.text == "salut ! bien"


@pytest.mark.parametrize(
    ("text", "items"),
    [
        pytest.param("one two three", (), id="no items"),
        pytest.param("one two three", (word("one", 0, 1),), id="some items missing"),
        pytest.param(
            "one two three", (word("won", 0, 1), word("two", 1, 2), word("three", 2, 3)), id="others"
        ),
    ],
)
def test_a_text_that_its_items_do_not_tell_is_kept(text: str, items: tuple[Item, ...]) -> None:
    """The transcript is what was said; its words then share the time by their length."""
    (turn,) = turns([result(text, *items, start=1.0, end=14.0)])
    assert turn.text == text
    assert [(each.start, each.end) for each in turn.words] == [(1.0, 4.0), (5.0, 8.0), (9.0, 14.0)]


def test_items_without_content_are_passed_over() -> None:
    """A speaker change without content, which a sample of AWS shows, is no word."""
    change = Item(content="", start_time=0.5, end_time=0.5, type="speaker-change")
    (turn,) = turns([result("a b", word("a", 0, 0.5), change, word("b", 0.6, 1))])
    assert turn.text == "a b"


def test_speakers_take_turns() -> None:
    """A result with two speakers is two turns; punctuation belongs to whoever spoke before it."""
    items = (word("hi", 0, 1, "0"), mark("!", 1), word("hello", 1, 2, "1"), word("you", 2, 3, "1"))
    first, second = turns([result("hi! hello you", *items)])
    assert (first.speaker, first.text) == ("Speaker 0", "hi!")
    assert (second.speaker, second.text) == ("Speaker 1", "hello you")
    (named,) = turns([result("hi", word("hi", 0, 1, "spk_3"))])
    assert named.speaker == "spk_3"
    (broken,) = turns([result("hi", word("hi", 0, 1, "a\n\n00:00 --> 00:01\x1b[2J"))])
    assert broken.speaker == "a 00:00 --> 00:01 [2J"


def test_channels_are_told_apart_and_put_in_order() -> None:
    """Two channels arrive as they become final, and are read as they were said."""
    late = result("later", word("later", 3, 4), channel="ch_0")
    early = result("earlier", word("earlier", 1, 2), channel="ch_1")
    assert [(turn.speaker, turn.text) for turn in turns([late, early])] == [
        ("ch_1", "earlier"),
        ("ch_0", "later"),
    ]


def test_utterances_of_a_call_are_in_seconds() -> None:
    """Call Analytics counts milliseconds and knows the speaker by role."""
    items = (UtteranceItem(content="Hello", begin_offset_millis=1500, end_offset_millis=1900),)
    utterance = Utterance(
        utterance_id="u",
        is_partial=False,
        participant_role="CUSTOMER",
        begin_offset_millis=1500,
        end_offset_millis=1900,
        transcript="Hello",
        items=items,
    )
    (turn,) = turns([utterance])
    assert turn == Turn(speaker="CUSTOMER", words=(Word(text="Hello", start=1.5, end=1.9, space=False),))


@pytest.mark.parametrize(
    "empty",
    [
        pytest.param(result(""), id="an empty transcript"),
        pytest.param(result("  \n "), id="only space"),
        pytest.param(
            Result(result_id="r", start_time=0, end_time=1, is_partial=False, alternatives=()),
            id="no alternative",
        ),
    ],
)
def test_nothing_said_is_no_turn(empty: Result) -> None:
    """Results without words give nothing to show."""
    assert turns([empty]) == []


def test_control_characters_do_not_come_through() -> None:
    """What a terminal would obey, or a caption would end at, becomes a space."""
    (turn,) = turns([result("a\x1b[2Jb\n\nc\x00d\x9be")])
    assert turn.text == "a [2Jb c d e"


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("世界", 4), ("ｆ", 2), ("é", 1), ("", 0)])
def test_width_counts_columns(text: str, columns: int) -> None:
    """Wide characters take two."""
    assert width(text) == columns
