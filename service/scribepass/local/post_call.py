"""The report of a call, as far as what was said can tell.

Its form is that of the documented output of batch Call Analytics ("Compiled post-call analytics output").
What needs the sound itself (loudness) or a model (outcomes, action items, summaries) is not here, nor are
interruptions, nor the recording that AWS puts beside it. Confidences are text, as in AWS's samples.

Where AWS puts a report: OutputLocation is a bucket, a folder that ends in ``/``, or a file that ends in
``.json``. How it names a report in a bucket or folder, and how a redacted one, is not documented; assumed are
``SESSION-ID.json``, and ``redacted-`` before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from scribepass.transcribe import PostCallAnalyticsSettings, TimestampRange, Utterance, UtteranceItem, to_json

from .configuration import location

__all__ = ["Talk", "places", "report"]

_SCORES: Final = {"POSITIVE": 5.0, "NEGATIVE": -5.0, "MIXED": 0.0, "NEUTRAL": 0.0}
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """The final utterances of a call, oldest first or not, and the categories that they match."""

    turns: tuple[Utterance, ...]
    points: Mapping[str, tuple[TimestampRange, ...]]
    language_code: str | None


def places(
    settings: PostCallAnalyticsSettings, *, name: str, redaction: bool
) -> Iterator[tuple[PurePosixPath, bool]]:
    """Where reports go, as ``bucket/key``, each with whether it is redacted.

    ``name`` is the call's. With ``redaction`` there is a redacted report, and one that is not where the
    settings ask for both.
    """
    bucket, key = location(settings.output_location) or ("", "")
    path = PurePosixPath(bucket, key)
    if not key.endswith(".json"):
        path /= f"{name}.json"
    if redaction:
        yield path.with_name(f"redacted-{path.name}"), True
    if not redaction or settings.content_redaction_output == "redacted_and_unredacted":
        yield path, False


def report(talk: Talk, *, name: str, account: str, seconds: float) -> dict[str, Any]:
    """The report of a call of so many ``seconds`` of audio."""
    turns = sorted(talk.turns, key=lambda turn: (turn.begin_offset_millis, turn.participant_role))
    roles = sorted({turn.participant_role for turn in turns})
    return {
        "JobName": name,
        "JobStatus": "COMPLETED",
        "AccountId": account,
        "Channel": "VOICE",
        "LanguageCode": next(
            (turn.language_code for turn in turns if turn.language_code), talk.language_code
        ),
        "Participants": [{"ParticipantRole": role} for role in roles],
        "Transcript": [_turn(turn) for turn in turns],
        "Categories": {
            "MatchedCategories": list(talk.points),
            "MatchedDetails": {
                category: {"PointsOfInterest": [_range(each) for each in ranges]}
                for category, ranges in talk.points.items()
            },
        },
        "ConversationCharacteristics": _characteristics(turns, roles, round(seconds * 1000)),
    }


def _turn(turn: Utterance) -> dict[str, Any]:
    said = to_json(turn)
    told = {
        "Id": turn.utterance_id,
        "ParticipantRole": turn.participant_role,
        "Content": turn.transcript,
        "BeginOffsetMillis": turn.begin_offset_millis,
        "EndOffsetMillis": turn.end_offset_millis,
        "Items": [_item(item) for item in turn.items],
    }
    return told | {name: said[name] for name in ("Sentiment", "IssuesDetected") if name in said}


def _item(item: UtteranceItem) -> dict[str, Any]:
    confidence = {} if item.confidence is None else {"Confidence": f"{item.confidence:.4f}"}
    return {
        "Type": item.type,
        **confidence,
        "Content": item.content,
        "BeginOffsetMillis": item.begin_offset_millis,
        "EndOffsetMillis": item.end_offset_millis,
    }


def _characteristics(turns: Sequence[Utterance], roles: Sequence[str], total: int) -> dict[str, Any]:
    of = {role: [turn for turn in turns if turn.participant_role == role] for role in roles}
    talk = {role: sum(_length(turn) for turn in said) for role, said in of.items()}
    told: dict[str, Any] = {
        "TotalConversationDurationMillis": total,
        "TalkTime": {
            "DetailsByParticipant": {role: {"TotalTimeMillis": millis} for role, millis in talk.items()},
            "TotalTimeMillis": sum(talk.values()),
        },
        "TalkSpeed": {
            "DetailsByParticipant": {
                role: {"AverageWordsPerMinute": _words_per_minute(said, talk[role])}
                for role, said in of.items()
            }
        },
        "NonTalkTime": {"TotalTimeMillis": total - _covered([_span(turn) for turn in turns], total)},
    }
    if scores := {role: score for role, said in of.items() if (score := _score(said)) is not None}:
        told["Sentiment"] = {"OverallSentiment": scores}
    return told


def _range(span: TimestampRange) -> dict[str, int]:
    return {"BeginOffsetMillis": span.begin_offset_millis, "EndOffsetMillis": span.end_offset_millis}


def _span(turn: Utterance) -> _Span:
    return turn.begin_offset_millis, turn.end_offset_millis


def _length(turn: Utterance) -> int:
    return turn.end_offset_millis - turn.begin_offset_millis


def _words_per_minute(turns: Sequence[Utterance], millis: int) -> int:
    words = sum(item.type != "punctuation" for turn in turns for item in turn.items)
    return round(words * 60_000 / millis) if millis else 0


def _covered(spans: Sequence[_Span], total: int) -> int:
    """For how many milliseconds somebody speaks. ``spans`` are sorted."""
    covered, until = 0, 0
    for begin, end in spans:
        covered += max(0, min(end, total) - max(begin, until))
        until = max(until, end)
    return covered


def _score(turns: Sequence[Utterance]) -> float | None:
    """The mean sentiment, from -5 to 5 as in AWS's reports."""
    scores = [_SCORES[turn.sentiment] for turn in turns if turn.sentiment in _SCORES]
    return round(sum(scores) / len(scores), 1) if scores else None
