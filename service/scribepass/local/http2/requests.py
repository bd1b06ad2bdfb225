"""The heads of requests and responses, between HTTP/2 and what the rest of the local AWS speaks."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime

from scribepass.local.handshake import HEADER_PREFIX, Accepted
from scribepass.sigv4.request import SignedRequest

__all__ = ["Fields", "signed_request", "stream_head"]

Fields = list[tuple[str, str]]


def signed_request(headers: Iterable[tuple[bytes, bytes]]) -> SignedRequest:
    """The request of a HEADERS frame.

    Node sends values as Latin-1, and any byte is some character of it. AWS's newest Python SDK ends a path
    that has no query with a question mark all the same; the signature does not cover it.
    """
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    pseudo = {name: value for name, value in fields if name.startswith(":")}
    return SignedRequest(
        method=pseudo.get(":method", ""),
        target=pseudo.get(":path", "").removesuffix("?"),
        headers=[(name, value) for name, value in fields if name == ":authority" or name[:1] != ":"],
    )


def stream_head(accepted: Accepted, *, now: datetime) -> Fields:
    """What answers a stream that was accepted, before anything is heard: AWS's echo of its parameters."""
    request_id = str(uuid.uuid4())
    echo = {**dict(accepted.params.items()), "session-id": accepted.session_id}
    return [
        (":status", "200"),
        ("content-type", "application/vnd.amazon.eventstream"),
        ("date", format_datetime(now, usegmt=True)),
        ("x-amzn-request-id", request_id),  # a member of the response
        ("x-amzn-requestid", request_id),  # what SDKs log
        *((f"{HEADER_PREFIX}{name}", value) for name, value in echo.items()),
    ]
