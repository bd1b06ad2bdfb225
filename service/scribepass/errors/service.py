"""What the service refuses, and why."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from .root import ManyProblems, Problem, ScribepassError

__all__ = [
    "CallerRejected",
    "CredentialsUnavailable",
    "Forbidden",
    "InvalidParameters",
    "IssuerUnavailable",
    "Scope",
    "SettingsError",
    "Throttled",
    "Unauthenticated",
    "UnknownTicket",
]


class InvalidParameters(ManyProblems):
    """A request names parameters that cannot be signed. Every fault is in ``problems``."""

    code = "invalid_parameters"


class SettingsError(ManyProblems):
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
    """The caller is known and may not do this.

    ``what`` names the refused thing; ``problems`` are the refused parameters, every one of them.
    """

    code = "forbidden"

    def __init__(self, what: str, *, problems: Sequence[Problem] = ()) -> None:
        super().__init__(f"this caller may not use {what}")
        self.what = what
        self.problems = tuple(problems)


class UnknownTicket(CallerRejected):
    """The ticket id was not issued here to this caller, or too long ago."""

    code = "unknown_ticket"

    def __init__(self) -> None:
        super().__init__("no such ticket of this caller")


class Scope(enum.Enum):
    """Which limit is exhausted."""

    RATE = "rate"
    """The caller's tickets in a minute, in a burst or in an hour."""
    SESSIONS = "sessions"
    """The caller's tickets that are neither closed nor at the end of their lease."""
    GLOBAL = "global"
    """The deployment's ceiling: all callers together."""
    FAILURES = "failures"
    """An address whose credentials are refused again and again."""


class Throttled(ScribepassError):
    """Too many requests. ``retry_after`` is in seconds."""

    code = "throttled"

    def __init__(self, *, retry_after: int, scope: Scope = Scope.RATE) -> None:
        super().__init__(f"too many requests ({scope.value}); try again in {retry_after} s")
        self.retry_after = retry_after
        self.scope = scope


class CredentialsUnavailable(ScribepassError):
    """No usable AWS credentials. ``source`` says where they should have come from.

    ``permanent`` where asking again soon would get the same answer, such as AccessDenied.
    """

    code = "credentials_unavailable"

    def __init__(self, source: str, *, retry_after: int = 5, permanent: bool = False) -> None:
        super().__init__(f"no usable AWS credentials from {source}")
        self.source = source
        self.retry_after = retry_after
        self.permanent = permanent


class IssuerUnavailable(ScribepassError):
    """No key of this token issuer is at hand, so that none of its tokens can be verified."""

    code = "issuer_unavailable"

    def __init__(self, issuer: str, *, retry_after: int = 5) -> None:
        super().__init__(f"no keys of the issuer {issuer}")
        self.issuer = issuer
        self.retry_after = retry_after
