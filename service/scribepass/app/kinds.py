"""Every error that the API answers: one table, from class, limit or status to what a caller reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from scribepass.errors import (
    CredentialsUnavailable,
    Forbidden,
    InvalidParameters,
    IssuerUnavailable,
    Scope,
    ScribepassError,
    Throttled,
    Unauthenticated,
    UnknownTicket,
)

__all__ = [
    "ERRORS",
    "INTERNAL",
    "LIMITS",
    "MEDIA_TYPE",
    "STATUSES",
    "TYPE_PREFIX",
    "Kind",
    "every_kind",
    "kind_of",
    "kind_of_status",
]

MEDIA_TYPE = "application/problem+json"

TYPE_PREFIX = "urn:scribepass:problem:"
"""``type`` is this and the code. It is a name, not an address."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A status, a stable code, and a sentence for whoever asked."""

    status: HTTPStatus
    code: str
    detail: str


ERRORS: Mapping[type[ScribepassError], Kind] = {
    InvalidParameters: Kind(
        HTTPStatus.BAD_REQUEST,
        InvalidParameters.code,
        "The request cannot be signed; problems lists every fault.",
    ),
    Unauthenticated: Kind(
        HTTPStatus.UNAUTHORIZED,
        Unauthenticated.code,
        "A valid API key or access token is required: Authorization: Bearer, or X-API-Key.",
    ),
    Forbidden: Kind(HTTPStatus.FORBIDDEN, Forbidden.code, "This is not allowed."),
    UnknownTicket: Kind(HTTPStatus.NOT_FOUND, UnknownTicket.code, "There is no such ticket of this caller."),
    IssuerUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        IssuerUnavailable.code,
        "The keys of the token's issuer are not at hand; see Retry-After.",
    ),
    CredentialsUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        CredentialsUnavailable.code,
        "No AWS credentials are at hand to sign with; see Retry-After.",
    ),
}

LIMITS: Mapping[Scope, Kind] = {
    Scope.RATE: Kind(
        HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", "This caller asks too often; see Retry-After."
    ),
    Scope.SESSIONS: Kind(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_many_sessions",
        "Too many of this caller's tickets are outstanding; report closed sessions, or see Retry-After.",
    ),
    Scope.GLOBAL: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "at_capacity",
        "All callers together use what may be used at once; see Retry-After.",
    ),
    Scope.FAILURES: Kind(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_many_failures",
        "Too many credentials from this address were refused; see Retry-After.",
    ),
}

STATUSES: Mapping[int, Kind] = {
    kind.status: kind
    for kind in (
        Kind(HTTPStatus.BAD_REQUEST, "bad_request", "The request is not one that this service reads."),
        Kind(HTTPStatus.NOT_FOUND, "not_found", "There is nothing at this path."),
        Kind(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "This path has other methods; see Allow."),
        Kind(HTTPStatus.REQUEST_TIMEOUT, "request_incomplete", "The body did not arrive whole, or in time."),
        Kind(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "The body is too large."),
        Kind(HTTPStatus.REQUEST_URI_TOO_LONG, "query_too_long", "The query is too long; POST takes more."),
        Kind(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body must be JSON in UTF-8, uncompressed, with Content-Type: application/json.",
        ),
        Kind(HTTPStatus.EXPECTATION_FAILED, "expectation_failed", "What Expect asks for is not done here."),
        Kind(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            "headers_too_large",
            "There are too many headers, or one is too long.",
        ),
        Kind(
            HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", "What is needed to vend tickets is not all at hand."
        ),
        Kind(HTTPStatus.NOT_IMPLEMENTED, "not_implemented", "The body is encoded in a way not known here."),
    )
}

INTERNAL = Kind(
    HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "Something failed here; the request_id finds it in the log."
)


def every_kind() -> list[Kind]:
    """Each of the table once, by status."""
    return sorted({*ERRORS.values(), *LIMITS.values(), *STATUSES.values(), INTERNAL}, key=_by_status)


def _by_status(kind: Kind) -> tuple[int, str]:
    return kind.status.value, kind.code


def kind_of(error: ScribepassError) -> Kind:
    """How ``error`` is answered; `INTERNAL` if nobody foresaw that it would come so far."""
    if isinstance(error, Throttled):
        return LIMITS[error.scope]
    return next((ERRORS[each] for each in type(error).__mro__ if each in ERRORS), INTERNAL)


def kind_of_status(status: int) -> Kind:
    """How an error that has only a status is answered."""
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return INTERNAL
    return STATUSES.get(status) or Kind(HTTPStatus(status), "refused", "The request was refused.")
