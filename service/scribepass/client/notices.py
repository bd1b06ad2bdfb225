"""What a stream has to say beside its words: that it was interrupted, and that it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scribepass.errors import ScribepassError

__all__ = ["Dropped", "Notice", "OnNotice", "Paused", "Reconnecting", "Resumed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconnecting:
    """The connection or the ticket failed; the next attempt follows after ``delay`` seconds.

    ``attempt`` counts from 1 until all is well again. ``error`` is what would have been raised.
    """

    error: ScribepassError
    attempt: int
    delay: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """Transcribe has ended a stream that got no audio for a while; it goes on once there is some."""

    error: ScribepassError


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """Another stream goes on where the last one was understood; ``resent`` seconds of audio are sent again.

    Not only after a failure: before Transcribe's longest life of a stream is over, another takes its place.
    """

    resent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """So many ``seconds`` of live audio could not be kept until there is a stream again; ``total`` so far.

    Nobody will hear them. The timeline counts them all the same.
    """

    seconds: float
    total: float


Notice = Reconnecting | Paused | Resumed | Dropped
OnNotice = Callable[[Notice], None]
