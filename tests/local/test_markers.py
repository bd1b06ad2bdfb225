"""The recogniser that counts: every whole marker is heard, once, and nothing else is."""

import json
import subprocess
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soxr

from scribepass.local.recognisers import Options, named
from scribepass.local.recognisers.markers import Markers, engine
from scribepass.local.recognisers.tones import BITS, LARGEST, Finder, code, tones
from scribepass.transcribe import Result
from support import markers
from support.tools import needs

RATE = 16_000
MAKER = Path(__file__).parents[1] / "web" / "support" / "markers.mjs"


def hear(pcm: bytes, *, rate: int = RATE, size: int = 3200, segment: int = 5) -> list[Result]:
    recogniser = Markers(segment).open(Options(sample_rate=rate))
    results = [result for at in range(0, len(pcm), size) for result in recogniser.feed(pcm[at : at + size])]
    return [*results, *recogniser.finish()]


def numbers(pcm: bytes, *, rate: int = RATE) -> list[int]:
    finder = Finder(rate)
    return [marker.number for marker in [*finder.feed(pcm), *finder.finish()]]


def said(results: list[Result]) -> list[tuple[str, bool]]:
    return [(result.alternatives[0].transcript, result.is_partial) for result in results]


def samples(pcm: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64)


def to_pcm(sound: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bytes:
    return np.clip(np.rint(sound), -32768, 32767).astype("<i2").tobytes()


def test_partials_grow_to_a_final_of_five() -> None:
    """The sixth number begins another segment, which the end of the audio closes."""
    results = hear(markers.count(6))
    assert said(results) == [
        ("1", True),
        ("1 2", True),
        ("1 2 3", True),
        ("1 2 3 4", True),
        ("1 2 3 4 5", True),
        ("1 2 3 4 5", False),
        ("6", True),
        ("6", False),
    ]
    assert len({result.result_id for result in results}) == 2
    assert [item.confidence for item in results[5].alternatives[0].items] == [0.99] * 5
    assert {item.confidence for item in results[4].alternatives[0].items} == {None}


def test_segments_are_as_long_as_was_asked_for() -> None:
    """``markers:2``."""
    finals = [text for text, is_partial in said(hear(markers.count(5), segment=2)) if not is_partial]
    assert finals == ["1 2", "3 4", "5"]


def test_times_are_those_of_the_tones() -> None:
    """To a millisecond; a result's are those of its first and last number."""
    (final,) = [result for result in hear(markers.count(5)) if not result.is_partial]
    items = final.alternatives[0].items
    heard = [(item.start_time, item.end_time) for item in items]
    assert heard == [pytest.approx(markers.times(number), abs=0.0011) for number in range(1, 6)]
    assert (final.start_time, final.end_time) == (items[0].start_time, items[-1].end_time)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000])
def test_every_rate(rate: int) -> None:
    """The numbers do not depend on it."""
    assert numbers(markers.count(100, first=2000, rate=rate), rate=rate) == list(range(2000, 2100))


def test_numbers_from_the_first_to_the_last() -> None:
    """With all twelve bits, and none is louder than the wire allows."""
    some = [1, *range(2, LARGEST, 9), LARGEST]
    pcm = b"".join(markers.marker(number) + bytes(640) for number in some)
    assert numbers(pcm) == some
    assert np.abs(samples(pcm)).max() < 32_000


@pytest.mark.parametrize("size", [1, 2, 31, 1601, 100_000])
def test_chunk_size_does_not_matter(size: int) -> None:
    """The same results with the same times, however the audio is cut; half a sample waits for its rest."""
    pcm = markers.count(7)
    bare = [(text, each.start_time, each.end_time) for each in hear(pcm) for text, _ in said([each])]
    cut = hear(pcm, size=size)
    assert [(text, each.start_time, each.end_time) for each in cut for text, _ in said([each])] == bare


@pytest.mark.parametrize("rates", [(48_000, 16_000), (44_100, 16_000), (16_000, 8_000), (8_000, 48_000)])
def test_markers_survive_resampling(rates: tuple[int, int]) -> None:
    """By a resampler that has nothing to do with ours."""
    source, target = rates
    sound = soxr.resample(samples(markers.count(300, rate=source)), source, target)
    assert numbers(to_pcm(sound), rate=target) == list(range(1, 301))


@pytest.mark.parametrize("gain", [0.03, 0.5, 1.15])
def test_markers_survive_gain_and_noise(gain: float) -> None:
    """From 30 dB less to full scale, over noise 40 dB below."""
    sound = samples(markers.count(300)) * gain
    noise = np.random.default_rng(7).normal(0, 0.01 * sound.std(), len(sound))
    assert numbers(to_pcm(sound + noise)) == list(range(1, 301))


def test_one_channel_of_two() -> None:
    """What is left of a marker where the other channel is silent, and where it says the same."""
    pcm = markers.count(50)
    for other in (bytes(len(pcm)), pcm):
        frames = samples(markers.interleaved(pcm, other)).reshape(-1, 2)
        assert numbers(to_pcm(frames.mean(axis=1))) == list(range(1, 51))


