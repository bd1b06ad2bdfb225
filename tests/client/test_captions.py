"""The same transcript as text, JSON lines, SubRip and WebVTT."""

import json

import pytest

from scribepass.client.captions import json_line, srt, text, vtt
from scribepass.transcribe import Alternative, Category, Item, Result, Transcript, decode, encode
from support.loopback import final


def told(transcript: str, *, start: float = 0.0, end: float = 2.0, channel: str | None = None) -> Result:
    best = (Alternative(transcript=transcript, items=()),)
    return Result(
        result_id="r", start_time=start, end_time=end, is_partial=False, alternatives=best, channel_id=channel
    )


def dialogue() -> Result:
    items = tuple(
        Item(content=content, start_time=start, end_time=start + 0.4, speaker=speaker)
        for content, start, speaker in (("hello", 1.0, "0"), ("good", 3.0, "1"), ("day", 3.4, "1"))
    )
    best = (Alternative(transcript="hello good day", items=items),)
    return Result(result_id="r", start_time=1.0, end_time=3.8, is_partial=False, alternatives=best)


def test_text_has_a_line_for_each_turn() -> None:
    """Without speakers a result is a line; with them each turn is, and says whose it is."""
    assert text([final("hello there"), final("again", 3.0)]) == "hello there\nagain\n"
    assert text([dialogue()]) == "Speaker 0: hello\nSpeaker 1: good day\n"
    assert text([told("hi", channel="ch_1")]) == "ch_1: hi\n"
    assert text([]) == ""


def test_json_is_what_aws_sends() -> None:
    """One line, PascalCase, and the event that AWS would have sent comes back from it."""
    result = final("hello there", 1.5)
    line = json_line(result)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    event = encode(Transcript(results=(result,)))
    assert json.loads(line) == json.loads(event.payload)["Transcript"]["Results"][0]
    assert decode(event) == Transcript(results=(result,))
    assert "你好" in json_line(told("你好"))
    assert json.loads(json_line(Category(matched_categories=("x",))))["MatchedCategories"] == ["x"]


SRT = """\
1
00:00:00,000 --> 00:00:01,000
hello there

2
01:02:03,046 --> 01:02:04,046
again
"""

VTT = """\
WEBVTT

00:00:00.000 --> 00:00:01.000
hello there

01:02:03.046 --> 01:02:04.046
again
"""


def test_subtitles() -> None:
    """Numbers, times with milliseconds, and blank lines where the formats want them."""
    finals = [final("hello there"), final("again", 3723.0456)]
    assert srt(finals) == SRT
    assert vtt(finals) == VTT


def test_no_words_are_a_valid_file() -> None:
    """Silence gives an empty SubRip file and a WebVTT file with its header."""
    assert srt([]) == ""
    assert vtt([]) == "WEBVTT\n"


def test_speakers() -> None:
    """SubRip has no word for a speaker, so the name is text; WebVTT has voice spans."""
    assert [line for line in srt([dialogue()]).splitlines() if "Speaker" in line] == [
        "Speaker 0: hello",
        "Speaker 1: good day",
    ]
    assert [line for line in vtt([dialogue()]).splitlines() if "Speaker" in line] == [
        "<v Speaker 0>hello",
        "<v Speaker 1>good day",
    ]
    assert "<v a&gt;b&lt;c>x" in vtt([told("x", channel="a>b<c")])


@pytest.mark.parametrize(
    ("said", "subrip", "web"),
    [
        pytest.param("a --> b", "a --\u200b> b", "a --&gt; b", id="an arrow, which would be a time"),
        pytest.param("<b>x</b>", "<\u200bb>x<\u200b/b>", "&lt;b&gt;x&lt;/b&gt;", id="markup"),
        pytest.param("R&D", "R&D", "R&amp;D", id="an ampersand"),
        pytest.param("a\n\n2\n00:00:01,000 --> x", "a 2 00:00:01,000 --\u200b> x", None, id="a whole cue"),
        pytest.param('"quoted"', '"quoted"', '"quoted"', id="quotes stay"),
        pytest.param("1 < 2", "1 <\u200b 2", "1 &lt; 2", id="less than"),
    ],
)
def test_what_is_said_is_never_markup(said: str, subrip: str, web: str | None) -> None:
    """Text that looks like a time, a tag or a new cue is shown as text."""
    assert srt([told(said)]).splitlines()[2:] == [subrip]
    if web is not None:
        assert vtt([told(said)]).splitlines()[3:] == [web]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        pytest.param(0.0, "00:00:00,000", id="zero"),
        pytest.param(0.0004, "00:00:00,000", id="rounds down"),
        pytest.param(0.0006, "00:00:00,001", id="rounds up"),
        pytest.param(59.9996, "00:01:00,000", id="carries into the minute"),
        pytest.param(3599.9999, "01:00:00,000", id="carries into the hour"),
        pytest.param(14400.0, "04:00:00,000", id="four hours"),
        pytest.param(360000.5, "100:00:00,500", id="a hundred hours"),
    ],
)
def test_times(seconds: float, shown: str) -> None:
    """Milliseconds are rounded once, so that 60 seconds never show."""
    assert srt([told("x", start=seconds, end=seconds + 5)]).splitlines()[1].startswith(f"{shown} --> ")


def test_a_result_without_alternatives_says_nothing() -> None:
    """As a withdrawn partial is: no line, no cue, and JSON all the same."""
    nothing = Result(result_id="r", start_time=1.0, end_time=2.0, is_partial=True)
    assert text([final("hello"), nothing]) == "hello\n"
    assert srt([final("hello"), nothing]) == srt([final("hello")])
    assert vtt([nothing]) == "WEBVTT\n"
    assert json.loads(json_line(nothing))["Alternatives"] == []
