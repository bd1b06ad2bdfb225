"""What can be made to go wrong with a stream, on demand: by a script, or by whoever tests a client."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace

__all__ = ["MOST_MESSAGE", "Fault", "FaultKind", "Faults", "Plan", "is_exception"]

MOST_MESSAGE = 1024
"""Characters of an exception's text."""


class FaultKind(enum.Enum):
    """How a stream fails."""

    EXCEPTION = "exception"  # an exception of Transcribe, then a close
    DROP = "drop"  # the connection is aborted
    HALF_OPEN = "half-open"  # nothing is read or sent any more, not even a pong, and the connection stays
    SLOW = "slow"  # each event leaves late, in its order
    GARBAGE = "garbage"  # random bytes in place of the next event
    WRONG_CRC = "wrong-crc"  # the next event with a checksum that is not its own
    CLOSE = "close"  # the stream is closed with 1000, before its last words


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: ``after`` so many seconds of the stream's life, 0 before its first event.

    ``exception`` and ``message`` say which exception ends it, with AWS's own text unless there is another;
    ``seconds`` by how much each event is late.
    """

    kind: FaultKind
    after: float = 0.0
    exception: str = "InternalFailureException"
    message: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Faults that befall one stream together: the next ``times`` streams, or, where None, every one.

    ``session_id`` keeps the plan for streams of that session.
    """

    faults: tuple[Fault, ...]
    times: int | None = 1
    session_id: str | None = None


def is_exception(value: object) -> bool:
    """Whether ``value`` can be the name of an exception, known or not."""
    return isinstance(value, str) and value.isascii() and value.isalpha() and len(value) <= 64


class Faults:
    """Plans for the streams to come. A stream meets one: the oldest for it, those for every stream last."""

    def __init__(self) -> None:
        self._plans: list[Plan] = []

    def __iter__(self) -> Iterator[Plan]:
        return iter(tuple(self._plans))

    def add(self, plan: Plan) -> None:
        """Let streams meet ``plan``."""
        self._plans.append(plan)

    def take(self, session_id: str) -> tuple[Fault, ...]:
        """What befalls the stream of ``session_id`` that opens now."""
        mine = [plan for plan in self._plans if plan.session_id in (None, session_id)]
        plan = min(mine, key=lambda each: each.times is None, default=None)
        if plan is None:
            return ()
        if plan.times is not None:
            at = self._plans.index(plan)
            left = [replace(plan, times=plan.times - 1)] if plan.times > 1 else []
            self._plans[at : at + 1] = left
        return plan.faults

    def clear(self) -> None:
        """Let nothing go wrong from now on, but with streams that are open."""
        self._plans.clear()
