"""The recogniser that says what it was told to."""

import json
from pathlib import Path

import pytest

from scribepass.local.recognisers import Options
from scribepass.local.recognisers.scripted import Line, Scripted, engine
from scribepass.transcribe import Result

RATE = 8_000


def hear(scripted: Scripted, *, seconds: float, size: int = 1600, finish: bool = True) -> list[Result]:
    recogniser = scripted.open(Options(sample_rate=RATE))
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


FILES = {
    "toml": (
        "s.toml",
        '[[lines]]\ntext = "a b"\nstart = 0.2\nend = 0.9\nconfidence = 0.5\n[[lines]]\ntext = "c"\n',
    ),
    "json": (
        "s.json",
        json.dumps({"lines": [{"text": "a b", "start": 0.2, "end": 0.9, "confidence": 0.5}, {"text": "c"}]}),
    ),
    "plain list": ("s.json", json.dumps([{"text": "a b", "start": 0.2, "end": 0.9, "confidence": 0.5}, "c"])),
}


@pytest.mark.parametrize(("name", "text"), FILES.values(), ids=FILES)
def test_files(tmp_path: Path, name: str, text: str) -> None:
    """TOML and JSON say the same."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert engine(path).lines == (
        Line(text="a b", start=0.2, end=0.9, confidence=0.5),
        Line(text="c", start=1.4, end=1.7),
    )


BAD = {
    "no list": "3",
    "unknown table": '{"lines": [], "speed": 2}',
    "unknown member": '[{"text": "a", "speaker": "me"}]',
    "wrong type": '[{"text": "a", "start": "soon"}]',
    "neither text nor table": "[7]",
    "no text": '[" "]',
    "out of order": '[{"text": "a", "start": 2, "end": 3}, {"text": "b", "start": 1, "end": 4}]',
    "no time": '[{"text": "a", "start": 2, "end": 2}]',
    "not JSON": "{",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_bad_scripts_are_refused(tmp_path: Path, text: str) -> None:
    """A script with a fault is a ValueError when it is read, not a surprise later."""
    path = tmp_path / "script.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"."):
        engine(path)
