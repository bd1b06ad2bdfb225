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
    │   ├── Forbidden                   .what, .problems
    │   └── UnknownTicket               not issued to this caller, or too long ago
    ├── Throttled                       .retry_after, seconds; .scope says which limit
    ├── CredentialsUnavailable          .source, .permanent
    ├── IssuerUnavailable               .issuer: no key at hand to verify its tokens with
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

from .client import AudioUnreadable, ServiceUnreachable, StreamFailed, TicketRefused
from .protocol import LocalProtocolError, ProtocolError, RemoteProtocolError, Violation
from .root import Problem, ScribepassError
from .service import (
    CallerRejected,
    CredentialsUnavailable,
    Forbidden,
    InvalidParameters,
    IssuerUnavailable,
    Scope,
    SettingsError,
    Throttled,
    Unauthenticated,
    UnknownTicket,
)
from .signatures import (
    ScopeMismatch,
    SignatureExpired,
    SignatureMalformed,
    SignatureMismatch,
    SignatureNotYetValid,
    SignatureRejected,
    TokenExpired,
    UnknownKey,
)

__all__ = [
    "AudioUnreadable",
    "CallerRejected",
    "CredentialsUnavailable",
    "Forbidden",
    "InvalidParameters",
    "IssuerUnavailable",
    "LocalProtocolError",
    "Problem",
    "ProtocolError",
    "RemoteProtocolError",
    "Scope",
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
    "UnknownTicket",
    "Violation",
]
