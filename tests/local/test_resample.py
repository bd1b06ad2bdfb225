"""Any rate in, the engine's rate out."""

import math
from array import array

import pytest

from scribepass.local.recognisers.resample import Resampler


def tone(*, rate: int, hertz: int, seconds: float, amplitude: int = 12_000) -> bytes:
    count = round(rate * seconds)
    return array(
        "h", (round(amplitude * math.sin(2 * math.pi * hertz * at / rate)) for at in range(count))
    ).tobytes()


def resample(pcm: bytes, *, source_rate: int, size: int) -> bytes:
    resampler = Resampler(source_rate=source_rate, target_rate=16_000)
    pieces = [resampler.feed(pcm[at : at + size]) for at in range(0, len(pcm), size)]
    return b"".join([*pieces, resampler.feed(b"", last=True)])


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000])
def test_cuts_do_not_matter(rate: int) -> None:
    """The samples are identical whether the audio comes whole, in chunks, or in odd bytes."""
    pcm = tone(rate=rate, hertz=440, seconds=0.5)
    whole = resample(pcm, source_rate=rate, size=len(pcm))
    assert len(whole) == pytest.approx(16_000, abs=4)
    assert resample(pcm, source_rate=rate, size=640) == whole
    assert resample(pcm, source_rate=rate, size=333) == whole


def test_a_tone_stays_a_tone() -> None:
    """What the ear hears is kept: 440 Hz at 48 kHz is 440 Hz at 16 kHz, at the same level."""
    ours = array("h", resample(tone(rate=48_000, hertz=440, seconds=0.5), source_rate=48_000, size=9600))
    expected = array("h", tone(rate=16_000, hertz=440, seconds=0.5))
    differences = [abs(one - other) for one, other in zip(ours[800:-800], expected[800:-800], strict=True)]
    assert max(differences) < 60


def test_what_the_target_cannot_hold_is_filtered_out() -> None:
    """12 kHz would alias to 4 kHz; it is gone instead."""
    ours = array("h", resample(tone(rate=48_000, hertz=12_000, seconds=0.5), source_rate=48_000, size=9600))
    assert max(abs(sample) for sample in ours[800:-800]) < 12


def test_full_scale_is_clipped_not_wrapped() -> None:
    """A square wave at full scale overshoots in the filter and must not change sign."""
    square = array("h", [32_767] * 200 + [-32_768] * 200).tobytes()
    ours = array("h", resample(square, source_rate=8_000, size=len(square)))
    assert min(ours[100:300]) > 30_000


def test_the_engines_own_rate_passes_through() -> None:
    """At 16 kHz bytes are bytes; an odd one waits for its other half."""
    resampler = Resampler(source_rate=16_000, target_rate=16_000)
    assert [resampler.feed(b"\x01\x02\x03"), resampler.feed(b"\x04"), resampler.feed(b"\x05", last=True)] == [
        b"\x01\x02",
        b"\x03\x04",
        b"",
    ]
