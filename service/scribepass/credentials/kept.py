"""Credentials that are kept fresh: what is at hand, when others are due, and whoever waits for them.

Who makes the attempts is the business of the subclasses: a thread for one source (`RefreshAhead`), or a few
for many (`PerCaller`).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from scribepass.background import Attempts, TooManyAbandoned, begins_anew, uniform
from scribepass.errors import CredentialsUnavailable
from scribepass.sigv4 import Credentials
from scribepass.telemetry import NULL_METRICS, Metrics, get_log, protect

from . import CredentialSource
from .faults import Fault, fault_of
from .plan import SHARED, Plan
from .snapshot import Draw, Snapshot

__all__ = ["Kept"]

COLD_PAUSE = (1.0, 3.0)
"""Seconds between two attempts while there are no credentials: back within 5 s of the source's return."""

DENIED_PAUSE = (60.0, 90.0)
"""Seconds between two attempts in the background where the fault is one that lasts."""

MOST_THROTTLED = 30.0
"""Seconds: the longest pause of a source that is asked too often. It doubles from 2 s."""

RETRY_AFTER, MOST_RETRY_AFTER = 5, 60
"""Seconds that a caller is told to wait where no attempt is due, and at the most."""

_log = get_log("credentials")


class _Pauses(NamedTuple):
    """Moments of the monotonic clock before which there is no attempt of its own accord, or for a request."""

    background: float = 0.0
    request: float = 0.0


