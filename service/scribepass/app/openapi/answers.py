"""What is answered: tickets, and problem details for every error that there is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from scribepass.app.kinds import MEDIA_TYPE, Kind, every_kind
from scribepass.app.problems import body_of
from scribepass.errors import Forbidden, InvalidParameters, Problem
from scribepass.policy import Rules
from scribepass.transcribe import Operation, host_of, parse
from scribepass.vending import MIN_EXPIRES, Deployment, Ticket

from .values import TICKET_ID, Json, reference

__all__ = [
    "UUID",
    "examples",
    "failures",
    "problem_schema",
    "success",
    "ticket_example",
    "ticket_schema",
]

UUID: Final[Json] = {"type": "string", "format": "uuid"}
_TIME: Final[Json] = {"type": "string", "format": "date-time"}
_LOCKED: Final = {Operation.STANDARD: {"show-speaker-label": False}}
_SESSION_ID: Final = "4b1f2d3c-9c1e-4f7a-8a55-1c0de5a3b7f2"
_REQUEST_ID: Final = "0b2f6c9e-5a7d-4c1b-9f38-2d6e4a8c7b10"

_TICKET: Final[Mapping[str, Json]] = MappingProxyType(
    {
        "url": {"type": "string", "format": "uri", "description": "Where to open the stream: a secret."},
        "session_id": {**UUID, "description": "The stream's session, as AWS knows it."},
        "ticket_id": {**TICKET_ID, "description": "Proves later that the session is yours."},
        "operation": {"type": "string", "description": "The kind of stream."},
        "region": {"type": "string", "description": "The AWS region of the stream."},
        "parameters": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "What was signed, by AWS's names.",
        },
        "expires_in": {"type": "integer", "description": "For how many seconds the URL can be opened."},
        "expires_at": {**_TIME, "description": "When that ends, by the service's clock."},
        "server_time": {**_TIME, "description": "What the service's clock says."},
        "credentials_expire_at": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "When the credentials end that signed it; null if they do not.",
        },
    }
)


def ticket_schema(deployment: Deployment) -> Json:
    """A ticket of ``deployment``."""
    properties = dict(_TICKET)
    properties["operation"] = {
        **properties["operation"],
        "enum": [each.value for each in deployment.operations],
    }
    properties["region"] = {**properties["region"], "enum": list(deployment.regions)}
    life = {"minimum": MIN_EXPIRES, "maximum": deployment.max_expires_in}
    properties["expires_in"] = {**properties["expires_in"], **life}
    return {
        "title": "Ticket",
        "description": "The right to open one stream.",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def ticket_example(asked: Json, *, deployment: Deployment) -> Json:
    """What such a request gets. The signature is none."""
    operation = Operation(asked.get("operation", Operation.STANDARD.value))
    region, seconds = deployment.default_region, deployment.expires_in
    stream = {name: str(value) for name, value in asked.items() if name != "operation"}
    made = datetime(2026, 11, 22, 12, tzinfo=UTC)
    query = urlencode(
        {**stream, "session-id": _SESSION_ID, "X-Amz-Expires": seconds, "X-Amz-Signature": "..."}
    )
    return Ticket(
        url=f"wss://{host_of(region)}{operation.path}?{query}",
        ticket_id=f"tk_{'A' * 56}",
        session_id=_SESSION_ID,
        operation=operation,
        region=region,
        parameters={**stream, "session-id": _SESSION_ID},
        expires_in=seconds,
        expires_at=made + timedelta(seconds=seconds),
        server_time=made,
        credentials_expire_at=made + timedelta(minutes=50),
    ).to_json()


def problem_schema() -> Json:
    """Problem details (RFC 9457) as this service fills them in."""
    kinds = every_kind()
    text = {"type": "string"}
    fault = {
        "type": "object",
        "properties": {
            "field": {**text, "description": "The parameter, or query or body."},
            "code": {**text, "description": "What is wrong with it, for programs."},
            "message": {**text, "description": "The same for people."},
        },
        "required": ["field", "code", "message"],
        "additionalProperties": False,
    }
    properties: Json = {
        "type": {**text, "format": "uri", "description": "A name for the code, not an address."},
        "title": {**text, "description": "The status in words."},
        "status": {
            "type": "integer",
            "enum": sorted({int(each.status) for each in kinds}),
            "description": "As in the status line.",
        },
        "detail": {**text, "description": "A sentence for people. It may change."},
        "code": {**text, "enum": [each.code for each in kinds], "description": "For programs. It stays."},
        "problems": {"type": "array", "items": fault, "minItems": 1, "description": "Every fault at once."},
        "request_id": {**text, "description": "Finds the request in the service's log."},
    }
    return {
        "title": "Problem",
        "description": "Why there is no ticket (RFC 9457).",
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name != "problems"],
        "additionalProperties": False,
    }


@cache
def _faults() -> Mapping[str, tuple[Problem, ...]]:
    """By code of an error, faults such as it lists."""
    try:
        parse(Operation.STANDARD, {"langage-code": "en-US", "media-encoding": "mp3", "sample-rate": 16000})
    except InvalidParameters as error:
        refused = error.problems
    try:
        Rules(locked=_LOCKED).complete(Operation.STANDARD, [("show-speaker-label", True)])
    except Forbidden as error:
        forbidden = error.problems
    return {InvalidParameters.code: refused, Forbidden.code: forbidden}


def examples() -> Json:
    """By its code, an example of each error: made by what makes the error itself."""
    return {each.code: {"summary": each.detail, "value": _example(each)} for each in every_kind()}


def _example(kind: Kind) -> Json:
    text = body_of(kind, problems=_faults().get(kind.code, ()), request_id=_REQUEST_ID)
    value: Json = json.loads(text)
    return value


def success(
    description: str, schema: Json | None, *, example: Json | None = None, limited: bool = False
) -> Json:
    """A response that is no error; ``limited`` where it counts against the caller's limit."""
    media: Json = {"schema": schema} | ({"example": example} if example else {})
    return {
        "description": description,
        "headers": _headers("X-Request-Id", "Cache-Control", *(_OF_LIMITS if limited else ())),
        **({"content": {"application/json": media}} if schema else {}),
    }


def failures(codes: Iterable[str]) -> Json:
    """By its status, the response of the errors with these ``codes``."""
    wanted = set(codes)
    kinds = [each for each in every_kind() if each.code in wanted]
    statuses = sorted({int(each.status) for each in kinds})
    return {str(status): _failure([each for each in kinds if each.status == status]) for status in statuses}


def _failure(kinds: list[Kind]) -> Json:
    names = ["X-Request-Id", "Cache-Control", *_HEADERS_OF.get(int(kinds[0].status), ())]
    media = {
        "schema": reference("schemas", "Problem"),
        "examples": {each.code: reference("examples", each.code) for each in kinds},
    }
    return {
        "description": " ".join(each.detail for each in kinds),
        "headers": _headers(*names),
        "content": {MEDIA_TYPE: media},
    }


def _headers(*names: str) -> Json:
    return {name: reference("headers", name) for name in names}


_OF_LIMITS = ("RateLimit", "RateLimit-Policy")
_HEADERS_OF: Final[Mapping[int, tuple[str, ...]]] = MappingProxyType(
    {401: ("WWW-Authenticate",), 429: ("Retry-After", *_OF_LIMITS), 503: ("Retry-After",)}
)
