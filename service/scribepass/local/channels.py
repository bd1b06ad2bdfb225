"""Channels of interleaved PCM. For now two are heard as one; a recogniser for each comes later."""

from __future__ import annotations

from array import array

__all__ = ["mix_down"]


def mix_down(pcm: bytes) -> bytes:
    """Return the mean of two interleaved 16-bit channels. The length must be a multiple of four."""
    samples = array("h", pcm)
    pairs = zip(samples[::2], samples[1::2], strict=True)
    return array("h", ((left + right) // 2 for left, right in pairs)).tobytes()
