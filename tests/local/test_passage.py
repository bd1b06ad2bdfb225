"""A transcript as items with gaps: nothing is lost, and issues find their words again."""

import pytest

from scribepass.local.shaping.passage import Word, moved, passage_of, text_of, written
from scribepass.transcribe import Alternative, CharacterOffsets, IssueDetected, Item
from support.saying import result


def issue(begin: int, end: int) -> IssueDetected:
    return IssueDetected(character_offsets=CharacterOffsets(begin=begin, end=end))


def alternative(transcript: str, *contents: str) -> Alternative:
    items = tuple(
        Item(content=content, start_time=float(number), end_time=number + 1.0)
        for number, content in enumerate(contents)
    )
    return Alternative(transcript=transcript, items=items)


TEXTS = {
    "words": alternative("one two", "one", "two"),
    "two spaces": alternative("one  two", "one", "two"),
    "no spaces": alternative("你好世界", "你好", "世界"),
    "the same word twice": alternative("to be, to be", "to", "be", ",", "to", "be"),
    "nothing": alternative(""),
}


@pytest.mark.parametrize("given", TEXTS.values(), ids=TEXTS)
def test_there_and_back(given: Alternative) -> None:
    """The text of a passage is the transcript that it was read from."""
    assert text_of(passage_of(given)) == given.transcript
    assert written(given, passage_of(given)) == given


def test_a_transcript_that_is_something_else() -> None:
    """Where the transcript does not hold the items, it stays as long as they do, then has usual gaps."""
    given = alternative("One hundred", "one", "hundred", "times")
    passage = passage_of(given)
    assert text_of(passage) == "one hundred times"
    assert written(given, passage).transcript == "One hundred"
    assert written(given, passage[1:]).transcript == "hundred times"


def test_issues_stay_where_nothing_has_changed() -> None:
    """Also in the middle of a word."""
    passage = passage_of(result("cancel it").alternatives[0])
    assert moved((issue(2, 5),), before=passage, after=passage) == (issue(2, 5),)


def test_issues_follow_their_words() -> None:
    """What became longer or shorter before an issue moves it; what did so inside of it stretches it."""
    before = passage_of(result("well ann please cancel my plan . thanks").alternatives[0])
    text = text_of(before)
    given = issue(text.index("cancel"), text.index("."))
    longer = (before[0], Word(" ", Item(content="[NAME]", start_time=0.3, end_time=0.6)), *before[2:])
    (found,) = moved((given,), before=before, after=longer)
    offsets = found.character_offsets
    assert text_of(longer)[offsets.begin : offsets.end] == "cancel my plan"
    shorter = (*before[:4], *before[5:])  # without "my"
    (found,) = moved((given,), before=before, after=shorter)
    offsets = found.character_offsets
    assert text_of(shorter)[offsets.begin : offsets.end] == "cancel plan"


def test_an_issue_that_ends_with_a_mark_keeps_it() -> None:
    """And one that ends before it does not take it in."""
    before = passage_of(result("oh no signal .").alternatives[0])
    after = before[1:]
    text = text_of(before)
    (open_,) = moved((issue(3, text.index(".")),), before=before, after=after)
    (closed,) = moved((issue(3, len(text)),), before=before, after=after)
    assert (open_.character_offsets.end, closed.character_offsets.end) == (9, 10)


def test_an_issue_of_which_nothing_is_left_is_gone() -> None:
    """All of its words were removed."""
    before = passage_of(result("oh darn it").alternatives[0])
    assert moved((issue(3, 7),), before=before, after=(before[0], before[2])) == ()
