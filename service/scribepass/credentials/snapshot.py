"""One set of credentials and the windows of its life. Pure: the time is an argument."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from scribepass.sigv4 import Credentials

from .plan import Plan

__all__ = ["Draw", "Snapshot"]

URGENT = 600.0
"""Seconds left when a failed attempt is repeated sooner."""

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
    def taken(cls, credentials: Credentials, *, now: datetime, plan: Plan, draw: Draw) -> Snapshot:
        """The snapshot of credentials that were fetched ``now``. A shorter life than planned scales down."""
        ends = math.inf if credentials.expires_at is None else credentials.expires_at.timestamp()
        life = ends - now.timestamp()
        scale = min(1.0, max(life, 0.0) / plan.life)
        begins = plan.ahead * scale
        if math.isfinite(life):
            # Jitter begins the refresh earlier, never later: it must not cost ride-through.
            begins += draw(0.0, max(life - begins, 0.0) * _JITTER)
        return cls(
            credentials=credentials, ends=ends, ahead=begins, mandatory=plan.mandatory * scale, scale=scale
        )

    def left(self, now: datetime) -> float:
        """Seconds until the end; negative after it."""
        return self.ends - now.timestamp()

    def pause(self, now: datetime, *, draw: Draw) -> float:
        """Seconds to wait after an attempt that failed."""
        urgent = self.left(now) <= URGENT * self.scale
        return draw(*(URGENT_PAUSE if urgent else PAUSE)) * self.scale
