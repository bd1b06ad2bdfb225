"""Chunks of PCM, checked as AWS checks them. For now two channels are heard as one, later each by itself."""

from __future__ import annotations

from array import array

from scribepass.transcribe.catalogue import BYTES_PER_SAMPLE

from . import refusals
from .refusals import Refused

__all__ = ["mono"]


def mono(chunk: bytes, *, channels: int, rate: int, most_seconds: float) -> bytes:
    """Return one channel of 16-bit PCM: that which there is, or the mean of two.

    :class:`Refused` for more audio than one event may carry, or for a part of a sample.
    """
    frame = BYTES_PER_SAMPLE * channels
    if len(chunk) > rate * frame * most_seconds:
        raise Refused(refusals.TOO_BIG)
    if len(chunk) % frame:
        raise Refused(refusals.UNDECODABLE)
    if channels == 1:
        return chunk
    samples = array("h", chunk)
    pairs = zip(samples[::2], samples[1::2], strict=True)
    return array("h", ((left + right) // 2 for left, right in pairs)).tobytes()
