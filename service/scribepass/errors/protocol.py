"""Event-stream bytes, or the order of events."""

from __future__ import annotations

import enum

from .root import ScribepassError

__all__ = ["LocalProtocolError", "ProtocolError", "RemoteProtocolError", "Violation"]


class ProtocolError(ScribepassError):
    """Event-stream bytes, or the order of events, broke the protocol."""

    code = "protocol_error"


class LocalProtocolError(ProtocolError):
    """This side tried to do what the protocol does not allow. Nothing was sent."""

    code = "protocol_misuse"


class Violation(enum.Enum):
    """How the other side broke the protocol."""

    CHECKSUM = "checksum"
    FRAMING = "framing"
    HEADER = "header"
    LIMIT = "limit"
    ORDER = "order"
    PAYLOAD = "payload"


class RemoteProtocolError(ProtocolError):
    """The other side's bytes are not a valid event stream. ``kind`` says which rule they broke."""

    code = "malformed_stream"

    def __init__(self, message: str, *, kind: Violation) -> None:
        super().__init__(message)
        self.kind = kind
