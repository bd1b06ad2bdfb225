"""Whether the other end of a connection is still there, by what it was sent and what it says.

The same rules as ``web/scribepass/watch.js``. Pure: ``now`` is in seconds of any monotonic clock.
"""

from __future__ import annotations

import math

__all__ = ["Liveness", "is_audible"]

NOISE_SECONDS = 1.0
"""Of audible sound, so short a noise needs no answer."""

RAREST = 16
"""A row of false alarms, in a place that is loud but where nobody speaks, gets rarer up to this."""

AUDIBLE = 655
"""A peak of 2 % of full scale: above the noise of a quiet room, below any speech that can be understood."""


def is_audible(pcm: bytes) -> bool:
    """Whether anything can be heard in 16-bit samples."""
    samples = memoryview(pcm[: len(pcm) & ~1]).cast("h")
    return bool(samples) and (max(samples) >= AUDIBLE or min(samples) <= -AUDIBLE)


class Liveness:
    """One for all connections of a run, each of which ``begin``s anew. ``byte_rate`` is that of PCM.

    Dead is a connection on which audible sound has had no answer for ``stall`` seconds, or none of the bytes
    that wait could be sent for ``blocked`` seconds, while nothing came.
    """

    def __init__(self, *, stall: float, blocked: float, byte_rate: float) -> None:
        self._noise = NOISE_SECONDS * byte_rate
        self._stall = stall
        self._blocked = blocked
        self._factor = 1
        self.begin(0)

    def begin(self, now: float) -> None:
        """Another connection."""
        self._since = now
        self._audible = 0
        self._sending = math.inf

    def sending(self, now: float) -> None:
        """Something begins to be sent."""
        self._sending = now

    def sent(self, audio: bytes) -> None:
        """It has left, with this audio in it."""
        self._sending = math.inf
        if is_audible(audio):
            self._audible += len(audio)

    def ended(self) -> None:
        """The end of the audio was sent: from here on another limit holds."""
        self._audible = 0

    def heard(self, now: float, *, words: bool) -> None:
        """Something came. Until it has ``words``, alarms may be false."""
        self._since = now
        self._audible = 0
        self._sending = now if self._sending < math.inf else math.inf
        if words:
            self._factor = 1

    @property
    def due(self) -> float:
        """When the connection counts as dead, unless something happens before."""
        return min(self._silent_at(), self._sending + self._blocked)

    def give_up(self) -> str:
        """That time has come: why the connection counts as dead. The next silence has to be longer."""
        if self._sending + self._blocked < self._silent_at():
            return f"nothing could be sent for {self._blocked:g} s"
        waited = self._stall * self._factor
        self._factor = min(RAREST, 2 * self._factor)
        return f"nothing came for {waited:g} s, though there was something to hear"

    def _silent_at(self) -> float:
        return self._since + self._stall * self._factor if self._audible >= self._noise else math.inf
