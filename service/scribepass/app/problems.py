"""Errors become HTTP here and nowhere else: problem details (RFC 9457), each with safe text.

What was wrong inside goes to the log with the request's id. What a caller reads is a sentence from this
table, and for parameters the list of their faults.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from scribepass.errors import (
    CredentialsUnavailable,
    Forbidden,
    InvalidParameters,
    Problem,
    ScribepassError,
    Throttled,
    Unauthenticated,
)
from scribepass.telemetry import get_log

__all__ = ["MEDIA_TYPE", "TYPE_PREFIX", "handle_errors", "problem_of"]

MEDIA_TYPE = "application/problem+json"

TYPE_PREFIX = "urn:scribepass:problem:"
"""``type`` is this and the code. It is a name, not an address."""


@dataclass(frozen=True, slots=True)
class _Kind:
    status: HTTPStatus
    code: str
    detail: str


_ERRORS: Mapping[type[ScribepassError], _Kind] = {
    InvalidParameters: _Kind(
        HTTPStatus.BAD_REQUEST,
        InvalidParameters.code,
        "The request cannot be signed; problems lists every fault.",
    ),
    Unauthenticated: _Kind(
        HTTPStatus.UNAUTHORIZED,
        Unauthenticated.code,
        "A valid API key is required, as Authorization: Bearer or as X-API-Key.",
    ),
    Forbidden: _Kind(HTTPStatus.FORBIDDEN, Forbidden.code, "This is not allowed."),
    Throttled: _Kind(HTTPStatus.TOO_MANY_REQUESTS, Throttled.code, "Too many requests; see Retry-After."),
    CredentialsUnavailable: _Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        CredentialsUnavailable.code,
        "No AWS credentials are at hand to sign with; see Retry-After.",
    ),
}

_STATUSES: Mapping[int, _Kind] = {
    kind.status: kind
    for kind in (
        _Kind(HTTPStatus.BAD_REQUEST, "bad_request", "The request is not one that this service reads."),
        _Kind(HTTPStatus.NOT_FOUND, "not_found", "There is nothing at this path."),
        _Kind(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "This path has other methods; see Allow."),
        _Kind(HTTPStatus.REQUEST_TIMEOUT, "request_incomplete", "The body did not arrive whole, or in time."),
        _Kind(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "The body is too large."),
        _Kind(HTTPStatus.REQUEST_URI_TOO_LONG, "query_too_long", "The query is too long; POST takes more."),
        _Kind(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body must be JSON in UTF-8, uncompressed, with Content-Type: application/json.",
        ),
        _Kind(HTTPStatus.EXPECTATION_FAILED, "expectation_failed", "What Expect asks for is not done here."),
        _Kind(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            "headers_too_large",
            "There are too many headers, or one is too long.",
        ),
        _Kind(HTTPStatus.NOT_IMPLEMENTED, "not_implemented", "The body is encoded in a way not known here."),
    )
}

_INTERNAL = _Kind(
    HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "Something failed here; the request_id finds it in the log."
)

_SHOWN = 10  # faults in one line of the log

_log = get_log("app")


def handle_errors(app: Flask) -> None:
    """Answer every error of ``app`` with problem details."""
    app.register_error_handler(ScribepassError, _refused)
    app.register_error_handler(HTTPException, _refused_by_flask)
    app.register_error_handler(Exception, _failed)


def problem_of(status: int, *, request_id: str | None) -> str:
    """The body that says ``status``, for an answer that is given before the application is asked."""
    return json.dumps(_details(_kind_of(status), request_id=request_id))


def _refused(error: ScribepassError) -> Response:
    kind = next((_ERRORS[each] for each in type(error).__mro__ if each in _ERRORS), None)
    if kind is None:
        return _failed(error)
    problems = error.problems if isinstance(error, InvalidParameters) else ()
    _record(kind, problems=problems)
    answer = _answer(kind, problems=problems)
    if isinstance(error, Throttled | CredentialsUnavailable):
        answer.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthenticated):
        answer.headers["WWW-Authenticate"] = f'{error.scheme} realm="scribepass"'
    return answer


def _refused_by_flask(error: HTTPException) -> Response:
    code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _failed(error)
    kind = _kind_of(code)
    _record(kind)
    answer = _answer(kind)
    answer.headers.extend((name, value) for name, value in error.get_headers() if name != "Content-Type")
    return answer


def _failed(error: Exception) -> Response:
    _log.error("request_failed", method=request.method, endpoint=request.endpoint, exc_info=error)
    return _answer(_INTERNAL)


def _record(kind: _Kind, *, problems: tuple[Problem, ...] = ()) -> None:
    caller = g.get("caller")
    _log.info(
        "request_refused",
        status=kind.status.value,
        code=kind.code,
        method=request.method,
        endpoint=request.endpoint,
        caller=caller.id if caller else None,
        address=request.remote_addr,
        problems=[f"{each.field} {each.code}" for each in problems[:_SHOWN]],
    )


def _kind_of(status: int) -> _Kind:
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _INTERNAL
    return _STATUSES.get(status) or _Kind(HTTPStatus(status), "refused", "The request was refused.")


def _answer(kind: _Kind, *, problems: tuple[Problem, ...] = ()) -> Response:
    body = _details(kind, problems=problems, request_id=g.get("request_id"))
    return Response(json.dumps(body), kind.status, content_type=MEDIA_TYPE)


def _details(
    kind: _Kind, *, problems: tuple[Problem, ...] = (), request_id: str | None
) -> Mapping[str, object]:
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + kind.code.replace("_", "-"),
        "title": kind.status.phrase,
        "status": kind.status.value,
        "detail": kind.detail,
        "code": kind.code,
    }
    if problems:
        body["problems"] = [
            {"field": each.field, "code": each.code, "message": each.message} for each in problems
        ]
    return {**body, "request_id": request_id}
