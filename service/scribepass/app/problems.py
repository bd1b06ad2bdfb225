"""Errors become HTTP here and nowhere else: problem details (RFC 9457), each with safe text.

What was wrong inside goes to the log with the request's id. What a caller reads is a sentence of the table in
``kinds``, and for parameters the list of their faults.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from scribepass.errors import (
    CredentialsUnavailable,
    Forbidden,
    InvalidParameters,
    IssuerUnavailable,
    Problem,
    ScribepassError,
    Throttled,
    Unauthenticated,
)
from scribepass.telemetry import Metrics, get_log
from scribepass.vending import CallerNames

from .kinds import INTERNAL, MEDIA_TYPE, TYPE_PREFIX, Kind, kind_of, kind_of_status

__all__ = ["Problems", "body_of", "not_ready", "problem_of"]

_PROBE_AGAIN = 5  # seconds
_SHOWN = 10  # faults in one line of the log

_log = get_log("app")


class Problems:
    """Answers, logs and counts every error. ``names`` are what callers are called in the log."""

    def __init__(self, *, names: CallerNames, metrics: Metrics) -> None:
        self._names = names
        self._metrics = metrics

    def handle(self, app: Flask) -> None:
        """Answer every error of ``app`` with problem details."""
        app.register_error_handler(ScribepassError, self._refused)
        app.register_error_handler(HTTPException, self._refused_by_flask)
        app.register_error_handler(Exception, self._failed)

    def _refused(self, error: ScribepassError) -> Response:
        kind = kind_of(error)
        if kind is INTERNAL:
            return self._failed(error)
        problems = error.problems if isinstance(error, InvalidParameters | Forbidden) else ()
        self._record(kind, problems=problems)
        answer = _answer(kind, problems=problems)
        if isinstance(error, Throttled | CredentialsUnavailable | IssuerUnavailable):
            answer.headers["Retry-After"] = str(error.retry_after)
        if isinstance(error, Unauthenticated):
            answer.headers["WWW-Authenticate"] = f'{error.scheme} realm="scribepass"'
        return answer

    def _refused_by_flask(self, error: HTTPException) -> Response:
        code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
        if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return self._failed(error)
        kind = kind_of_status(code)
        self._record(kind)
        answer = _answer(kind)
        answer.headers.extend((name, value) for name, value in error.get_headers() if name != "Content-Type")
        return answer

    def _failed(self, error: Exception) -> Response:
        _log.error("request_failed", method=request.method, endpoint=request.endpoint, exc_info=error)
        self._count("failed", INTERNAL)
        return _answer(INTERNAL)

    def _record(self, kind: Kind, *, problems: tuple[Problem, ...] = ()) -> None:
        caller = g.get("caller")
        _log.info(
            "request_refused",
            status=kind.status.value,
            code=kind.code,
            method=request.method,
            endpoint=request.endpoint,
            caller=self._names.hash_of(caller) if caller else None,
            key_id=caller.key_id if caller else None,
            address=g.get("address"),
            problems=[f"{each.field} {each.code}" for each in problems[:_SHOWN]],
        )
        self._count("refused", kind)

    def _count(self, outcome: str, kind: Kind) -> None:
        if request.endpoint == "presign":
            self._metrics.count("tickets", outcome=outcome, reason=kind.code)


def not_ready() -> Response:
    """The answer to a probe while no ticket can be vended. Which part is missing is for operators."""
    answer = _answer(kind_of_status(HTTPStatus.SERVICE_UNAVAILABLE))
    answer.headers["Retry-After"] = str(_PROBE_AGAIN)
    return answer


def problem_of(status: int, *, request_id: str | None) -> str:
    """The body that says ``status``, for an answer that is given before the application is asked."""
    return body_of(kind_of_status(status), request_id=request_id)


def _answer(kind: Kind, *, problems: tuple[Problem, ...] = ()) -> Response:
    body = body_of(kind, problems=problems, request_id=g.get("request_id"))
    return Response(body, kind.status, content_type=MEDIA_TYPE)


def body_of(kind: Kind, *, problems: Iterable[Problem] = (), request_id: str | None) -> str:
    """The problem details themselves."""
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + kind.code.replace("_", "-"),
        "title": kind.status.phrase,
        "status": kind.status.value,
        "detail": kind.detail,
        "code": kind.code,
    }
    if faults := [{"field": e.field, "code": e.code, "message": e.message} for e in problems]:
        body["problems"] = faults
    return json.dumps({**body, "request_id": request_id})
