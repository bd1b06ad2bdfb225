"""The recogniser that says what it was told to."""

import itertools
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest

from scribepass.local.faults import Fault, FaultKind
from scribepass.local.recognisers import Options, Spoken, scripted
from scribepass.local.recognisers.scripted import Line, Scripted, engine, told
from scribepass.transcribe import (
    Category,
    CharacterOffsets,
    Configuration,
    Entity,
    Failure,
    IssueDetected,
    Item,
    LanguageScore,
    Operation,
    PointsOfInterest,
    Result,
    TimestampRange,
    Utterance,
    encode,
)
from support.streaming import END, audio, local_aws, signed_url, stream

RATE = 8_000


def hear(
    scripted: Scripted, *, seconds: float, size: int = 1600, finish: bool = True, channel: int | None = None
) -> list[Any]:
    recogniser = scripted.open(Options(sample_rate=RATE, channel=channel))
    pcm = bytes(round(seconds * RATE) * 2)
    results = [result for at in range(0, len(pcm), size) for result in recogniser.feed(pcm[at : at + size])]
    return [*results, *(recogniser.finish() if finish else [])]


def said(results: list[Result]) -> list[tuple[str, bool]]:
    return [(result.alternatives[0].transcript, result.is_partial) for result in results]


def test_partials_grow_and_a_final_ends_them() -> None:
    """Words appear one by one, under one id, and once more as a final with confidences."""
    results = hear(Scripted(["one two three"]), seconds=2)
    assert said(results) == [
        ("one", True),
        ("one two", True),
        ("one two three", True),
        ("one two three", False),
    ]
    assert len({result.result_id for result in results}) == 1
    assert [item.confidence for item in results[0].alternatives[0].items] == [None]
    assert {item.confidence for item in results[-1].alternatives[0].items} == {0.99}


def test_words_are_spread_over_their_line() -> None:
    """Start and end belong to the stream; each word has its share."""
    final = hear(Scripted([Line(text="go on", start=1, end=2)]), seconds=3)[-1]
    times = [(item.start_time, item.end_time) for item in final.alternatives[0].items]
    assert (final.start_time, final.end_time, times) == (1, 2, [(1, 1.5), (1.5, 2)])


def test_only_audio_moves_the_script() -> None:
    """Nothing is said before its audio was heard."""
    scripted = Scripted([{"text": "late", "start": 1.0, "end": 1.5}])
    assert hear(scripted, seconds=1.49, finish=False) == []
    assert said(hear(scripted, seconds=1.5, finish=False)) == [("late", True), ("late", False)]


@pytest.mark.parametrize("size", [2, 50, 1600, 100_000])
def test_chunk_size_does_not_matter(size: int) -> None:
    """The same results in the same order, however the audio is cut."""
    scripted = Scripted(["a b", "c d"])
    assert said(hear(scripted, seconds=3, size=size)) == said(hear(scripted, seconds=3))


def test_the_end_completes_what_has_begun_and_nothing_else() -> None:
    """A line that was heard in part is finished whole; one that was not reached is never said."""
    assert said(hear(Scripted(["one two", "three"]), seconds=0.1)) == [("one two", False)]
    assert hear(Scripted([Line(text="never", start=5, end=6)]), seconds=1) == []


def test_silence_after_close() -> None:
    """A closed recogniser says nothing more."""
    recogniser = Scripted(["one"]).open(Options(sample_rate=RATE))
    recogniser.close()
    assert recogniser.feed(bytes(RATE * 4)) == recogniser.finish() == []


def test_a_mark_belongs_to_its_word() -> None:
    """Punctuation is an item of its own, at the end of its word, without a confidence."""
    results = hear(Scripted(["Well, no!"]), seconds=2)
    assert said(results) == [("Well", True), ("Well, no", True), ("Well, no!", False)]
    assert [
        (item.content, item.type, item.start_time, item.end_time, item.confidence)
        for item in results[-1].alternatives[0].items
    ] == [
        ("Well", "pronunciation", 0.0, 0.3, 0.99),
        (",", "punctuation", 0.3, 0.3, None),
        ("no", "pronunciation", 0.3, 0.6, 0.99),
        ("!", "punctuation", 0.6, 0.6, None),
    ]


