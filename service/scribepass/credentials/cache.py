"""Credentials refreshed ahead of time, so that a request finds them in memory.

One daemon thread per source and process sees to all attempts, so there is one at a time (`Attempts`: after
5 s it is left behind). It starts with the first use, in whichever process that is. With credentials of
one hour::

    fetched                            35 min left: ahead          2 min left: mandatory      end
    ├── served from memory ────────────┼── served, while the ──────┼── a request waits for ──┼── 503
    │                                  │   thread refreshes        │   the attempt's first 3 s

So a source may be away for 30 minutes at the worst moment without one failed request.
"""

from __future__ import annotations

import threading

from scribepass.background import Attempts
from scribepass.sigv4 import Credentials

from .kept import Kept

__all__ = ["RefreshAhead"]

_RECHECK = 30.0  # seconds: how long the thread trusts a wall clock, which may be set, or sleep


class RefreshAhead(Kept):
    """A supplier that keeps one source's credentials fresh, whether or not anybody asks."""

    _thread: threading.Thread | None

    def current(self) -> Credentials:
        """The credentials at hand. Only without any, or in the mandatory window, does this wait.

        Raises:
            CredentialsUnavailable: there are none, or they have expired, and no attempt brought others.
        """
        self.start()
        return super().current()

    def seconds_left(self) -> float:
        """How long the credentials at hand last, and 0 if there are none. Asks nobody and never waits."""
        self.start()
        return super().seconds_left()

    def start(self) -> None:
        """Begin to fetch in the background, if that has not begun in this process. Does not wait."""
        if self._thread is not None and self._thread.is_alive():
            return
        with self._changed:
            if not self._closed and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="refresh-ahead", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the thread and wait for it. What is at hand stays at hand."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def begin_anew(self) -> None:
        """Forget a forked child's parent: its thread is not here, and its lock may be held for ever."""
        super().begin_anew()
        self._thread = None
        self._wanted = False

    def _ask(self) -> bool:
        self._wanted = True
        self._changed.notify_all()
        return True

    def _nudge(self) -> None:
        if not self._busy and self._monotonic() >= self._pauses.background:
            with self._changed:
                self._changed.notify_all()

    def _patience(self) -> float:
        """Whoever comes later to an attempt that hangs does not wait at all.

        Else every thread would, one behind the other, and none would be left for a health check.
        """
        since = self._monotonic() - self._started if self._busy else 0.0
        return max(self._plan.deadline - since, 0.0)

    def _run(self) -> None:
        attempts = Attempts(timeout=self._plan.timeout / self._tempo)
        while self._wait_until_due():
            self.attempt(attempts)

    def _wait_until_due(self) -> bool:
        with self._changed:
            while not self._closed:
                if (pause := self._until_due()) <= 0:
                    self._wanted = False
                    self._begin()
                    return True
                self._changed.wait(min(pause, _RECHECK) / self._tempo)
            return False

    def _until_due(self) -> float:
        if self._wanted:
            return 0.0
        pause = self._pauses.background - self._monotonic()
        snapshot = self._snapshot
        return pause if snapshot is None else max(pause, self._left() - snapshot.ahead)
