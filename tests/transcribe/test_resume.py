"""Resume against the vectors that JavaScript reads too (tests/vectors/resume), and what always holds."""

import json
import tracemalloc
from array import array
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribepass.transcribe import (
    Alternative,
    Category,
    CharacterOffsets,
    Entity,
    IssueDetected,
    Item,
    PointsOfInterest,
    Result,
    Resume,
    TimestampRange,
    Utterance,
    UtteranceEntity,
    UtteranceItem,
)

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "resume" / "resume.json"
CASES = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]

Step = dict[str, Any]
Told = Result | Utterance | Category


def pcm(start: int, stop: int, channels: int) -> bytes:
    """Frames that tell which they are: the sample of channel c in frame n is n + c, modulo 2**15."""
    return array(
        "h", ((frame + c) % 2**15 for frame in range(start, stop) for c in range(channels))
    ).tobytes()


def told_of(written: Step) -> Told:
    """A result of the vectors, as the wire's own class."""
    if "category" in written:
        return _category(written["category"])
    return _utterance(written) if "role" in written else _result(written)


def _result(written: Step) -> Result:
    text = written["text"]
    items = tuple(
        Item(content=content, start_time=start, end_time=end, type=(*kind, "pronunciation")[0])
        for content, start, end, *kind in written.get("items", [])
    )
    entities = tuple(
        Entity(content=content, start_time=start, end_time=end)
        for content, start, end in written.get("entities", [])
    )
    alternative = Alternative(transcript=text or "", items=items, entities=entities)
    return Result(
        result_id=written["id"],
        start_time=written["start"],
        end_time=written["end"],
        is_partial=written.get("partial", False),
        alternatives=() if text is None else (alternative,),
        channel_id=written.get("channel"),
        language_code=written.get("language"),
    )


def _utterance(written: Step) -> Utterance:
    items = tuple(
        UtteranceItem(content=content, **_millis(start, end), type=(*kind, "pronunciation")[0])
        for content, start, end, *kind in written.get("items", [])
    )
    entities = tuple(
        UtteranceEntity(content=content, **_millis(start, end))
        for content, start, end in written.get("entities", [])
    )
    issues = tuple(
        IssueDetected(character_offsets=CharacterOffsets(begin=begin, end=end))
        for begin, end in written.get("issues", [])
    )
    return Utterance(
        utterance_id=written["id"],
        is_partial=written.get("partial", False),
        participant_role=written["role"],
        **_millis(written["start"], written["end"]),
        transcript=written["text"] or "",
        items=items,
        entities=entities,
        issues_detected=issues,
    )


def _category(phrases: dict[str, list[list[float]]]) -> Category:
    details = {
        phrase: PointsOfInterest(timestamp_ranges=tuple(TimestampRange(**_millis(*each)) for each in ranges))
        for phrase, ranges in phrases.items()
    }
    return Category(matched_categories=tuple(phrases), matched_details=details)


def _millis(start: float, end: float) -> dict[str, Any]:
    return {"begin_offset_millis": round(start * 1000), "end_offset_millis": round(end * 1000)}


