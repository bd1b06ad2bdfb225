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

import os
import random
import threading
import time
import weakref
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from scribepass.errors import CredentialsUnavailable
from scribepass.sigv4 import Credentials
from scribepass.telemetry import get_log, protect

from . import CredentialSource
from .attempts import TIMEOUT, Attempts
from .snapshot import AHEAD, MANDATORY, URGENT_PAUSE, Draw, Snapshot

__all__ = ["RefreshAhead"]

DEADLINE = 3.0
"""Seconds after the start of an attempt for which requests wait for it."""

_PACE = 1.0  # seconds between attempts, however many requests wait: STS's quota cannot be raised
_RECHECK = 30.0  # seconds: how long the thread trusts a wall clock, which may be set, or sleep

_log = get_log("credentials")


class _Pauses(NamedTuple):
    """Moments of the monotonic clock before which there is no attempt of its own accord, or for a request."""

    background: float = 0.0
    request: float = 0.0


class RefreshAhead:
    """A supplier that keeps one source's credentials fresh. Safe to share between threads.

    ``clock`` is the wall clock, by which credentials expire; ``monotonic`` measures pauses, ``draw`` jitters.
    ``timeout`` is how long an attempt may take in all, ``deadline`` for how much of it requests wait.
    """

    def __init__(
        self,
        source: CredentialSource,
        *,
        clock: Callable[[], datetime],
        ahead: timedelta = AHEAD,
        mandatory: timedelta = MANDATORY,
        deadline: float = DEADLINE,
        timeout: float = TIMEOUT,
        monotonic: Callable[[], float] = time.monotonic,
        draw: Draw = random.uniform,
    ) -> None:
        self._source = source
        self._fetch = Attempts(source, timeout=timeout).fetch
        self._clock = clock
        self._ahead = ahead
        self._mandatory = mandatory
        self._deadline = deadline
        self._monotonic = monotonic
        self._draw = draw
        self._snapshot: Snapshot | None = None
        self._pauses = _Pauses()
        self._closed = False
        self._thread: threading.Thread | None = None
        self.begin_anew()
        _EVERY.add(self)

    def current(self) -> Credentials:
        """The credentials at hand. Only without any, or in the mandatory window, does this wait.

        Raises:
            CredentialsUnavailable: there are none, or they have expired, and no attempt brought others.
        """
        self.start()
        snapshot = self._snapshot
        left = self._left()
        if snapshot is None or left <= snapshot.mandatory:
            self._await_attempt()
            snapshot = self._snapshot
        elif left <= snapshot.ahead:
            self._nudge()
        if snapshot is None or snapshot.left(self._clock()) <= 0:
            raise CredentialsUnavailable(self._source.name)
        return snapshot.credentials

    def seconds_left(self) -> float:
        """How long the credentials at hand last, and 0 if there are none. Asks nobody and never waits."""
        self.start()
        return max(self._left(), 0.0)

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
        self._changed = threading.Condition()
        self._thread = None
        self._attempts = 0
        self._started = 0.0
        self._wanted = self._busy = False

    def _left(self) -> float:
        snapshot = self._snapshot
        return snapshot.left(self._clock()) if snapshot else 0.0

    def _await_attempt(self) -> None:
        """Wait for the attempt that runs, or for a new one if the last is long enough ago.

        Not longer than the deadline from its start: whoever comes later to one that hangs does not wait at
        all, or every thread would, one behind the other, and none would be left for a health check.
        """
        with self._changed:
            snapshot, seen = self._snapshot, self._attempts
            if snapshot is not None and self._left() > snapshot.mandatory:
                return  # an attempt has ended between the look and the lock
            waits = self._deadline
            if self._busy:
                waits += self._started - self._monotonic()
            else:
                if self._monotonic() < self._pauses.request:
                    return
                self._wanted = True
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._attempts != seen or self._closed, timeout=waits)

    def _nudge(self) -> None:
        if not self._busy and self._monotonic() >= self._pauses.background:
            with self._changed:
                self._changed.notify_all()

    def _run(self) -> None:
        while self._wait_until_due():
            try:
                self._attempt()
            finally:
                with self._changed:
                    self._busy = False
                    self._attempts += 1
                    self._changed.notify_all()

    def _wait_until_due(self) -> bool:
        with self._changed:
            while not self._closed:
                if (pause := self._until_due()) <= 0:
                    self._busy, self._wanted, self._started = True, False, self._monotonic()
                    return True
                self._changed.wait(min(pause, _RECHECK))
            return False

    def _until_due(self) -> float:
        if self._wanted:
            return 0.0
        pause = self._pauses.background - self._monotonic()
        snapshot = self._snapshot
        return pause if snapshot is None else max(pause, self._left() - snapshot.ahead)

    def _attempt(self) -> None:
        try:
            fresh = self._fetch()
        except Exception as error:  # noqa: BLE001 (whatever a source raises, what is at hand goes on serving)
            kind = type(error.__cause__ or error).__name__
            self._put_off(_log.warning, "credentials_refresh_failed", error=kind)
            return
        protect(fresh.secret_access_key, fresh.session_token)
        snapshot = Snapshot.taken(
            fresh, now=self._clock(), ahead=self._ahead, mandatory=self._mandatory, draw=self._draw
        )
        if snapshot.left(self._clock()) <= 0:
            self._put_off(_log.warning, "credentials_refresh_failed", error="AlreadyExpired")
        elif self._snapshot is not None and snapshot.ends <= self._snapshot.ends:
            # The metadata of a container or an instance renews itself only shortly before the end.
            self._put_off(_log.info, "credentials_not_renewed_yet")
        else:
            self._snapshot, self._pauses = snapshot, _Pauses()
            _log.info("credentials_refreshed", source=self._source.name, expires_at=fresh.expires_at)

    def _put_off(self, say: Callable[..., object], event: str, **fields: object) -> None:
        snapshot, now = self._snapshot, self._monotonic()
        pause = snapshot.pause(self._clock(), draw=self._draw) if snapshot else self._draw(*URGENT_PAUSE)
        self._pauses = _Pauses(now + pause, now + _PACE)
        left = round(max(self._left(), 0.0))
        say(event, source=self._source.name, seconds_left=left, retry_in=round(pause, 1), **fields)


_EVERY: weakref.WeakSet[RefreshAhead] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    # Runs before anything else in the child and in its only thread, so that no check of the pid can race.
    for each in list(_EVERY):
        each.begin_anew()


os.register_at_fork(after_in_child=_after_fork_in_child)
