"""Audio that counts, as the local AWS's ``markers`` recogniser hears it: no loss goes unseen.

Number n (1, 2, 3, …) sounds from ``0.2·(n - 1)`` to ``0.2·(n - 1) + 0.1`` seconds. The same bytes are made by
`tests/web/support/markers.mjs`.
"""

import functools
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scribepass.local.recognisers.tones import MARK_SECONDS, tones

PERIOD_SECONDS = 0.2
RAMP_SECONDS = 0.002
AMPLITUDE = 0.08  # of each of the 16 tones


def times(number: int) -> tuple[float, float]:
    """When ``number`` sounds, in seconds."""
    start = round(PERIOD_SECONDS * (number - 1), 3)
    return start, round(start + MARK_SECONDS, 3)


@functools.cache
def marker(number: int, *, rate: int = 16_000) -> bytes:
    """One marker without the silence after it: 16-bit little-endian mono PCM."""
    seconds = np.arange(round(MARK_SECONDS * rate)) / rate
    sound = np.zeros(len(seconds))
    for tone in tones(number):
        step = (tone - 500) // 100
        # The phases turn faster with each tone, so that the tones do not all peak at once.
        sound += np.sin(2 * np.pi * tone * seconds + np.pi * step * step / 32)
    ramp = np.minimum(1, np.minimum(seconds, MARK_SECONDS - seconds) / RAMP_SECONDS)
    return np.floor(AMPLITUDE * ramp * sound * 32767 + 0.5).astype("<i2").tobytes()


def count(numbers: int, *, first: int = 1, rate: int = 16_000) -> bytes:
    """The markers from ``first`` on as 16-bit little-endian mono PCM, each with silence behind it."""
    period = 2 * round(PERIOD_SECONDS * rate)
    return b"".join(
        marker(number, rate=rate).ljust(period, b"\0") for number in range(first, first + numbers)
    )


def interleaved(*channels: bytes) -> bytes:
    """Several channels of equal length as one stream of frames."""
    samples: NDArray[np.int16] = np.stack([np.frombuffer(each, dtype="<i2") for each in channels], axis=1)
    return samples.tobytes()


def write_wav(path: Path, pcm: bytes, *, rate: int = 16_000, channels: int = 1) -> Path:
    """Write ``pcm`` to ``path`` and return that."""
    with wave.open(str(path), "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(pcm)
    return path
