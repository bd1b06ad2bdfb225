"""Where lines go in the end. Writing one never raises, and never holds up the request that it is about."""

from __future__ import annotations

import os
import select
import stat
import sys
import threading
from collections.abc import Callable
from typing import ClassVar, TextIO

__all__ = ["PATIENCE", "Sink"]

PATIENCE = 1.0
"""Seconds that a line waits for a slow reader. After one that waited in vain, lines do not wait."""


class Sink:
    """Writes lines to ``stream``, or to what is stderr at that moment.

    A line that cannot be written (nobody reads any more, the disk is full, a pipe stays full) is dropped and
    counted; when lines can be written again, ``tell`` is called with the number of those that were lost.
    """

    dropped: ClassVar[int] = 0
    """Lines that this process has lost since it, or its parent, began."""

    def __init__(
        self, stream: TextIO | None = None, *, tell: Callable[[int], object], patience: float = PATIENCE
    ) -> None:
        self.lost = 0
        self._stream = stream
        self._tell = tell
        self._patience = patience
        self._torn = False
        self._known: TextIO | None = None
        self._is_file = False
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """Write ``line`` and a line break, or drop it."""
        if not self._written(line):
            self.lost += 1
            Sink.dropped += 1
        elif self.lost:
            lost, self.lost = self.lost, 0
            self._tell(lost)

    # What structlog calls a logger: its processors have made the line, whatever its level.
    debug = info = warning = error = critical = write

    def _written(self, line: str) -> bool:
        # With a time-out, because a child may have been forked while another thread held the lock.
        if not self._lock.acquire(timeout=self._wait()):
            return False
        try:
            self._put(f"\n{line}\n" if self._torn else f"{line}\n")
        except (OSError, ValueError, AttributeError):  # also: it is closed, or there is no stderr at all
            return False
        finally:
            self._lock.release()
        return True

    def _put(self, text: str) -> None:
        stream = self._stream or sys.stderr
        try:
            descriptor = stream.fileno()
        except OSError:  # only in memory
            stream.write(text)
            stream.flush()
            return
        # Past Python's buffer, which would keep what failed, and fail again with it and the next line.
        if self._known is not stream:
            self._known, self._is_file = stream, stat.S_ISREG(os.fstat(descriptor).st_mode)
        self._put_bytes(descriptor, text.encode())

    def _put_bytes(self, descriptor: int, data: bytes) -> None:
        # A pipe that poll calls writable takes so much without blocking, unless another process is faster. A
        # file is always writable, and asking lets go of the interpreter.
        view, ready = memoryview(data), select.poll()
        ready.register(descriptor, select.POLLOUT)
        while view:
            if not self._is_file and not ready.poll(self._wait() * 1000):
                raise BlockingIOError
            self._torn = True
            view = view[os.write(descriptor, view[: select.PIPE_BUF]) :]
        self._torn = False

    def _wait(self) -> float:
        return 0.0 if self.lost else self._patience
