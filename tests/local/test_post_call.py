"""The report of a call: what it says, and where it goes."""

from pathlib import PurePosixPath

import pytest

from scribepass.local.post_call import Talk, places, report
from scribepass.local.shaping.utterances import utterance
from scribepass.transcribe import (
    CharacterOffsets,
    IssueDetected,
    PostCallAnalyticsSettings,
    TimestampRange,
    Utterance,
)
from support.saying import result

ROLE = "arn:aws:iam::111122223333:role/Admin"

PLACES: dict[str, tuple[str, bool, str | None, dict[str, bool]]] = {
    "a bucket": ("s3://b-1", False, None, {"b-1/id.json": False}),
    "a folder": ("s3://b-1/calls/", False, None, {"b-1/calls/id.json": False}),
    "a folder without its slash": ("s3://b-1/calls", False, None, {"b-1/calls/id.json": False}),
    "a file": ("s3://b-1/calls/mine.json", False, None, {"b-1/calls/mine.json": False}),
    "redacted": ("s3://b-1/calls/", True, "redacted", {"b-1/calls/redacted-id.json": True}),
    "redacted, unsaid": ("s3://b-1/calls/", True, None, {"b-1/calls/redacted-id.json": True}),
    "both": (
        "s3://b-1/mine.json",
        True,
        "redacted_and_unredacted",
        {"b-1/redacted-mine.json": True, "b-1/mine.json": False},
    ),
}


@pytest.mark.parametrize(("where", "redaction", "output", "expected"), PLACES.values(), ids=PLACES)
def test_places(where: str, redaction: bool, output: str | None, expected: dict[str, bool]) -> None:
    """Nothing that was to be redacted is stored unless both were asked for."""
    settings = PostCallAnalyticsSettings(
        output_location=where, data_access_role_arn=ROLE, content_redaction_output=output
    )
    found = dict(places(settings, name="id", redaction=redaction))
    assert found == {PurePosixPath(path): hidden for path, hidden in expected.items()}


def turn(text: str, role: str, *, start: float, sentiment: str | None = None) -> Utterance:
    issues = (
        (IssueDetected(character_offsets=CharacterOffsets(begin=0, end=2)),) if role == "CUSTOMER" else ()
    )
    return utterance(
        result(text, start=start, item={"confidence": 0.97}),
        role=role,
        language="en-US",
        sentiment=sentiment,
        issues=issues,
    )


TALK = Talk(
    turns=(
        turn("no signal here", "CUSTOMER", start=2.0, sentiment="NEGATIVE"),
        turn("hello .", "AGENT", start=0.5, sentiment="NEUTRAL"),
        turn("oh dear", "AGENT", start=2.6, sentiment="POSITIVE"),
    ),
    points={"complaint": (TimestampRange(begin_offset_millis=2000, end_offset_millis=2600),)},
    language_code="en-US",
)


def test_a_report() -> None:
    """Turn by turn in the order of the call, then categories and characteristics."""
    told = report(TALK, name="call", account="000000000000", seconds=4.0)
    assert (told["JobName"], told["JobStatus"], told["LanguageCode"], told["Channel"]) == (
        "call",
        "COMPLETED",
        "en-US",
        "VOICE",
    )
    assert [(each["ParticipantRole"], each["Content"], each["Sentiment"]) for each in told["Transcript"]] == [
        ("AGENT", "hello.", "NEUTRAL"),
        ("CUSTOMER", "no signal here", "NEGATIVE"),
        ("AGENT", "oh dear", "POSITIVE"),
    ]
    assert told["Transcript"][1]["IssuesDetected"] == [{"CharacterOffsets": {"Begin": 0, "End": 2}}]
    assert told["Transcript"][1]["Items"][0] == {
        "Type": "pronunciation",
        "Confidence": "0.9700",
        "Content": "no",
        "BeginOffsetMillis": 2000,
        "EndOffsetMillis": 2300,
    }
    assert "Confidence" not in told["Transcript"][0]["Items"][1]
    assert told["Categories"] == {
        "MatchedCategories": ["complaint"],
        "MatchedDetails": {
            "complaint": {"PointsOfInterest": [{"BeginOffsetMillis": 2000, "EndOffsetMillis": 2600}]}
        },
    }


def test_characteristics() -> None:
    """Who spoke how long and how fast; two who speak at once leave one silence."""
    told = report(TALK, name="call", account="000000000000", seconds=4.0)["ConversationCharacteristics"]
    assert told == {
        "TotalConversationDurationMillis": 4000,
        "TalkTime": {
            "DetailsByParticipant": {"AGENT": {"TotalTimeMillis": 900}, "CUSTOMER": {"TotalTimeMillis": 900}},
            "TotalTimeMillis": 1800,
        },
        "TalkSpeed": {
            "DetailsByParticipant": {
                "AGENT": {"AverageWordsPerMinute": 200},
                "CUSTOMER": {"AverageWordsPerMinute": 200},
            }
        },
        "NonTalkTime": {"TotalTimeMillis": 4000 - 300 - 1200},
        "Sentiment": {"OverallSentiment": {"AGENT": 2.5, "CUSTOMER": -5.0}},
    }


def test_a_call_in_which_nobody_spoke() -> None:
    """Has a report too."""
    told = report(
        Talk(turns=(), points={}, language_code="en-US"), name="call", account="0" * 12, seconds=1.0
    )
    assert told["Transcript"] == []
    assert told["ConversationCharacteristics"]["NonTalkTime"] == {"TotalTimeMillis": 1000}
    assert "Sentiment" not in told["ConversationCharacteristics"]
