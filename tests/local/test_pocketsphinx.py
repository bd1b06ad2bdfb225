"""Real recognition of real speech, offline: exact where the shared clips are called exact."""

import asyncio
import random
import re
from array import array
from itertools import groupby, pairwise

import numpy as np
import pytest
import soxr

from scribepass.local.recognisers import Engine, Options, Recogniser, named
from scribepass.local.recognisers.process import Child
from scribepass.transcribe import Item, Result
from support.shared import shared
from support.speech import EXACT, pcm_of, words

ENGINE = named("pocketsphinx")
RATE = 16_000


def clip(name: str) -> bytes:
    return pcm_of(shared(f"audio/{name}.wav"))


def reference(name: str) -> list[str]:
    return words(shared(f"audio/{name}.txt").read_text())


def feed(recogniser: Recogniser, pcm: bytes, *, size: int) -> list[Result]:
    pieces = (pcm[at : at + size] for at in range(0, len(pcm), size))
    return [result for piece in pieces for result in recogniser.feed(piece)]


def hear(
    pcm: bytes, *, rate: int = RATE, size: int = 3200, engine: Engine = ENGINE, stabilised: bool = False
) -> list[Result]:
    recogniser = engine.open(Options(sample_rate=rate, stabilised=stabilised))
    try:
        return [*feed(recogniser, pcm, size=size), *recogniser.finish()]
    finally:
        recogniser.close()


def transcript(result: Result) -> str:
    return result.alternatives[0].transcript


def finals(results: list[Result]) -> list[str]:
    return words(" ".join(transcript(result) for result in results if not result.is_partial))


def anonymous(results: list[Result]) -> list[tuple[object, ...]]:
    """Results without their ids, which are made anew each time."""
    return [(each.is_partial, each.start_time, each.end_time, each.alternatives) for each in results]


async def hear_in_child(pcm: bytes, *, size: int = 3200) -> list[Result]:
    async with Child(ENGINE, Options(sample_rate=RATE)) as child:
        listening = asyncio.create_task(results_of(child))
        for at in range(0, len(pcm), size):
            await child.feed(pcm[at : at + size])
        await child.finish()
        return await listening


async def results_of(child: Child) -> list[Result]:
    return [result async for results in child.said() for result in results]


@pytest.mark.parametrize("name", EXACT)
async def test_exact_clips(name: str) -> None:
    """Word for word, and the child hears exactly what is heard directly, whatever the chunk size."""
    pcm = clip(name)
    directly = hear(pcm)
    assert finals(directly) == reference(name)
    assert anonymous(await hear_in_child(pcm, size=8192)) == anonymous(directly)


@pytest.mark.parametrize("size", [640, 1001, 32_000])
def test_chunk_size_does_not_matter(size: int) -> None:
    """The same partials and finals, with the same times and confidences."""
    pcm = clip("goforward")
    assert anonymous(hear(pcm, size=size)) == anonymous(hear(pcm))


def test_results_have_the_shape_of_awss() -> None:
    """Of each segment growing partials, then one final, under one id; words in seconds of the stream."""
    results = hear(clip("e2e_mix_2s_lead"))
    segments = [list(group) for _, group in groupby(results, key=lambda result: result.result_id)]
    assert len({group[0].result_id for group in segments}) == len(segments) == 4
    for group in segments:
        assert [result.is_partial for result in group] == [True] * (len(group) - 1) + [False]
        assert len(group) > 4
        assert len({result.start_time for result in group}) == 1
        assert len(transcript(group[-1])) > len(transcript(group[0]))
        for result in group:
            check_words(result)
    assert all(one[-1].end_time < other[0].start_time for one, other in pairwise(segments))
    assert segments[0][0].start_time > 1.5  # there are two seconds of silence before