class Kept:
    """A supplier of one source's credentials. Safe to share between threads.

    ``clock`` is the wall clock, by which credentials expire; ``monotonic`` measures pauses, ``draw`` jitters.
    Both clocks run ``tempo`` times as fast as real time, so that an hour can be tried out in a minute.
    """

    def __init__(
        self,
        source: CredentialSource,
        *,
        clock: Callable[[], datetime],
        plan: Plan = SHARED,
        monotonic: Callable[[], float] | None = None,
        tempo: float = 1.0,
        draw: Draw = uniform,
        metrics: Metrics = NULL_METRICS,
    ) -> None:
        self._source = source
        self._clock = clock
        self._plan = plan
        self._monotonic = monotonic or (lambda: time.monotonic() * tempo)
        self._tempo = tempo
        self._draw = draw
        self._metrics = metrics
        self._snapshot: Snapshot | None = None
        self._pauses = _Pauses()
        self._throttled = 0
        self._permanent = False
        self._closed = False
        self.begin_anew()
        begins_anew(self)

    def current(self) -> Credentials:
        """The credentials at hand. Only without any, or in the mandatory window, does this wait.

        Raises:
            CredentialsUnavailable: there are none, or they have expired, and no attempt brought others.
        """
        snapshot, left = self._snapshot, self._left()
        if snapshot is None or left <= snapshot.mandatory:
            self._await_attempt()
            snapshot = self._snapshot
        elif left <= snapshot.ahead:
            self._nudge()
        if snapshot is None or snapshot.left(self._clock()) <= 0:
            raise CredentialsUnavailable(
                self._source.name, retry_after=self._retry_after(), permanent=self._permanent
            )
        return snapshot.credentials

    def seconds_left(self) -> float:
        """How long the credentials at hand last, and 0 if there are none. Asks nobody and never waits."""
        return max(self._left(), 0.0)

    def begin_anew(self) -> None:
        """Forget a forked child's parent: its threads are not here, and its locks may be held for ever."""
        self._changed = threading.Condition()
        self._attempts = 0
        self._started = 0.0
        self._busy = False

    def attempt(self, attempts: Attempts) -> Fault | None:
        """Ask the source, take what it gives, and wake whoever waits. Raises nothing; why it failed."""
        with self._changed:
            self._begin()
        try:
            return self._attempt(attempts)
        finally:
            self.give_up()

    def give_up(self) -> None:
        """Whoever waits for an attempt has waited long enough."""
        with self._changed:
            self._busy = False
            self._attempts += 1
            self._changed.notify_all()

    def _ask(self) -> bool:
        """See to an attempt, soon; False where there is none to be. Called with the lock held."""
        raise NotImplementedError

    def _nudge(self) -> None:
        """A request came by in the window in which a refresh is due. Must not wait."""
        raise NotImplementedError

    def _patience(self) -> float:
        """For how many seconds a request may wait at this moment. Called with the lock held."""
        raise NotImplementedError

    def _begin(self) -> None:
        self._busy, self._started = True, self._monotonic()

    def _left(self) -> float:
        snapshot = self._snapshot
        return snapshot.left(self._clock()) if snapshot else 0.0

    def _await_attempt(self) -> None:
        """Wait for the attempt that runs, or for a new one if the last is long enough ago."""
        with self._changed:
            snapshot, seen = self._snapshot, self._attempts
            if snapshot is not None and self._left() > snapshot.mandatory:
                return  # an attempt has ended between the look and the lock
            if not self._busy and (self._monotonic() < self._pauses.request or not self._ask()):
                return
            waits = self._patience() / self._tempo
            self._changed.wait_for(lambda: self._attempts != seen or self._closed, timeout=waits)

    def _attempt(self, attempts: Attempts) -> Fault | None:
        try:
            fresh = attempts.make(self._source.fetch)
        except Exception as error:  # noqa: BLE001 (whatever a source raises, what is at hand goes on serving)
            if isinstance(error, TimeoutError) and not isinstance(error, TooManyAbandoned):
                self._metrics.count("sts_calls", result=Fault.TIMEOUT.value)
            return self._fail(fault_of(error), type(error.__cause__ or error).__name__)
        protect(fresh.secret_access_key, fresh.session_token)
        snapshot = Snapshot.taken(fresh, now=self._clock(), plan=self._plan, draw=self._draw)
        if snapshot.left(self._clock()) <= 0:
            return self._fail(Fault.FAILED, "AlreadyExpired")
        self._permanent, self._throttled = False, 0
        if self._snapshot is not None and snapshot.ends <= self._snapshot.ends:
            # The metadata of a container or an instance renews itself only shortly before the end.
            _log.info("credentials_not_renewed_yet", **self._put_off(None))
        else:
            self._snapshot, self._pauses = snapshot, _Pauses()
            _log.info("credentials_refreshed", source=self._source.name, expires_at=fresh.expires_at)
        return None

    def _fail(self, fault: Fault, error: str) -> Fault:
        self._permanent = fault is Fault.DENIED
        self._throttled = self._throttled + 1 if fault is Fault.THROTTLED else 0
        say = _log.error if self._permanent else _log.warning
        say("credentials_refresh_failed", fault=fault.value, error=error, **self._put_off(fault))
        return fault

    def _put_off(self, fault: Fault | None) -> dict[str, object]:
        """Set the pauses before the next attempt; what the log should say of that."""
        now, left = self._monotonic(), self._left()
        snapshot, request = self._snapshot, self._plan.pace
        if fault is Fault.DENIED:
            pause, request = self._draw(*DENIED_PAUSE), self._plan.denied
        elif snapshot is None or left <= 0:
            pause = self._draw(*COLD_PAUSE)
        else:
            pause = snapshot.pause(self._clock(), draw=self._draw)
        if fault is Fault.THROTTLED:
            request = max(request, self._draw(0.5, 1.0) * min(2.0**self._throttled, MOST_THROTTLED))
            pause = max(pause, request)
        self._pauses = _Pauses(now + pause, now + request)
        return {
            "source": self._source.name,
            "seconds_left": round(max(left, 0.0)),
            "retry_in": round(pause, 1),
        }

    def _retry_after(self) -> int:
        pause = max(self._pauses) - self._monotonic()
        return min(math.ceil(pause), MOST_RETRY_AFTER) if pause > 0 else RETRY_AFTER
