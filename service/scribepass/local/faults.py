"""What can be made to go wrong with a stream, on demand: by a script, or by whoever tests a client."""

from __future__ import annotations

import enum
from dataclasses import dataclass

__all__ = ["Fault", "FaultKind"]


class FaultKind(enum.Enum):
    """How a stream fails."""

    EXCEPTION = "exception"
    DROP = "drop"
    HALF_OPEN = "half-open"
    SLOW = "slow"
    GARBAGE = "garbage"
    WRONG_CRC = "wrong-crc"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: ``after`` so many seconds of the stream's life.

    ``exception`` and ``message`` say which exception ends it; ``seconds`` by how much each event is late.
    """

    kind: FaultKind
    after: float = 0.0
    exception: str = "InternalFailureException"
    message: str | None = None
    seconds: float = 0.0
