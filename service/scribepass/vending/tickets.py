"""What is asked for, and what is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scribepass.quotas import Standing
from scribepass.transcribe import Operation, StreamParams

__all__ = ["Ticket", "TicketRequest", "timestamp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRequest:
    """What a caller asks for. ``region`` and ``expires_in`` (seconds) are the deployment's where None.

    ``ticket_id`` is that of an earlier ticket, whose session goes on; ``session_id`` may name that session.
    """

    operation: Operation
    params: StreamParams
    region: str | None = None
    expires_in: int | None = None
    ticket_id: str | None = None
    session_id: str | None = None
    client_reference_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The right to open one stream. ``url`` is a bearer secret and in no ``repr``.

    ``parameters`` are those that were signed, by AWS's names. ``credentials_expire_at`` is None for
    credentials that never end, ``standing`` for a caller without limits.
    """

    url: str = field(repr=False)
    ticket_id: str
    session_id: str
    operation: Operation
    region: str
    parameters: Mapping[str, str]
    expires_in: int
    expires_at: datetime
    server_time: datetime
    credentials_expire_at: datetime | None
    standing: Standing | None = None

    def to_json(self) -> dict[str, Any]:
        """The ticket as ``/presign`` answers it; times in UTC, whole seconds."""
        ends = self.credentials_expire_at
        return {
            "url": self.url,
            "session_id": self.session_id,
            "ticket_id": self.ticket_id,
            "operation": self.operation.value,
            "region": self.region,
            "parameters": dict(self.parameters),
            "expires_in": self.expires_in,
            "expires_at": timestamp(self.expires_at),
            "server_time": timestamp(self.server_time),
            "credentials_expire_at": timestamp(ends) if ends else None,
        }


def timestamp(moment: datetime) -> str:
    """``moment`` in UTC, whole seconds (RFC 3339)."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
