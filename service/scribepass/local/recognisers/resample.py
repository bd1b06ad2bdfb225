"""Any sample rate in, the engine's rate out, with the filter's state kept from piece to piece."""

from __future__ import annotations

from typing import Any

import numpy as np
import soxr

__all__ = ["Resampler"]


class Resampler:
    """A stream of 16-bit mono PCM brought to another rate by libsoxr. An odd byte waits for its other half.

    The work is done in floating point and rounded here, so that equal audio gives equal samples however it
    was cut (libsoxr's own 16-bit output varies with the cuts).
    """

    def __init__(self, *, source_rate: int, target_rate: int) -> None:
        self._odd = b""
        self._stream: Any = None
        if source_rate != target_rate:
            self._stream = soxr.ResampleStream(source_rate, target_rate, 1, dtype="float32", quality="HQ")

    def feed(self, pcm: bytes, *, last: bool = False) -> bytes:
        """Return what is ready. ``last`` also empties the filter."""
        pcm = self._odd + pcm
        whole = len(pcm) & ~1
        pcm, self._odd = pcm[:whole], pcm[whole:]
        if self._stream is None:
            return pcm
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
        resampled = self._stream.resample_chunk(samples, last=last)
        clipped: bytes = np.clip(np.rint(resampled), -32768, 32767).astype("<i2").tobytes()
        return clipped