def test_items_are_said_as_they_are() -> None:
    """Times, confidences, speakers and stability are theirs; partials leave out what comes at the end."""
    line = {
        "speaker": "1",
        "items": [
            {"content": "U.S.", "start": 1.0, "end": 1.4, "speaker": 0, "confidence": 0.5, "stable": True},
            {"content": "law", "start": 1.5, "end": 1.9},
            {"content": "."},
        ],
    }
    partial, _, final = hear(Scripted([line]), seconds=2)
    assert partial.alternatives[0].items == (Item(content="U.S.", start_time=1.0, end_time=1.4, stable=True),)
    assert final.alternatives[0].transcript == "U.S. law."
    assert (final.start_time, final.end_time) == (1.0, 1.9)
    assert final.alternatives[0].items == (
        Item(content="U.S.", start_time=1.0, end_time=1.4, stable=True, confidence=0.5, speaker="0"),
        Item(content="law", start_time=1.5, end_time=1.9, confidence=0.99, speaker="1"),
        Item(content=".", start_time=1.9, end_time=1.9, type="punctuation", speaker="1"),
    )


def test_text_without_spaces_has_its_items_given() -> None:
    """What is shown is the text; the items say when each part of it was said."""
    line = {"text": "今日は。", "items": [{"content": "今日"}, {"content": "は"}, {"content": "。"}]}
    results = hear(Scripted([line]), seconds=1)
    assert said(results) == [("今日", True), ("今日は", True), ("今日は。", False)]


def test_each_word_may_have_its_confidence() -> None:
    """A list of one for each word; marks have none."""
    final = hear(Scripted([{"text": "a, b", "confidence": [0.1, 0.2]}]), seconds=1)[-1]
    assert [item.confidence for item in final.alternatives[0].items] == [0.1, None, 0.2]


def test_partials_may_be_wrong() -> None:
    """Given partials come evenly before the final, which corrects them; or there are none."""
    line = {"text": "recognise speech", "start": 0, "end": 1.2, "partials": ["wreck a", "wreck a nice beach"]}
    results = hear(Scripted([line]), seconds=2)
    assert said(results) == [("wreck a", True), ("wreck a nice beach", True), ("recognise speech", False)]
    assert [result.end_time for result in results] == [0.4, 0.8, 1.2]
    assert said(hear(Scripted([{"text": "one two", "partials": "none"}]), seconds=2)) == [("one two", False)]


def test_languages_and_entities() -> None:
    """A line's language comes with all its results, its entities with the final, timed by their words."""
    line = {
        "text": "I am Jane Doe.",
        "language": "en-GB",
        "languages": {"en-GB": 0.9, "en-US": 0.1},
        "entities": [{"content": "Jane Doe", "category": "PII", "type": "NAME", "confidence": 0.7}],
    }
    results = hear(Scripted([line]), seconds=2)
    assert {result.language_code for result in results} == {"en-GB"}
    assert results[0].language_identification == (
        LanguageScore(language_code="en-GB", score=0.9),
        LanguageScore(language_code="en-US", score=0.1),
    )
    assert [result.alternatives[0].entities for result in results[:-1]] == [()] * 4
    assert results[-1].alternatives[0].entities == (
        Entity(start_time=0.6, end_time=1.2, category="PII", type="NAME", content="Jane Doe", confidence=0.7),
    )


CALL = {
    "lines": [
        {"text": "How can I help?", "channel": 0},
        {"text": "It broke again.", "channel": 1, "sentiment": "NEGATIVE", "issues": ["broke again"]},
    ],
    "categories": [{"at": 2.0, "name": "complaint", "ranges": [[1.7, 2.0]]}],
}


def test_calls() -> None:
    """Each channel says its lines, the first one the categories; sentiment and issues come with finals."""
    agent, customer = hear(Scripted(CALL), seconds=4, channel=0), hear(Scripted(CALL), seconds=4, channel=1)
    assert agent[-1] == Category(
        matched_categories=("complaint",),
        matched_details={
            "complaint": PointsOfInterest(
                timestamp_ranges=(TimestampRange(begin_offset_millis=1700, end_offset_millis=2000),)
            )
        },
    )
    assert said(agent[-2:-1]) == [("How can I help?", False)]
    spoken = customer[-1]
    assert isinstance(spoken, Spoken)
    assert said([spoken.result]) == [("It broke again.", False)]
    assert spoken.sentiment == "NEGATIVE"
    assert spoken.issues == (IssueDetected(character_offsets=CharacterOffsets(begin=3, end=14)),)


def test_one_channel_says_the_lines_of_both() -> None:
    """Lines of two channels may overlap; each is complete, in the order of time, however the audio ends."""
    lines = [
        {"text": "a b c d", "start": 0, "end": 4},
        {"text": "x", "start": 1, "end": 2, "channel": 1},
    ]
    finals = [("x", False), ("a b c d", False)]
    assert [each for each in said(hear(Scripted(lines), seconds=5)) if not each[1]] == finals
    assert said(hear(Scripted(lines), seconds=0.5)) == finals[1:]


