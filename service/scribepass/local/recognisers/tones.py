"""Numbers as tones, and how they are found again.

A marker is 100 ms of tones with silence behind it. It says a number from 1 to 4095 in 16 bits, the upper four
of which check the lower twelve. Bit n is one of two tones, 500 + 200·n Hz (not set) or 100 Hz above (set), so
whichever number it is, 16 tones sound, and gain does not matter. Only a marker that was heard almost whole is
found: one that is cut, repeated in part or joined to another is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BITS", "LARGEST", "MARK_SECONDS", "Finder", "Marker", "code", "tones"]

LARGEST = 4095
BITS = 16
MARK_SECONDS = 0.1

HOP_SECONDS = 0.001  # how exactly a marker's edges are found
PAUSE_HOPS = 10  # this much silence ends a marker
SHORTEST_HOPS, LONGEST_HOPS = 86, 112
SOUND_HOPS = (
    200  # with what rings before and after a marker, and the silence: longer sounds are not looked at
)
JUDGED_SECONDS = 0.08  # the middle of a marker; whole periods of every tone, which makes them orthogonal
FLOOR = 0.004  # RMS of full scale below which there is silence: 35 dB under a marker as it is made
EDGE = 0.2  # of a marker's highest level: what is less is beside it
CLEAR = 4.0  # how much stronger than the other a bit's tone is, in power
PURE = 0.6  # the share of a marker's power that is in its tones

Samples = NDArray[np.float32]

_PAUSE = bytes(PAUSE_HOPS)


def code(number: int) -> int:
    """The bits of ``number``, the upper four its check. ``ValueError`` for one that a marker cannot say."""
    if not 1 <= number <= LARGEST:
        raise ValueError(f"a marker is a number from 1 to {LARGEST}")
    return number | (((number ^ number >> 4 ^ number >> 8) & 15) ^ 10) << 12


def tones(number: int) -> tuple[int, ...]:
    """The frequencies of ``number``'s marker in Hz, one for each bit."""
    return tuple(500 + 200 * bit + 100 * (code(number) >> bit & 1) for bit in range(BITS))


@dataclass(frozen=True, slots=True)
class Marker:
    """A number that was heard, with its times in seconds of the stream."""

    number: int
    start: float
    end: float


class Finder:
    """Finds markers in 16-bit little-endian mono PCM, however it is cut."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._hop = max(1, round(sample_rate * HOP_SECONDS))
        self._unheard = b""
        self._begin = 0  # the first hop that is held
        self._held = b""  # the audio since sound began
        self._loud = b""  # for each of its hops, 1 or 0
        self._is_late = False  # it began earlier than that

    def feed(self, pcm: bytes) -> Iterator[Marker]:
        """Yield the markers that this audio completes."""
        pcm = self._unheard + pcm
        whole = len(pcm) - len(pcm) % (2 * self._hop)
        self._unheard = pcm[whole:]
        self._held += pcm[:whole]
        self._loud += (self._levels(pcm[:whole]) > FLOOR).tobytes()
        while (begin := self._loud.find(1)) >= 0 and (pause := self._loud.find(_PAUSE, begin)) >= 0:
            yield from self._judge(begin, pause)
            self._drop(pause + PAUSE_HOPS)
            self._is_late = False
        self._drop(begin if begin >= 0 else len(self._loud))
        if len(self._loud) > SOUND_HOPS:  # not a marker, but when it ends has still to be found out
            self._is_late = True
            self._drop(len(self._loud) - PAUSE_HOPS)

    def finish(self) -> Iterator[Marker]:
        """End the audio: a marker may stand at its very end."""
        yield from self._judge(0, len(self._loud))
        self._drop(len(self._loud))

    def _drop(self, hops: int) -> None:
        self._begin += hops
        self._loud = self._loud[hops:]
        self._held = self._held[2 * self._hop * hops :]

    def _judge(self, begin: int, end: int) -> Iterator[Marker]:
        """A marker, if these hops of what is held are one."""
        if self._is_late or not SHORTEST_HOPS <= end - begin <= SOUND_HOPS:
            return
        width = 2 * self._hop
        sound = self._held[width * begin : width * end]
        levels = self._levels(sound)
        (above,) = np.nonzero(levels > EDGE * levels.max())
        first, last = int(above[0]), int(above[-1]) + 1
        if not SHORTEST_HOPS <= last - first <= LONGEST_HOPS:
            return
        number = _number(_samples(sound[width * first : width * last]), sample_rate=self._rate)
        if number is not None:
            at = self._begin + begin
            yield Marker(number, self._seconds(at + first), self._seconds(at + last))

    def _levels(self, pcm: bytes) -> Samples:
        """The RMS of each hop."""
        hops = _samples(pcm).reshape(-1, self._hop)
        levels: Samples = np.sqrt(np.einsum("ij,ij->i", hops, hops) / np.float32(self._hop))
        return levels

    def _seconds(self, hops: int) -> float:
        return round(hops * self._hop / self._rate, 3)


def _samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)


def _number(sound: Samples, *, sample_rate: int) -> int | None:
    """The number that the middle of ``sound`` says, if it says one."""
    length = round(sample_rate * JUDGED_SECONDS)
    skipped = (len(sound) - length) // 2
    middle = sound[skipped : skipped + length]
    step = round(100 * JUDGED_SECONDS)  # bins of the transform from tone to tone
    waves = np.fft.rfft(middle)[5 * step :: step][: 2 * BITS]
    powers = 2 * (np.abs(waves) / length) ** 2  # of a sine of amplitude a: a²/2
    weaker, stronger = np.sort(powers.reshape(BITS, 2)).T
    if stronger.sum() < PURE * np.square(middle).mean() or np.any(stronger < CLEAR * weaker):
        return None
    is_set = np.packbits(powers[1::2] > powers[::2], bitorder="little")
    bits = int.from_bytes(is_set.tobytes(), "little")
    number = bits & LARGEST
    return number if number and code(number) == bits else None
