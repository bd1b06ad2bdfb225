"""Script files: what they may hold, and what is said of those that are wrong."""

import json
from pathlib import Path

import pytest

from scribepass.errors import SettingsError
from scribepass.local.recognisers.scripted import BadScript, Line, engine, told

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
    assert engine(str(path)).script.lines == (
        Line(text="a b", start=0.2, end=0.9, confidence=0.5),
        Line(text="c", start=1.4, end=1.7),
    )


ITEMS = "lines[0].items: need start and end, all of them or none, one behind the other and within the line"
ORDER = "start: must be before its end, and not before the end of the line before it"
MEMBERS = (
    "channel, confidence, end, entities, issues, items, language, languages, partials, sentiment, speaker, "
    "start, text"
)

BAD: dict[str, tuple[object, list[str]]] = {
    "no list": (3, ["a script is a list of lines, or a table with lines"]),
    "lines that are none": ({"lines": 3}, ["lines: must be a list"]),
    "unknown table": ({"speed": 2}, ["speed: is not one of categories, delay, faults, lines, repeat"]),
    "unknown member": ([{"text": "a", "spoken": "me"}], [f"lines[0].spoken: is not one of {MEMBERS}"]),
    "wrong type": ([{"text": "a", "start": "soon"}], ["lines[0].start: must be a number from 0 to 14400"]),
    "true is no number": ([{"text": "a", "end": True}], ["lines[0].end: must be a number from 0 to 14400"]),
    "not a number": ({"delay": float("nan")}, ["delay: must be a number from 0 to 60"]),
    "neither text nor table": (["a", 7], ["lines[1]: must be a table", "lines[1].text: has no words"]),
    "no text": ([" "], ["lines[0].text: must be text", "lines[0].text: has no words"]),
    "marks alone": (["?!"], ["lines[0].text: has no words"]),
    "out of order": (
        [{"text": "a", "start": 2, "end": 3}, {"text": "b", "start": 1, "end": 4}],
        [f"lines[1].{ORDER}"],
    ),
    "no time": ([{"text": "a", "start": 2, "end": 2}], [f"lines[0].{ORDER}"]),
    "a third channel": ([{"text": "a", "channel": 2}], ["lines[0].channel: must be 0 or 1"]),
    "confidences of other words": (
        [{"text": "a b", "confidence": [1]}],
        ["lines[0].confidence: must be one number, or a list of one for each word"],
    ),
    "more than sure": (
        [{"text": "a", "confidence": 1.1}],
        ["lines[0].confidence: must be a number from 0 to 1"],
    ),
    "no partials": (
        [{"text": "a", "partials": "few"}],
        ['lines[0].partials: must be "words", "none" or a list of texts'],
    ),
    "an item of another text": (
        [{"text": "a b", "items": [{"content": "b"}, {"content": "a"}]}],
        ["lines[0].items: the item 'a' is not in the text, behind the item before it"],
    ),
    "an item without content": (
        [{"items": [{}]}], ["lines[0].items[0].content: is missing", "lines[0].text: has no words"]
    ),
    "half-timed items": ([{"items": [{"content": "a", "start": 0, "end": 1}, {"content": "b"}]}], [ITEMS]),
    "items that go back": (
        [{"items": [{"content": "a", "start": 1, "end": 2}, {"content": "b", "start": 0, "end": 3}]}], [ITEMS]
    ),
    "items beside their line": (
        [{"start": 0, "end": 1, "items": [{"content": "a", "start": 1, "end": 2}]}], [ITEMS]
    ),
    "an entity that is not said": (
        [{"text": "a b", "entities": [{"content": "c"}]}],
        ["lines[0].entities[0]: 'c' is not in the text"],
    ),
    "an issue that is not said": (
        [{"text": "a", "issues": ["b"]}],
        ["lines[0].issues[0]: 'b' is not in the text"],
    ),
    "scores that are none": (
        [{"text": "a", "languages": ["en-US"]}],
        ["lines[0].languages: must be a table of language codes and scores"],
    ),
    "a mood": (
        [{"text": "a", "sentiment": "GRIM"}],
        ["lines[0].sentiment: must be one of POSITIVE, NEGATIVE, MIXED, NEUTRAL"],
    ),
    "a category of no time": ({"categories": [{"name": "c"}]}, ["categories[0].at: is missing"]),
    "a range of one end": (
        {"categories": [{"name": "c", "at": 1, "ranges": [[1]]}]},
        ["categories[0].ranges: must be a list of [start, end], in seconds"],
    ),
    "an unknown fault": (
        {"faults": [{"at": 1, "kind": "fire"}]},
        [
            "faults[0].kind: must be one of exception, drop, half-open, slow, garbage, wrong-crc, close",
        ],
    ),
    "a line without an end": ({"lines": ["a " * 201]}, ["lines[0].text: has more than 200 words"]),
    "an exception of no name": (
        {"faults": [{"at": 1, "kind": "exception", "exception": "Oh no", "message": "x" * 1025}]},
        [
            "faults[0].exception: must be the name of an exception",
            "faults[0].message: must be text of at most 1024 characters",
        ],
    ),
    "repeat how often": ({"repeat": 3}, ["repeat: must be true or false"]),
}  # fmt: skip


@pytest.mark.parametrize(("script", "faults"), BAD.values(), ids=BAD)
def test_bad_scripts_are_refused(script: object, faults: list[str]) -> None:
    """A fault is told when a script is read, with its path and in words, not found out later."""
    with pytest.raises(BadScript) as caught:
        told(script)
    assert list(caught.value.faults) == faults


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Each is a problem of its own, with the file's name."""
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"lines": [{"text": "a", "start": -1}, 5], "speed": 2, "faults": [{"at": 1}]}))
    with pytest.raises(SettingsError) as caught:
        engine(str(path))
    assert [each.message.removeprefix(f"{path}: ").partition(": ")[0] for each in caught.value.problems] == [
        "lines[0].start", "lines[1]", "lines[1].text", "faults[0].kind", "speed",
    ]  # fmt: skip
    assert {(each.field, each.code) for each in caught.value.problems} == {("recogniser", "script")}


@pytest.mark.parametrize(("name", "text"), [("s.toml", "lines = [3\nx"), ("s.json", '{\n"lines": [}')])
def test_files_that_cannot_be_read_at_all(tmp_path: Path, name: str, text: str) -> None:
    """The file and the place are named."""
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"{name}: .*line [12]"):
        engine(str(path))