def test_delay() -> None:
    """Results are late by so much audio, and at the end of the audio no more."""
    script = {"lines": ["one"], "delay": 1.5}
    assert hear(Scripted(script), seconds=1.7, finish=False) == []
    assert said(hear(Scripted(script), seconds=1.8, finish=False)) == [("one", True), ("one", False)]
    assert said(hear(Scripted(script), seconds=0.4)) == [("one", False)]


@pytest.mark.parametrize("size", [700, 1_000_000])
def test_repeat(size: int) -> None:
    """Lines and categories begin again, later by the whole script, under new ids; faults come once."""
    script = {
        "lines": ["one", {"items": [{"content": "two", "start": 1.0, "end": 1.5}]}],
        "categories": [{"at": 1.5, "name": "c", "ranges": [[1.0, 1.5]]}],
        "faults": [{"at": 3.7, "kind": "slow", "seconds": 1}],
        "repeat": True,
    }
    heard = hear(Scripted(script), seconds=6, size=size)
    finals = [each for each in heard if isinstance(each, Result) and not each.is_partial]
    assert [(each.alternatives[0].transcript, each.start_time) for each in finals] == [
        ("one", 0.0), ("two", 1.0), ("one", 2.0), ("two", 3.0), ("one", 4.0), ("two", 5.0),
    ]  # fmt: skip
    assert finals[3].alternatives[0].items[0].start_time == 3.0
    assert len({each.result_id for each in finals}) == 6
    ranges = [
        each.matched_details["c"].timestamp_ranges[0].begin_offset_millis
        for each in heard
        if isinstance(each, Category)
    ]
    assert ranges == [1000, 3000, 5000]
    assert [type(each) for each in heard].count(Fault) == 1


def test_repeating_nothing_is_silence() -> None:
    """The channel of a call that says nothing is silent, for ever and at once."""
    script = {"lines": ["one"], "repeat": True}
    assert hear(Scripted(script), seconds=60, channel=1) == []


def test_faults_come_when_their_audio_was_heard() -> None:
    """After what was said by then; and on the first channel alone."""
    fault = {"at": 0.3, "kind": "exception", "exception": "ServiceUnavailableException", "message": "Later."}
    script = Scripted({"lines": ["one"], "faults": [fault, {"at": 9, "kind": "drop"}]})
    heard = hear(script, seconds=1)
    assert heard[-1] == Fault(
        kind=FaultKind.EXCEPTION, exception="ServiceUnavailableException", message="Later."
    )
    assert said(heard[:-1]) == [("one", True), ("one", False)]
    assert hear(script, seconds=1, channel=1) == []


def example() -> str:
    """The script in the documentation."""
    _, _, after = (scripted.__doc__ or "").partition("::\n\n")
    block = itertools.takewhile(lambda line: not line or line.startswith("    "), after.splitlines())
    return textwrap.dedent("\n".join(block))


async def test_the_documented_script(tmp_path: Path) -> None:
    """It is read, and said to a client until its last fault."""
    path = tmp_path / "example.toml"
    path.write_text(example().replace("seconds = 0.3", "seconds = 0.001"), encoding="utf-8")
    async with local_aws(recogniser=engine(str(path))) as local:
        heard = await stream(signed_url(local), [audio(bytes(RATE * 4))] * 25)
    assert heard.finals[:5] == [
        "Hello, I am Jane Doe.", "My order 123 never came.", "Buenos días, Ana.", "Dr. No!",
        "Hello, I am Jane Doe.",
    ]  # fmt: skip
    assert heard.failure == Failure(
        kind="ServiceUnavailableException",
        message="Service is currently unavailable. Try your request later.",
    )
    assert "My older" in [each.alternatives[0].transcript for each in heard.results]


async def test_the_documented_script_as_a_call(tmp_path: Path) -> None:
    """The categories reach a call, and each line the participant of its channel."""
    script = tomllib.loads(example()) | {"faults": []}
    operation = Operation.CALL_ANALYTICS
    messages = [encode(Configuration()).encode(), *[audio(bytes(RATE * 8))] * 6, END]
    async with local_aws(recogniser=told(script)) as local:
        heard = await stream(signed_url(local, operation), messages, operation=operation)
    finals = [each for each in heard.events if isinstance(each, Utterance) and not each.is_partial]
    assert [(each.participant_role, each.transcript) for each in finals][:2] == [
        ("AGENT", "Hello, I am Jane Doe."),
        ("CUSTOMER", "My order 123 never came."),
    ]
    assert [each.matched_categories for each in heard.events if isinstance(each, Category)] == [
        ("late-delivery",)
    ]