@pytest.mark.parametrize("cut", ["begun late", "ended early", "a piece missing", "a piece doubled"])
@pytest.mark.parametrize("milliseconds", [20, 30, 50, 80])
def test_a_marker_in_part_is_not_heard(cut: str, milliseconds: int) -> None:
    """A wrong seam is seen: the number is missing."""
    whole, lost = markers.marker(1234), 32 * milliseconds
    middle = (len(whole) - lost) // 4 * 2
    sound = {
        "begun late": whole[lost:],
        "ended early": whole[:-lost],
        "a piece missing": whole[:middle] + whole[middle + lost :],
        "a piece doubled": whole[: middle + lost] + whole[middle:],
    }[cut]
    around = markers.marker(7) + bytes(3200)
    assert numbers(around + sound + bytes(3200) + around) == [7, 7]
    assert numbers(sound) == []


def test_a_marker_that_rings_has_its_times() -> None:
    """What is much softer before and after it does not count."""
    ringing = to_pcm(0.05 * samples(markers.marker(3))[:640])
    finder = Finder(RATE)
    (marker,) = finder.feed(ringing + markers.marker(9) + ringing + bytes(3200))
    assert marker.number == 9
    assert [marker.start, marker.end] == pytest.approx([0.04, 0.14], abs=0.0011)


def test_a_marker_at_the_very_end_or_begun_a_little_late_is_heard() -> None:
    """Without silence after it, and without its first 10 ms."""
    assert numbers(markers.marker(9)) == [9]
    assert numbers(markers.marker(9)[320:]) == [9]


def test_a_marker_that_is_said_twice_is_heard_twice() -> None:
    """A doubled stretch of audio shows."""
    assert numbers(markers.count(3) + markers.count(2, first=3)) == [1, 2, 3, 3, 4]


@pytest.mark.parametrize(
    "kind", ["silence", "noise", "one tone", "two markers at once", "half a bit", "a long sound"]
)
def test_what_is_no_marker_is_not_heard(kind: str) -> None:
    """Whatever it is, a marker that follows is heard."""
    length = 1600 * 200 if kind == "a long sound" else 1600
    at = np.arange(length) / RATE
    random = np.random.default_rng(3)
    one, other = samples(markers.marker(1)), samples(markers.marker(4094))
    sound = {
        "silence": np.zeros(length),
        "noise": random.normal(0, 3000, length),
        "one tone": 8000 * np.sin(2 * np.pi * 1000 * at),
        "two markers at once": (one + other) / 2,
        "half a bit": one + 2600 * np.sin(2 * np.pi * (tones(1)[3] + 100) * at[:1600]),
        "a long sound": random.normal(0, 3000, length),
    }[kind]
    assert numbers(to_pcm(sound) + bytes(640) + markers.marker(5)) == [5]


def test_nothing_is_said_before_it_was_heard_and_after_the_end() -> None:
    """A number needs its marker and 10 ms."""
    finder = Finder(RATE)
    assert [*finder.feed(markers.marker(1) + bytes(288))] == []
    assert [marker.number for marker in finder.feed(bytes(32))] == [1]
    assert [*finder.finish()] == []
    recogniser = Markers().open(Options(sample_rate=RATE))
    recogniser.feed(bytes(3200))
    assert recogniser.finish() == []
    recogniser.close()


def test_codes_differ_in_at_least_two_bits() -> None:
    """One bit that is read wrongly does not make another number."""
    codes = [code(number) for number in range(1, LARGEST + 1)]
    assert len(set(codes)) == LARGEST
    assert not {each ^ 1 << bit for each in codes for bit in range(BITS)} & set(codes)
    assert all(low < high for low, high in pairwise(tones(1234)))


@pytest.mark.parametrize("number", [0, -1, LARGEST + 1])
def test_numbers_have_bounds(number: int) -> None:
    """A marker cannot say more than twelve bits."""
    with pytest.raises(ValueError, match="from 1 to 4095"):
        code(number)


def test_the_engine_by_name() -> None:
    """``markers`` and ``markers:N``; anything else is refused in words."""
    chosen = named("markers:3")
    assert isinstance(chosen, Markers)
    assert (chosen.name, chosen.segment, chosen.isolation, chosen.languages) == ("markers", 3, "inline", ())
    assert engine().segment == 5
    for argument in ("five", "0", "-2", "1.5"):
        with pytest.raises(ValueError, match=r"markers:5|one number or more"):
            engine(argument)


PROGRAM = """
import { writeFileSync } from "node:fs";
const { count, wav } = await import(process.argv[1]);
const rate = Number(process.argv[2]);
const pcm = count(100, { first: 3900, rate });
writeFileSync(process.argv[3], Buffer.from(await wav(pcm, { rate }).arrayBuffer()));
"""


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_both_makers_make_the_same(rate: int, tmp_path: Path) -> None:
    """The JavaScript one's WAV file holds the Python one's samples."""
    path = tmp_path / "markers.wav"
    command = [needs("node"), "--input-type=module", "-e", PROGRAM, MAKER.as_uri(), str(rate), str(path)]
    subprocess.run(command, check=True)
    ours = markers.write_wav(tmp_path / "ours.wav", markers.count(100, first=3900, rate=rate), rate=rate)
    assert path.read_bytes() == ours.read_bytes()
    with wave.open(str(path), "rb") as reader:
        heard = numbers(reader.readframes(reader.getnframes()), rate=reader.getframerate())
    assert heard == list(range(3900, 4000))


def test_results_can_be_told_as_json() -> None:
    """Numbers and times are Python's own, not numpy's."""
    (item, *_) = hear(markers.count(1))[-1].alternatives[0].items
    assert json.dumps([item.content, item.start_time, item.end_time]) == '["1", 0.0, 0.1]'
