"""Where speech begins and ends: utterances cut from a stream by voice activity.

Pure: the voice activity detector is an argument, so the rules are tested with tables. Audio is taken in
pieces of any size and re-framed, which makes everything downstream independent of how a client cuts it.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["DEFAULT", "FRAME_BYTES", "FRAME_SECONDS", "SAMPLE_RATE", "Piece", "Place", "Rules", "Segmenter"]

SAMPLE_RATE = 16_000
FRAME_SECONDS = 0.03
FRAME_BYTES = 960  # 30 ms of 16-bit samples at 16 kHz


class Place(enum.Enum):
    """What a piece of an utterance is to it."""

    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some audio of an utterance. ``start`` is in seconds of the stream; a LAST piece may be empty."""

    place: Place
    start: float
    pcm: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When an utterance starts and ends, counted in 30 ms frames.

    The defaults were tuned on 35 files of human speech. A longer utterance ends at a shorter pause, because
    the final pass over it takes time in proportion to its length, and a listener waits for that.
    """

    window: int = 8
    voiced: int = 5  # of the window: enough to start
    preroll: int = 17  # 0.5 s: soft onsets come before the detector hears them
    pauses: tuple[tuple[int, int], ...] = (
        (300, 3),
        (167, 7),
        (0, 20),
    )  # (from this length, silence that ends)
    longest: int = 400  # 12 s


DEFAULT = Rules()


class Segmenter:
    """Cuts 16 kHz, 16-bit, mono PCM into utterances.

    ``is_speech`` judges one frame of ``FRAME_BYTES``. From a FIRST to a LAST piece is one utterance; no byte
    is handed out twice.
    """

    def __init__(self, is_speech: Callable[[bytes], bool], *, rules: Rules = DEFAULT) -> None:
        self._is_speech = is_speech
        self._rules = rules
        self._unframed = bytearray()
        self._frames_seen = 0
        self._waiting: deque[tuple[bytes, bool]] = deque(maxlen=max(rules.preroll, rules.window))
        self._length = 0  # frames of the open utterance; 0: none is open
        self._silence = 0

    def feed(self, pcm: bytes) -> Iterator[Piece]:
        """Take audio of any length and yield what it completes."""
        self._unframed += pcm
        whole = len(self._unframed) - len(self._unframed) % FRAME_BYTES
        frames = bytes(self._unframed[:whole])
        del self._unframed[:whole]
        for at in range(0, whole, FRAME_BYTES):
            yield from self._frame(frames[at : at + FRAME_BYTES])

    def finish(self) -> Iterator[Piece]:
        """End the stream: an open utterance gets what is left, shorter than a frame, and ends."""
        if self._length:
            rest = bytes(self._unframed[: len(self._unframed) & ~1])
            yield Piece(place=Place.LAST, start=self._seconds(self._frames_seen), pcm=rest)
        self._unframed.clear()
        self._length = 0

    def _frame(self, frame: bytes) -> Iterator[Piece]:
        speech = self._is_speech(frame)
        self._frames_seen += 1
        if not self._length:
            yield from self._wait(frame, speech=speech)
            return
        self._length += 1
        self._silence = 0 if speech else self._silence + 1
        ended = self._ended()
        place = Place.LAST if ended else Place.MIDDLE
        yield Piece(place=place, start=self._seconds(self._frames_seen - 1), pcm=frame)
        if ended:
            self._length = 0

    def _wait(self, frame: bytes, *, speech: bool) -> Iterator[Piece]:
        self._waiting.append((frame, speech))
        recent = list(self._waiting)[-self._rules.window :]
        if sum(voiced for _, voiced in recent) < self._rules.voiced:
            return
        preroll = list(self._waiting)[-self._rules.preroll :]
        self._waiting.clear()
        self._length, self._silence = len(preroll), 0
        start = self._seconds(self._frames_seen - len(preroll))
        yield Piece(place=Place.FIRST, start=start, pcm=b"".join(held for held, _ in preroll))

    def _ended(self) -> bool:
        enough = next(silence for length, silence in self._rules.pauses if self._length >= length)
        return self._silence >= enough or self._length >= self._rules.longest

    @staticmethod
    def _seconds(frames: int) -> float:
        return round(frames * FRAME_SECONDS, 3)
