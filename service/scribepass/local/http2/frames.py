"""HTTP/2 frames, as far as some of them must not reach hyper-h2.

The JavaScript SDK says GOAWAY as soon as it has the response headers, and goes on with its stream, as RFC
9113, 6.8 allows. hyper-h2 takes it for the end of the connection (python-hyper/h2#1181). And it waits for the
whole of a frame before it finds it too long.
"""

from __future__ import annotations

from typing import Final

__all__ = ["FrameFilter", "FrameTooLong"]

_PREFACE_BYTES: Final = 24
_HEAD_BYTES: Final = 9  # 24 bits of length, 8 of type, 8 of flags, 32 of stream (RFC 9113, 4.1)
_MOST_BYTES: Final = 16_384  # what SETTINGS_MAX_FRAME_SIZE is where it is not raised
_GOAWAY: Final = 7


class FrameTooLong(Exception):
    """A frame is longer than any may be."""


class FrameFilter:
    """Takes GOAWAY frames out of what a client sends. ``leaving``: one has come."""

    def __init__(self) -> None:
        self.leaving = False
        self._head = bytearray()
        self._rest = _PREFACE_BYTES  # of what is being passed on, or dropped
        self._dropping = False

    def feed(self, data: bytes) -> bytes:
        """What of ``data`` is for hyper-h2; a frame's head is held back until it is whole.

        Raises:
            FrameTooLong: nothing that follows can be read.
        """
        kept = bytearray()
        at = 0
        while at < len(data):
            if self._rest:
                piece = data[at : at + self._rest]
                self._rest -= len(piece)
                if not self._dropping:
                    kept += piece
            else:
                piece = data[at : at + _HEAD_BYTES - len(self._head)]
                self._head += piece
                if len(self._head) == _HEAD_BYTES:
                    self._begin(kept)
            at += len(piece)
        return bytes(kept)

    def _begin(self, kept: bytearray) -> None:
        self._rest = int.from_bytes(self._head[:3], "big")
        if self._rest > _MOST_BYTES:
            raise FrameTooLong
        self._dropping = self._head[3] == _GOAWAY
        if self._dropping:
            self.leaving = True
        else:
            kept += self._head
        self._head.clear()
