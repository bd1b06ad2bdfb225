"""What a client meets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .root import ScribepassError

__all__ = ["AudioUnreadable", "ServiceUnreachable", "StreamFailed", "TicketRefused"]


class TicketRefused(ScribepassError):
    """``/presign`` refused a ticket. ``problem`` is its RFC 9457 body, empty if it sent none."""

    code = "ticket_refused"

    def __init__(self, message: str, *, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.status = status
        self.problem = dict(problem)


class ServiceUnreachable(ScribepassError):
    """A client cannot reach the service that vends tickets. ``service`` is its address, without a query."""

    code = "service_unreachable"

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"no answer from {service}: {reason}")
        self.service = service


class AudioUnreadable(ScribepassError):
    """A client's audio cannot be read. The text says of what, why, and what would help."""

    code = "audio_unreadable"

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source


class StreamFailed(ScribepassError):
    """Transcribe ended the stream with an exception, or the connection was lost.

    ``kind`` is AWS's exception name, such as ``BadRequestException``, or ``ConnectionLost``.
    """

    code = "stream_failed"

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
