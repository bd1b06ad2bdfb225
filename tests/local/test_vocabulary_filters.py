"""A file of vocabulary filters: what it may hold, and what is said when it holds something else."""

from pathlib import Path
from typing import Any

import pytest

from scribepass.local.vocabulary_filters import VocabularyFilter, read

FILE = """
[filters.rude-en]
language = "en-US"
words = ["Darn", "HECK", "o’clock"]

[filters."any.thing"]
words = ["foo"]
"""


def test_a_file(tmp_path: Path) -> None:
    """Words are compared without regard to case."""
    path = tmp_path / "filters.toml"
    path.write_text(FILE)
    assert read(path) == {
        "rude-en": VocabularyFilter(words=frozenset({"darn", "heck", "o'clock"}), language="en-US"),
        "any.thing": VocabularyFilter(words=frozenset({"foo"})),
    }


BAD: dict[str, tuple[Any, str]] = {
    "no filters": ({}, r"tables \[filters.NAME\]"),
    "something else": ({"filters": {}, "words": []}, "and nothing else"),
    "a list": ({"filters": []}, r"tables \[filters.NAME\]"),
    "a name that AWS would not take": ({"filters": {"a b": {"words": ["x"]}}}, "'a b'"),
    "another member": ({"filters": {"f": {"words": ["x"], "method": "mask"}}}, "f has 'words' and"),
    "a language": ({"filters": {"f": {"words": ["x"], "language": "en"}}}, "'en'"),
    "no words": ({"filters": {"f": {"words": []}}}, "no list of words"),
    "words that are no list": ({"filters": {"f": {"words": "darn"}}}, "no list of words"),
    "two words in one": ({"filters": {"f": {"words": ["oh darn"]}}}, "'oh darn', which is not one word"),
    "a number": ({"filters": {"f": {"words": [1]}}}, "not one word"),
}


@pytest.mark.parametrize(("given", "message"), BAD.values(), ids=BAD)
def test_what_it_may_not_hold(given: Any, message: str) -> None:
    """The fault is named."""
    with pytest.raises(ValueError, match=message):
        read(given)


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    """Its line is named."""
    path = tmp_path / "filters.toml"
    path.write_text("[filters\nx = 1\n")
    with pytest.raises(ValueError, match="at line 1"):
        read(path)
