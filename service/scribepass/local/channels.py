"""Chunks of PCM, checked as AWS checks them, one for each channel."""

from __future__ import annotations

from array import array

from scribepass.transcribe.catalogue import BYTES_PER_SAMPLE

from . import refusals
from .refusals import Refused

__all__ = ["split"]


def split(chunk: bytes, *, channels: int, rate: int, most_seconds: float) -> tuple[bytes, ...]:
    """The 16-bit PCM of each channel of an interleaved ``chunk``.

    :class:`Refused` for more audio than one event may carry, or for a part of a sample.
    """
    frame = BYTES_PER_SAMPLE * channels
    if len(chunk) > rate * frame * most_seconds:
        raise Refused(refusals.TOO_BIG)
    if len(chunk) % frame:
        raise Refused(refusals.UNDECODABLE)
    if channels == 1:
        return (chunk,)
    samples = array("h", chunk)
    return tuple(samples[channel::channels].tobytes() for channel in range(channels))
