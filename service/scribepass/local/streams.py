"""The streams that are open: how many there may be, how fast they may start, and one for each session id."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from scribepass.transcribe import Operation

from . import refusals
from .limits import Limits
from .refusals import Refusal, Refused

__all__ = ["Applicant", "Ending", "Session", "Streams"]


class Ending(Protocol):
    """A stream, as far as it can be told to end."""

    def end(self, refusal: Refusal) -> None:
        """End soon, with this exception."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """A stream that would begin. ``resume_minutes`` is its ``session-resume-window``."""

    account: str
    operation: Operation
    transport: str
    session_id: str
    resume_minutes: int | None = None

    @property
    def quota(self) -> tuple[str, ...]:
        """AWS counts by account; medical streams together, others for each transport."""
        if self.operation is Operation.MEDICAL:
            return self.account, self.operation.value
        return self.account, self.operation.value, self.transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What streams with one session id have in common. ``resumable_until`` is None without a window."""

    started_at: datetime
    resumable_until: datetime | None
    resumed: int = 0


class Streams:
    """Admits what :class:`Limits` allow.

    A session that was begun with a resume window can be resumed until the window ends, as often as one likes;
    it is measured from the start of its first stream (API reference). Assumed, since AWS says no more: a
    resumed stream is a stream like any other, with times from 0; its own window changes nothing; after the
    window the same id begins a new session. As without a window, a stream that is still open is ended.
    """

    def __init__(self, limits: Limits, *, clock: Callable[[], datetime]) -> None:
        self._most = limits.concurrent_streams
        self._clock = clock
        self._starts = Bucket(limits.starts_per_second, now=clock())
        self._open: dict[tuple[str, str], tuple[Ending, Applicant]] = {}
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._sessions: dict[tuple[str, str], Session] = {}

    @contextlib.contextmanager
    def admitted(self, stream: Ending, applicant: Applicant) -> Iterator[Session]:
        """Hold a place for ``stream``. An older one of the same account and session id is ended.

        :class:`Refused` when all places are taken, or when streams start too quickly.
        """
        key = (applicant.account, applicant.session_id)
        older, its = self._open.get(key, (None, None))
        leaves = its is not None and its.quota == applicant.quota
        if self._counts[applicant.quota] - leaves >= self._most:
            raise Refused(refusals.TOO_MANY)
        if not self._starts.take(self._clock()):
            raise Refused(refusals.TOO_QUICKLY)
        if older is not None:
            older.end(refusals.CONFLICT)
        self._open[key] = stream, applicant
        self._counts[applicant.quota] += 1
        try:
            yield self._session(key, applicant.resume_minutes)
        finally:
            self._counts[applicant.quota] -= 1
            if self._open.get(key, (None, None))[0] is stream:
                del self._open[key]

    def forget(self) -> None:
        """Let no session be resumed that has begun before."""
        self._sessions.clear()

    def _session(self, key: tuple[str, str], minutes: int | None) -> Session:
        now = self._clock()
        self._forget(now)
        if (known := self._sessions.get(key)) is not None:
            session = Session(
                started_at=known.started_at,
                resumable_until=known.resumable_until,
                resumed=known.resumed + 1,
            )
        else:
            until = now + timedelta(minutes=minutes) if minutes is not None else None
            session = Session(started_at=now, resumable_until=until)
        if session.resumable_until is not None:
            self._sessions[key] = session
        return session

    def _forget(self, now: datetime) -> None:
        over = [
            key
            for key, session in self._sessions.items()
            if session.resumable_until is not None and session.resumable_until <= now
        ]
        for key in over:
            del self._sessions[key]


class Bucket:
    """Tokens for so many starts ``per_second``, of which a second's may be taken at once."""

    def __init__(self, per_second: float, *, now: datetime) -> None:
        self._per_second = per_second
        self._tokens = max(per_second, 1.0)
        self._filled_at = now

    def take(self, now: datetime) -> bool:
        """Take one, if there is one. A clock that is set back fills nothing."""
        seconds = max((now - self._filled_at).total_seconds(), 0.0)
        self._tokens = min(self._tokens + seconds * self._per_second, max(self._per_second, 1.0))
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
