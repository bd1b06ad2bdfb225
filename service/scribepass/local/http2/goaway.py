"""A client's GOAWAY, kept from hyper-h2.

The JavaScript SDK says GOAWAY as soon as it has the response headers, and goes on with its stream, as RFC
9113, 6.8 allows. hyper-h2 takes it for the end of the connection (python-hyper/h2#1181).
"""

from __future__ import annotations

from typing import Final

__all__ = ["GoawayFilter"]

_PREFACE_BYTES: Final = 24
_HEAD_BYTES: Final = 9  # 24 bits of length, 8 of type, 8 of flags, 32 of stream (RFC 9113, 4.1)
_GOAWAY: Final = 7


class GoawayFilter:
    """Takes GOAWAY frames out of what a client sends. ``leaving``: one has come."""

    def __init__(self) -> None:
        self.leaving = False
        self._head = bytearray()
        self._rest = _PREFACE_BYTES  # of what is being passed on, or dropped
        self._dropping = False

    def feed(self, data: bytes) -> bytes:
        """What of ``data`` is for hyper-h2. A frame's head is held back until it is whole."""
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
        self._dropping = self._head[3] == _GOAWAY
        if self._dropping:
            self.leaving = True
        else:
            kept += self._head
        self._head.clear()
