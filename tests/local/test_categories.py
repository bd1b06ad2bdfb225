"""Categories of calls: their file, and what they match."""

from pathlib import Path
from typing import Any

import pytest

from scribepass.local.categories import Rule, read
from scribepass.local.shaping.matching import Matching
from scribepass.local.shaping.utterances import utterance
from scribepass.transcribe import Category, PointsOfInterest, TimestampRange, Utterance
from support.saying import result

FILE = """
[[categories]]
name = "network-complaint"
phrases = ["network issues", "no signal"]
participant = "CUSTOMER"

[[categories]]
name = "greeting"
phrases = ["hello"]
"""
COMPLAINT = Rule(name="network-complaint", phrases=("network issues", "no signal"), participant="CUSTOMER")
GREETING = Rule(name="greeting", phrases=("hello",))


def test_a_file(tmp_path: Path) -> None:
    """Tables, in their order."""
    path = tmp_path / "categories.toml"
    path.write_text(FILE)
    assert read(path) == (COMPLAINT, GREETING)


BAD: dict[str, tuple[Any, str]] = {
    "text": ("categories", "list of tables"),
    "no table": (["greeting"], "a category has name, participant, phrases"),
    "another member": ([{"name": "c", "phrases": ["x"], "rules": []}], "and nothing else"),
    "no name": ([{"phrases": ["x"]}], "no name"),
    "a name with a space": ([{"name": "a b", "phrases": ["x"]}], "'a b'"),
    "no phrases": ([{"name": "c", "phrases": []}], "no list of phrases"),
    "an empty phrase": ([{"name": "c", "phrases": [" "]}], "no phrase"),
    "a stranger": ([{"name": "c", "phrases": ["x"], "participant": "agent"}], "'agent'"),
    "the same name twice": ([{"name": "c", "phrases": ["x"]}] * 2, "same name"),
}


@pytest.mark.parametrize(("given", "message"), BAD.values(), ids=BAD)
def test_what_it_may_not_hold(given: Any, message: str) -> None:
    """The fault is named."""
    with pytest.raises(ValueError, match=message):
        read(given)


def test_a_file_of_something_else(tmp_path: Path) -> None:
    """Is not taken for one without categories."""
    path = tmp_path / "categories.toml"
    path.write_text("[filters.x]\nwords = ['y']")
    with pytest.raises(ValueError, match="nothing else"):
        read(path)


def said(text: str, *, start: float = 0.0, role: str = "CUSTOMER") -> Utterance:
    return utterance(result(text, start=start), role=role, language="en-US")


def span(begin: int, end: int) -> TimestampRange:
    return TimestampRange(begin_offset_millis=begin, end_offset_millis=end)


def test_a_match() -> None:
    """The event names the category, and when its phrase was said."""
    event = Matching([COMPLAINT, GREETING]).heard(said("I have Network issues ."))
    assert event == Category(
        matched_categories=("network-complaint",),
        matched_details={"network issues": PointsOfInterest(timestamp_ranges=(span(600, 1200),))},
    )


NO_MATCH = {
    "nothing of it": said("all is well"),
    "the other participant": said("network issues", role="AGENT"),
    "a part of a word": said("network issuesx"),
    "words apart": said("network has issues"),
    "no words": said(""),
}


@pytest.mark.parametrize("given", NO_MATCH.values(), ids=NO_MATCH)
def test_no_match(given: Utterance) -> None:
    """No event."""
    assert Matching([COMPLAINT]).heard(given) is None


def test_times_add_up() -> None:
    """A later event has the earlier times of its categories too, and no others."""
    matching = Matching([COMPLAINT, GREETING])
    matching.heard(said("hello no signal"))
    matching.heard(said("hello", start=5.0, role="AGENT"))
    event = matching.heard(said("network issues and no signal no signal", start=9.0))
    assert event is not None
    assert event.matched_categories == ("network-complaint",)
    assert {phrase: points.timestamp_ranges for phrase, points in event.matched_details.items()} == {
        "no signal": (span(300, 900), span(9900, 10500), span(10500, 11100)),
        "network issues": (span(9000, 9600),),
    }
    assert matching.points["greeting"] == [span(0, 300), span(5000, 5300)]


def test_two_categories_at_once() -> None:
    """One event for both."""
    event = Matching([COMPLAINT, GREETING]).heard(said("hello no signal"))
    assert event is not None
    assert event.matched_categories == ("network-complaint", "greeting")


def test_what_a_recogniser_has_found() -> None:
    """Is remembered for the report, once."""
    matching = Matching([])
    points = PointsOfInterest(timestamp_ranges=(span(1, 2),))
    for _ in range(2):
        matching.take(Category(matched_categories=("angry",), matched_details={"grr": points}))
    assert matching.points == {"angry": [span(1, 2)]}
