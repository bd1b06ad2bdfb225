"""What to do about a failure: try again and when, pause, or stop. Time (s) and chance are arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf
from typing import Final, Literal

_PASSING: Final = re.compile("ConnectionLost|StreamEnded|Stalled|DrainTimeout")
_DOUBTFUL: Final = re.compile("ConnectionFailed|Malformed|Expired")
"""Passes soon or never."""
_TRIES: Final = 5
_OVERLOAD: Final = re.compile("InternalFailure|ServiceUnavailable|Ticket(0|5..)")
_BUSY: Final = re.compile("Ticket(429|503)")
_ONCE: Final = re.compile("Conflict|Ticket401")
_EXPIRED: Final = re.compile("expired|not yet current", re.IGNORECASE)
_SILENCE: Final = re.compile("no new audio", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """What went wrong.

    ``kind`` is AWS's name of the exception, with or without ``Exception``, or ours: ConnectionFailed (never
    open), ConnectionLost, StreamEnded, Stalled, DrainTimeout, Malformed, Ticket. ``text`` is what the
    exception says. A Ticket has the HTTP ``status`` (0: unreachable) and perhaps ``retry_after`` (s).
    ``opened``: this run had a stream before.
    """

    kind: str
    text: str = ""
    status: int = 0
    retry_after: float | None = None
    opened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What to do, and in how many s.

    ``fresh``: not as one more stream of this session, but as one of its own.
    """

    action: Literal["retry", "pause", "stop"]
    delay: float = 0
    fresh: bool = False


class Recovery:
    """What to do about each failure of a row; the row ends when something went well."""

    def __init__(self, *, patience: float = 300) -> None:
        """After ``patience`` s from the first failure of a row no more is tried."""
        self._patience = patience
        self._first = 0.0
        self._row: list[str] = []

    def fail(self, setback: Setback, now: float, random: float) -> Remedy:
        """What to do about a failure; ``random`` is from 0 to less than 1."""
        cause = _cause(setback)
        if cause == "Silence":
            self._row = []
            return Remedy(action="pause")
        if not self._row:
            self._first = now
        self._row.append(cause)
        same = self._row.count(cause)
        delay = _delay(cause, len(self._row), same, random, setback.retry_after)
        if now + delay > self._first + self._patience:
            return Remedy(action="stop")
        return Remedy(action="retry", delay=delay, fresh=cause == "Conflict")

    def well(self, _now: float) -> None:
        """A final result arrived, or 10 s of streaming went well: the row of failures is over."""
        self._row = []


def _cause(setback: Setback) -> str:
    name = setback.kind.removesuffix("Exception")
    if name == "Ticket":
        return f"{name}{setback.status}" if setback.status or setback.opened else name
    # Once there was a stream, it is the network that is away, however long that lasts.
    if name == "ConnectionFailed" and setback.opened:
        return "ConnectionLost"
    if _PASSING.fullmatch(name) or _DOUBTFUL.fullmatch(name):
        return name
    if _EXPIRED.search(setback.text):
        return "Expired"
    return "Silence" if name == "BadRequest" and _SILENCE.search(setback.text) else name


def _delay(cause: str, n: int, same: int, random: float, retry_after: float | None) -> float:
    """Seconds until the next try, infinite if there is none.

    In this row there were ``n`` failures, ``same`` of this cause.
    """
    if _PASSING.fullmatch(cause) or (_DOUBTFUL.fullmatch(cause) and same <= _TRIES):
        return _soon(n - 2, random) if n > 1 else 0
    if _BUSY.fullmatch(cause):
        return (min(30, _power(n - 1)) if retry_after is None else retry_after) + random
    if _OVERLOAD.fullmatch(cause):
        return _soon(n - 1, random)
    if cause == "LimitExceeded":
        return max(0.5, random * min(60, _power(n)))
    return 0 if _ONCE.fullmatch(cause) and same == 1 else inf


def _soon(exponent: int, random: float) -> float:
    return min(5, 0.25 * _power(exponent)) + 0.5 * random


def _power(exponent: int) -> float:
    # A float has no room for two to the power of a long row.
    return 2.0 ** min(exponent, 16)