class Play:
    """A Resume that is led through steps, each of which says what should come of it."""

    def __init__(self, options: Step) -> None:
        self.channels = options.get("channels", 1)
        self.resume = Resume(**options)
        self.frames = 0

    def step(self, *, do: str, **step: Any) -> None:
        getattr(self, do)(**step)

    def hear(self, frames: int, times: int = 1, dropped: float = 0) -> None:
        lost = 0.0
        for _ in range(times):
            lost += self.resume.hear(pcm(self.frames, self.frames + frames, self.channels))
            self.frames += frames
        assert lost == pytest.approx(dropped)

    def begin(self, now: float, base: float) -> None:
        assert self.resume.begin(now) == pytest.approx(base)
        assert self.resume.base == pytest.approx(base)

    def take(self, now: float, frames: tuple[int, int] | None, most: float = 0.1) -> None:
        chunk = self.resume.take(now, most=most)
        assert chunk == (None if frames is None else pcm(*frames, self.channels))

    def take_all(self, now: float, frames: tuple[int, int]) -> None:
        chunks = iter(lambda: self.resume.take(now), None)
        assert b"".join(chunks) == pcm(*frames, self.channels)

    def read(self, results: list[Step], told: list[Step]) -> None:
        assert self.resume.read(map(told_of, results)) == list(map(told_of, told))

    def forget(self, keep: float) -> None:
        self.resume.forget(keep)

    def end(self) -> None:
        self.resume.end()

    def state(self, **expected: float) -> None:
        assert {name: getattr(self.resume, name) for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_vectors(case: Step) -> None:
    """Each step gives what the vector says."""
    play = Play(case["options"])
    for number, step in enumerate(case["steps"]):
        try:
            play.step(**step)
        except AssertionError as error:
            raise AssertionError(f"step {number}: {step}") from error


@dataclass
class Stream:
    """A recogniser that hears the words of which it is given every frame, and tells them in random pieces."""

    number: int
    channels: int
    rate: int
    random: Random
    runs: list[tuple[int, int, int]] = field(
        default_factory=list
    )  # where in the stream, in the source, how long
    length: int = 0
    heard: set[int] = field(default_factory=set)
    open: dict[int, list[Item]] = field(default_factory=dict)
    count: Counter[int] = field(default_factory=Counter)

    def feed(self, chunk: bytes) -> None:
        frames = len(chunk) // (2 * self.channels)
        start = array("h", chunk[:2])[0]
        assert chunk == pcm(start, start + frames, self.channels)
        if self.runs and sum(self.runs[-1][1:]) == start:
            at, source, before = self.runs.pop()
            self.runs.append((at, source, before + frames))
        else:
            self.runs.append((self.length, start, frames))
        self.length += frames

    def listen(self) -> None:
        for at, source, frames in self.runs:
            for word, (start, end) in enumerate(WORDS, 1):
                first, last = round(start * self.rate), round(end * self.rate)
                if word not in self.heard and source <= first and last <= source + frames:
                    self.heard.add(word)
                    item = Item(
                        content=f"w{word}",
                        start_time=(at + first - source) / self.rate,
                        end_time=(at + last - source) / self.rate,
                    )
                    self.open.setdefault(word % self.channels, []).append(item)

    def tell(self, *, everything: bool = False) -> list[Result]:
        """Results of what was heard: a final one of some words, a partial one of the rest."""
        self.listen()
        results = []
        for channel, items in self.open.items():
            finished = (
                len(items) if everything else self.random.choice([0, 0, self.random.randint(0, len(items))])
            )
            if finished:
                results.append(self.result(channel, items[:finished], is_partial=False))
                del items[:finished]
                self.count[channel] += 1
            if items:
                results.append(self.result(channel, items, is_partial=True))
        return results

    def result(self, channel: int, items: list[Item], *, is_partial: bool) -> Result:
        marked = [
            each
            for item in items
            for each in (
                item,
                Item(content=",", start_time=item.end_time, end_time=item.end_time, type="punctuation"),
            )
        ]
        slack = self.random.random() / 10
        return Result(
            result_id=f"{self.number}-{channel}-{self.count[channel]}",
            start_time=max(0, items[0].start_time - slack),
            end_time=min(items[-1].end_time + slack, self.length / self.rate),
            is_partial=is_partial,
            alternatives=(
                Alternative(transcript=" ".join(f"{item.content}," for item in items), items=tuple(marked)),
            ),
            channel_id=f"ch_{channel}" if self.channels > 1 else None,
        )


WORDS = [(0.2 + 0.5 * n, 0.5 + 0.5 * n) for n in range(30)]
SECONDS = 16


class Run:
    """A speaker who counts, a network that fails, and what is shown of it."""

    def __init__(self, random: Random, *, channels: int, rate: int, buffer_seconds: float) -> None:
        self.random, self.channels, self.rate = random, channels, rate
        self.resume = Resume(sample_rate=rate, channels=channels, buffer_seconds=buffer_seconds)
        self.shown: dict[str, Result] = {}
        self.now, self.streams, self.lost = 0.0, 0, 0.0
        self.stream = self.begin()

    def begin(self) -> Stream:
        if self.random.random() < 0.5:
            self.resume.end()
        self.resume.begin(self.now)
        self.streams += 1
        return Stream(self.streams, self.channels, self.rate, self.random)

    def show(self, results: list[Result]) -> None:
        for result in self.resume.read(results):
            assert isinstance(result, Result)
            before = self.shown.get(result.result_id)
            assert before is None or before.is_partial
            self.shown[result.result_id] = result

    def send(self, chance: float) -> None:
        while self.random.random() < chance:
            chunk = self.resume.take(self.now, most=self.random.choice([0.01, 0.1, 0.3]))
            if chunk is None:
                return
            self.stream.feed(chunk)

    def play(self, chance: float = 0.7) -> list[Item]:
        """The words that are shown in the end."""
        frame = 0
        while frame < SECONDS * self.rate:
            stop = min(frame + self.random.randint(1, self.rate // 2), SECONDS * self.rate)
            self.lost += self.resume.hear(pcm(frame, stop, self.channels))
            self.now += (stop - frame) / self.rate
            frame = stop
            self.send(chance)
            if self.random.random() < 0.5:
                self.show(self.stream.tell())
            if self.random.random() < 0.15:
                self.stream = self.begin()
        self.now += 1000
        self.send(1)
        self.show(self.stream.tell(everything=True))
        ended = sorted(self.shown.values(), key=lambda result: result.start_time)
        assert self.lost or all(result.alternatives == () or not result.is_partial for result in ended)
        return sorted(
            (
                item
                for each in ended
                for text in each.alternatives
                for item in text.items
                if item.type != "punctuation"
            ),
            key=lambda item: item.start_time,
        )


def check_times(words: list[Item]) -> None:
    for word in words:
        start, end = WORDS[int(word.content[1:]) - 1]
        assert (word.start_time, word.end_time) == pytest.approx((start, end), abs=0.0011)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32), st.sampled_from([1, 2]), st.sampled_from([1000, 1103]))
def test_no_word_is_lost_or_doubled(seed: int, channels: int, rate: int) -> None:
    """However audio is chunked, results are cut and streams fail: each word is there once, where it was."""
    run = Run(Random(seed), channels=channels, rate=rate, buffer_seconds=60)
    words = run.play()
    assert [word.content for word in words] == [f"w{n}" for n in range(1, len(WORDS) + 1)]
    assert run.lost == 0
    check_times(words)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32), st.sampled_from([1, 2]), st.sampled_from([1.5, 3]))
def test_no_word_is_doubled_when_audio_is_dropped(seed: int, channels: int, buffer_seconds: float) -> None:
    """On a line too slow for the buffer words go missing, but none is told twice or at a wrong time."""
    run = Run(Random(seed), channels=channels, rate=1000, buffer_seconds=buffer_seconds)
    words = run.play(chance=0.5)
    assert len({word.content for word in words}) == len(words)
    check_times(words)


def test_memory_is_bounded() -> None:
    """After two hours with results and two without it holds its buffer and no more."""
    second = bytes(32000)
    tracemalloc.start()
    try:
        resume = Resume(sample_rate=16000, buffer_seconds=60)
        resume.begin(0)
        for now in range(1, 7201):
            resume.hear(second)
            resume.take(now, most=1)
            if now % 9 == 0:
                resume.read(
                    [Result(result_id=f"{now}", start_time=now - 9, end_time=now - 1, is_partial=False)]
                )
        for _ in range(7200):
            resume.hear(second)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert resume.backlog == 60
    assert held <= 61 * 32000