def check_words(result: Result) -> None:
    items: tuple[Item, ...] = result.alternatives[0].items
    assert " ".join(item.content for item in items) == transcript(result)
    assert not any(re.search(r"[(<\[]", item.content) for item in items)
    times = [time for item in items for time in (item.start_time, item.end_time)]
    assert times == sorted(times)
    assert result.start_time <= times[0]
    assert result.end_time == times[-1]
    for item in items:
        assert (item.confidence is None) is result.is_partial
        assert item.confidence is None or 0 <= item.confidence <= 1


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
def test_other_rates(rate: int) -> None:
    """Audio at another rate is brought to the engine's, and the words stay."""
    samples = np.frombuffer(clip("goforward"), dtype="<i2").astype(np.float32)
    pcm = np.rint(soxr.resample(samples, RATE, rate)).astype("<i2").tobytes()
    assert finals(hear(pcm, rate=rate, size=rate // 5)) == reference("goforward")


def test_telephone_audio_is_taken() -> None:
    """At 8 kHz half of the words may be wrong, but they come, with times of the stream."""
    samples = np.frombuffer(clip("goforward"), dtype="<i2").astype(np.float32)
    pcm = np.rint(soxr.resample(samples, RATE, 8_000)).astype("<i2").tobytes()
    results = hear(pcm, rate=8_000, size=1600)
    assert results
    assert 0 < results[-1].end_time < len(pcm) / 16_000


@pytest.mark.parametrize("size", [960 * 40, 960 * 40 + 123])
def test_audio_that_ends_in_the_middle_of_speech(size: int) -> None:
    """The end of the audio is the end of the utterance: what was said by then gets its final."""
    results = hear(clip("goforward")[:size])
    assert transcript(results[-1])
    assert not results[-1].is_partial


def noise(amplitude: int) -> bytes:
    generator = random.Random(7)
    return array("h", (generator.randint(-amplitude, amplitude) for _ in range(RATE * 2))).tobytes()


@pytest.mark.parametrize("pcm", [bytes(RATE * 4), noise(80), b""], ids=["silence", "faint noise", "nothing"])
def test_nothing_is_heard_where_nothing_is_said(pcm: bytes) -> None:
    """No words, and no empty finals either."""
    assert hear(pcm) == []


def test_every_partial_has_its_final() -> None:
    """What was shown is finished or taken back, even where noise turns out to be nothing."""
    burst = array("h", (random.Random(3).randint(-9000, 9000) for _ in range(RATE))).tobytes()
    results = hear(burst + bytes(RATE * 2))
    last = {result.result_id: result.is_partial for result in results}
    assert not any(last.values())


def test_one_stream_leaves_nothing_for_the_next() -> None:
    """The decoder is used again, after a stream that was broken off in the middle of a word."""
    fresh = anonymous(hear(clip("cards_003")))
    broken = ENGINE.open(Options(sample_rate=RATE))
    feed(broken, clip("jfk")[: RATE * 6], size=3200)
    broken.close()
    broken.close()
    assert anonymous(hear(clip("cards_003"))) == fresh


def test_stabilised_finals_keep_the_words_of_partials() -> None:
    """Where partials promise words, nothing is thought over at the end, and nothing is judged."""
    pcm = clip("jfk")[: RATE * 8]
    results = hear(pcm, stabilised=True)
    shown, said = words(transcript(results[-2])), words(transcript(results[-1]))
    assert [result.is_partial for result in results[-2:]] == [True, False]
    assert len(shown) > 4
    assert said[: len(shown) - 1] == shown[:-1]  # the last word was not over when it was shown
    assert {item.confidence for item in results[-1].alternatives[0].items} == {None}
    assert finals(hear(pcm)) != said


def test_fast() -> None:
    """Without the second pass simple words are heard as well, and finals still have confidences."""
    results = hear(clip("goforward"), engine=named("pocketsphinx:fast"))
    assert finals(results) == reference("goforward")
    assert all(item.confidence is not None for item in results[-1].alternatives[0].items)


INEXACT = {"numbers": 0.2, "arctic_aew_a0001": 0.4, "librivox_sense_0880": 0.5}


@pytest.mark.parametrize(("name", "ceiling"), INEXACT.items())
def test_other_clips_stay_as_good_as_they_are(name: str, ceiling: float) -> None:
    """No promise of exactness, but of no worse."""
    assert word_errors(reference(name), finals(hear(clip(name)))) <= ceiling * len(reference(name))


def word_errors(expected: list[str], heard: list[str]) -> int:
    """Insertions, deletions and substitutions (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(expected, start=1):
        diagonal, row[0] = row[0], number
        for at, other in enumerate(heard, start=1):
            best = min(row[at] + 1, row[at - 1] + 1, diagonal + (word != other))
            diagonal, row[at] = row[at], best
    return row[-1]
