"""web/mobile/vectors.json: made from the project's vectors, and what our codecs say too."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scribepass.errors import Violation
from support.feed import Outcome, feed, ways
from support.tools import needs
from support.vectors import limits, messages, unhex

HERE = Path(__file__).parent
VECTORS = json.loads((HERE.parents[1] / "web" / "mobile" / "vectors.json").read_text())
CASES = [*VECTORS["valid"], *VECTORS["invalid"]]


def test_the_file_is_what_its_maker_writes() -> None:
    """A change of tests/vectors/eventstream reaches the phones."""
    command = [sys.executable, str(HERE / "make_vectors.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_case_needs_more_than_the_readme_says() -> None:
    """No runs of a byte, and no limits of its own: a port's reader stays small."""
    assert all(case.keys() <= {"name", "why", "bytes", "messages", "error", "at_end"} for case in CASES)
    assert not any("*" in case["bytes"] for case in CASES)
    assert not any("error" in case for case in VECTORS["valid"])
    assert all("error" in case for case in VECTORS["invalid"])


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_python_codec_agrees(case: dict[str, Any]) -> None:
    """Messages, then the error; and the bytes again from the messages."""
    data, at_end = unhex(case["bytes"]), case.get("at_end", False)
    for way, chunks in ways(data, seed=case["name"]):
        outcome: Outcome = feed(chunks, limits=limits(case), at_end=at_end)
        assert outcome.messages == messages(case), way
        assert outcome.kind == (Violation(case["error"]) if "error" in case else None), way
    if "error" not in case:
        assert b"".join(message.encode() for message in messages(case)) == data


def test_the_javascript_codec_agrees() -> None:
    """The same in Node."""
    command = [needs("node"), "--test", str(HERE / "vectors.test.mjs")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
