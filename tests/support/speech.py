"""The clips of public speech, and words as they are compared."""

import re
import wave
from pathlib import Path

EXACT = (
    "goforward",
    "cards_001",
    "cards_003",
    "cards_004",
    "arctic_aew_a0003",
    "aws_sdk",
    "sr_english",
    "e2e_mix_2s_lead",
)
"""The clips that ``PROVENANCE.md`` beside them calls exact with the engine as it is tuned."""


def words(text: str) -> list[str]:
    """Lower-case words without punctuation."""
    return re.findall(r"[a-z0-9']+", text.lower())


def pcm_of(clip: Path) -> bytes:
    """The samples of a 16 kHz mono WAV file, 16-bit little-endian."""
    with wave.open(str(clip), "rb") as reader:
        assert (reader.getframerate(), reader.getnchannels(), reader.getsampwidth()) == (16000, 1, 2)
        return reader.readframes(reader.getnframes())
