"""What can go wrong with a stream, in the terms of ``transcribe.recovery``."""

from __future__ import annotations

from typing import Literal

from scribepass.errors import (
    RemoteProtocolError,
    ScribepassError,
    ServiceUnreachable,
    StreamFailed,
    TicketRefused,
)
from scribepass.transcribe.recovery import Setback

__all__ = ["CONNECTION_LOST", "RETRIED", "StreamLost", "Way", "setback_of"]

CONNECTION_LOST = "ConnectionLost"

Way = Literal["ConnectionFailed", "ConnectionLost", "StreamEnded", "Stalled", "DrainTimeout"]

RETRIED = (StreamFailed, RemoteProtocolError, TicketRefused, ServiceUnreachable)
"""What another stream may help against; ``Recovery`` says whether it does."""


class StreamLost(StreamFailed):
    """No exception of Transcribe's: the connection itself failed, and ``way`` is how."""

    def __init__(self, way: Way, message: str, *, kind: str = CONNECTION_LOST) -> None:
        super().__init__(kind, message)
        self.way = way


def setback_of(error: ScribepassError, *, opened: bool) -> Setback:
    """One of ``RETRIED`` as ``Recovery`` wants it; ``opened``: there was a stream before it."""
    if isinstance(error, StreamLost):
        return Setback(kind=error.way, opened=opened)
    if isinstance(error, StreamFailed):
        return Setback(kind=error.kind, text=error.message, opened=opened)
    if isinstance(error, TicketRefused):
        wait = error.problem.get("retry_after")
        seconds = float(wait) if isinstance(wait, int | float) else None
        return Setback(kind="Ticket", status=error.status, retry_after=seconds, opened=opened)
    return Setback(kind="Ticket" if isinstance(error, ServiceUnreachable) else "Malformed", opened=opened)
