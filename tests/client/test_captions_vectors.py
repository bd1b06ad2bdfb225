"""The captions that the browser's library has to write just so: vectors/captions, read by node:test too."""

import json
from pathlib import Path
from typing import Any

import pytest

from scribepass.client import captions
from scribepass.transcribe import Result, Utterance
from scribepass.transcribe.bodies import read

VECTORS = Path(__file__).parents[1] / "vectors" / "captions" / "captions.json"
CASES = json.loads(VECTORS.read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_captions_are_as_the_vectors_say(case: dict[str, Any]) -> None:
    """Text, SubRip and WebVTT, to the last sign."""
    finals: list[Result | Utterance] = [
        *(read(Result, body) for body in case["results"]),
        *(read(Utterance, body) for body in case["utterances"]),
    ]
    assert captions.text(finals) == case["txt"]
    assert captions.srt(finals) == case["srt"]
    assert captions.vtt(finals) == case["vtt"]
