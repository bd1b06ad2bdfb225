"""Memory of a file's last good bytes, which a process shares with those that are forked from it."""

from __future__ import annotations

import hashlib
import mmap

__all__ = ["LastGood"]

_DIGEST = 32
_HEADER = _DIGEST + 8


class LastGood:
    """The last good bytes that this process or a relative has read, and the fault that was told last.

    gunicorn's master forks every worker, also one that replaces another when the file is broken, and reads
    the file itself only on HUP. By this memory it hands down what its workers have read since: a key that
    was revoked in between does not come back. ``fault`` is this process's, and its parent's before the fork.
    """

    def __init__(self, size: int) -> None:
        self.fault: str | None = None
        self._size = size
        self._own: bytes | None = None
        self._shared = mmap.mmap(-1, _HEADER + size)

    def put(self, data: bytes) -> None:
        """Remember ``data``, of at most ``size`` bytes."""
        self._own = data
        self._shared[_HEADER : _HEADER + len(data)] = data
        self._shared[:_HEADER] = _digest(data) + len(data).to_bytes(8, "big")

    def get(self) -> bytes | None:
        """What was remembered last. None if nothing ever was."""
        digest, length = self._shared[:_DIGEST], int.from_bytes(self._shared[_DIGEST:_HEADER], "big")
        data = self._shared[_HEADER : _HEADER + min(length, self._size)]
        # Two processes that wrote at the same moment may have left a mixture.
        return data if _digest(data) == digest else self._own


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
