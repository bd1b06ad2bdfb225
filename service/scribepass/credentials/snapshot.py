"""One set of credentials and the windows of its life. Pure: the time is an argument.

The windows are meant for a life of one hour; a shorter one scales them down.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from scribepass.sigv4 import Credentials

__all__ = ["AHEAD", "MANDATORY", "Draw", "Snapshot"]

AHEAD = timedelta(minutes=35)
"""Left when the refresh begins. botocore's 15 minutes would ride out an outage of 14 only."""

MANDATORY = timedelta(minutes=2)
"""Left when requests begin to wait for the refresh: twice the usual life of a URL."""

FULL_LIFE = timedelta(hours=1)
"""The life that the windows are meant for; role chaining caps a session at it."""

URGENT = timedelta(minutes=10)
"""Left when a failed attempt is repeated sooner."""

PAUSE, URGENT_PAUSE = (30.0, 90.0), (5.0, 15.0)
"""Seconds between a failed attempt and the next, drawn at random between the two."""

_JITTER = 0.1  # of the time before the window: processes that started together drift apart

Draw = Callable[[float, float], float]
"""Draws a number between two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Credentials with their end, replaced whole: nobody sees one session's key with another's token.

    ``ends`` is POSIX time, infinite for credentials that never end; ``ahead`` and ``mandatory`` are seconds.
    """

    credentials: Credentials
    ends: float
    ahead: float
    mandatory: float
    scale: float

    @classmethod
    def taken(
        cls, credentials: Credentials, *, now: datetime, ahead: timedelta, mandatory: timedelta, draw: Draw
    ) -> Snapshot:
        """The snapshot of credentials that were fetched ``now``."""
        ends = math.inf if credentials.expires_at is None else credentials.expires_at.timestamp()
        life = ends - now.timestamp()
        scale = min(1.0, max(life, 0.0) / FULL_LIFE.total_seconds())
        begins = ahead.total_seconds() * scale
        if math.isfinite(life):
            # Jitter begins the refresh earlier, never later: it must not cost ride-through.
            begins += draw(0.0, max(life - begins, 0.0) * _JITTER)
        return cls(
            credentials=credentials,
            ends=ends,
            ahead=begins,
            mandatory=mandatory.total_seconds() * scale,
            scale=scale,
        )

    def left(self, now: datetime) -> float:
        """Seconds until the end; negative after it."""
        return self.ends - now.timestamp()

    def pause(self, now: datetime, *, draw: Draw) -> float:
        """Seconds to wait after an attempt that failed."""
        urgent = self.left(now) <= URGENT.total_seconds() * self.scale
        return draw(*(URGENT_PAUSE if urgent else PAUSE)) * self.scale
