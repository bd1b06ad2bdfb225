"""Random bytes of the kernel, many at a time: each call lets go of the interpreter, and then waits for it."""

from __future__ import annotations

import os
import threading

__all__ = ["Randomness"]

_AT_ONCE = 4096


class Randomness:
    """Hands out each byte once. Safe to share between threads; a forked child begins with new ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = b""
        self._next = 0
        os.register_at_fork(after_in_child=self._begin_anew)

    def take(self, count: int) -> bytes:
        """``count`` bytes that nobody can predict; at most 4096."""
        with self._lock:
            if self._next + count > len(self._bytes):
                self._bytes, self._next = os.urandom(_AT_ONCE), 0
            start, self._next = self._next, self._next + count
            return self._bytes[start : self._next]

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._bytes = b""
