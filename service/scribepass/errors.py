"""Every error that scribepass raises on purpose.

::

    ScribepassError
    ├── ProtocolError
    │   ├── LocalProtocolError          we broke the rules: a bug on this side
    │   └── RemoteProtocolError         they broke the rules: .kind says how
    ├── SignatureRejected               a signature, or the key behind it, does not hold
    │   ├── SignatureMalformed          it cannot be read as Signature Version 4
    │   ├── ScopeMismatch               signed for another date, region or service
    │   ├── UnknownKey                  no such access key, or not its session token
    │   ├── TokenExpired                the credentials behind it have ended
    │   ├── SignatureMismatch           .canonical_request is what was verified
    │   ├── SignatureExpired            .expired_at
    │   └── SignatureNotYetValid        .valid_from
    ├── InvalidParameters               .problems: every fault, each with field and code
    ├── CallerRejected
    │   ├── Unauthenticated             .scheme
    │   └── Forbidden                   .what
    ├── Throttled                       .retry_after, seconds
    ├── CredentialsUnavailable          .source
    ├── TicketRefused                   .status, .problem: what /presign answered a client
    ├── ServiceUnreachable              .service: nothing that speaks HTTP answers a client there
    ├── AudioUnreadable                 .source: a file, a pipe or a microphone
    ├── StreamFailed                    .kind, .message: what Transcribe said on the stream
    └── SettingsError                   .problems: every fault of the environment at once

Each class has a stable ``code`` and holds what its catcher needs next, as attributes. None holds an
HTTP status: ``app/problems.py`` maps class to status and ``local/refusals.py`` maps class to
Transcribe exception. No error text ever contains a URL, a signature, a token or a key.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

__all__ = [
    "AudioUnreadable",
    "CallerRejected",
    "CredentialsUnavailable",
    "Forbidden",
    "InvalidParameters",
    "LocalProtocolError",
    "Problem",
    "ProtocolError",
    "RemoteProtocolError",
    "ScopeMismatch",
    "ScribepassError",
    "ServiceUnreachable",
    "SettingsError",
    "SignatureExpired",
    "SignatureMalformed",
    "SignatureMismatch",
    "SignatureNotYetValid",
    "SignatureRejected",
    "StreamFailed",
    "Throttled",
    "TicketRefused",
    "TokenExpired",
    "Unauthenticated",
    "UnknownKey",
    "Violation",
]


_ISO = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault of one field: its name on the wire, a stable slug, and a sentence that helps."""

    field: str
    code: str
    message: str


class ScribepassError(Exception):
    """The root of the tree."""

    code: ClassVar[str] = "error"


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


class SignatureRejected(ScribepassError):
    """A signed request was refused."""

    code = "signature_rejected"


class SignatureMalformed(SignatureRejected):
    """Something that Signature Version 4 requires is missing, repeated or unreadable."""

    code = "signature_malformed"


class ScopeMismatch(SignatureRejected):
    """The credential scope names another date, region or service than this endpoint serves."""

    code = "scope_mismatch"


class UnknownKey(SignatureRejected):
    """No such access key id is known, or the session token does not belong to it."""

    code = "unknown_key"


class TokenExpired(SignatureRejected):
    """The temporary credentials that made this signature have ended."""

    code = "token_expired"

    def __init__(self, *, expired_at: datetime) -> None:
        super().__init__(f"the security token expired at {expired_at:{_ISO}}")
        self.expired_at = expired_at


class SignatureMismatch(SignatureRejected):
    """The signature differs from the one computed over ``canonical_request``.

    The canonical request holds the session token; it is kept out of the exception's text.
    """

    code = "signature_mismatch"

    def __init__(self, *, canonical_request: str) -> None:
        super().__init__("the signature does not match the request")
        self.canonical_request = canonical_request


class SignatureExpired(SignatureRejected):
    """The request arrived after its signature's life."""

    code = "signature_expired"

    def __init__(self, *, expired_at: datetime) -> None:
        super().__init__(f"the signature expired at {expired_at:{_ISO}}")
        self.expired_at = expired_at


class SignatureNotYetValid(SignatureRejected):
    """The signature is dated further in the future than clocks may differ."""

    code = "signature_not_yet_valid"

    def __init__(self, *, valid_from: datetime) -> None:
        super().__init__(f"the signature is dated {valid_from:{_ISO}}, in the future")
        self.valid_from = valid_from


class _ManyProblems(ScribepassError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.message}" for each in problems))
        self.problems = tuple(problems)


class InvalidParameters(_ManyProblems):
    """A request names parameters that cannot be signed. Every fault is in ``problems``."""

    code = "invalid_parameters"


class SettingsError(_ManyProblems):
    """The environment does not describe a service that can start. Every fault is in ``problems``."""

    code = "invalid_settings"


class CallerRejected(ScribepassError):
    """The caller may not have what it asked for."""

    code = "caller_rejected"


class Unauthenticated(CallerRejected):
    """No credential, or a bad one. ``scheme`` is for ``WWW-Authenticate`` (RFC 9110, 11.6.1)."""

    code = "unauthenticated"

    def __init__(self, scheme: str) -> None:
        super().__init__("a valid credential is required")
        self.scheme = scheme


class Forbidden(CallerRejected):
    """The caller is known and may not do this. ``what`` names the refused thing."""

    code = "forbidden"

    def __init__(self, what: str) -> None:
        super().__init__(f"this caller may not use {what}")
        self.what = what


class Throttled(ScribepassError):
    """Too many requests. ``retry_after`` is in seconds."""

    code = "throttled"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"too many requests; try again in {retry_after} s")
        self.retry_after = retry_after


class CredentialsUnavailable(ScribepassError):
    """No usable AWS credentials. ``source`` says where they should have come from."""

    code = "credentials_unavailable"

    def __init__(self, source: str, *, retry_after: int = 5) -> None:
        super().__init__(f"no usable AWS credentials from {source}")
        self.source = source
        self.retry_after = retry_after


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
