"""The paths of the API, and what each may answer."""

from __future__ import annotations

from typing import Final

from .answers import failures, success
from .values import TICKET_ID, Json, reference

__all__ = ["HEADERS", "paths"]

_OF_THE_SERVER: Final = (
    *("bad_request", "query_too_long", "expectation_failed", "headers_too_large"),
    *("internal", "not_implemented"),
)
_OF_THE_GUARD: Final = (
    *("invalid_parameters", "unauthenticated", "forbidden", "too_many_failures", "issuer_unavailable"),
    *_OF_THE_SERVER,
)
_OF_TICKETS: Final = ("rate_limited", "too_many_sessions", "at_capacity", "credentials_unavailable")
_OF_BODIES: Final = ("request_incomplete", "body_too_large", "unsupported_media_type")


def _header(description: str, schema: Json, *, always: bool = False) -> Json:
    return {"description": description, **({"required": True} if always else {}), "schema": schema}


_TEXT: Final[Json] = {"type": "string"}
HEADERS: Final[Json] = {
    "X-Request-Id": _header(
        "The request's id: the caller's own, if it sent 8 to 64 letters, digits and hyphens.",
        {**_TEXT, "pattern": "^[A-Za-z0-9-]{8,64}$"},
        always=True,
    ),
    "Cache-Control": _header("Never kept: a ticket is a secret.", {"const": "no-store"}, always=True),
    "WWW-Authenticate": _header("How to authenticate (RFC 9110, 11.6.1).", _TEXT, always=True),
    "Retry-After": _header(
        "Seconds after which to ask again.", {"type": "integer", "minimum": 0}, always=True
    ),
    "RateLimit-Policy": _header("The caller's limit (draft-ietf-httpapi-ratelimit-headers).", _TEXT),
    "RateLimit": _header("What is left of it, and for how long (the same draft).", _TEXT),
}


def paths(request: Json, *, sample: Json, ticket: Json) -> Json:
    """Every path. ``request`` is the schema of one; ``sample`` is served, and ``ticket`` is its answer."""
    return {
        "/presign": {
            "post": _presign(request, sample=sample, ticket=ticket),
            "get": _presign_by_query(request, sample=sample, ticket=ticket),
        },
        "/sessions/{ticket_id}/closed": {"post": _close(ticket["ticket_id"])},
        "/catalogue": {
            "get": {
                "operationId": "catalogue",
                "summary": "List what this caller can ask for",
                "tags": ["tickets"],
                "responses": {
                    "200": success("What pickers show.", reference("schemas", "Catalogue")),
                    **failures(_OF_THE_GUARD),
                },
            }
        },
        "/healthz": {"get": _probe("healthz", "Say that the process lives", "ok")},
        "/readyz": {"get": _probe("readyz", "Say whether tickets can be vended", "ready", "not_ready")},
        "/openapi.json": {
            "get": {
                "operationId": "openapi",
                "summary": "Read this document",
                "tags": ["service"],
                "security": [],
                "responses": {"200": success("OpenAPI 3.1.", {"type": "object"}), **failures(_OF_THE_SERVER)},
            }
        },
    }


def _presign(request: Json, *, sample: Json, ticket: Json) -> Json:
    return {
        "operationId": "presign",
        "summary": "Get a ticket",
        "description": "Signs a URL that opens one stream. Every fault of a request is told at once.",
        "tags": ["tickets"],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": request, "example": sample}},
        },
        "responses": {
            "201": success("A ticket.", reference("schemas", "Ticket"), example=ticket, limited=True),
            **failures((*_OF_THE_GUARD, *_OF_TICKETS, *_OF_BODIES)),
        },
    }


def _presign_by_query(request: Json, *, sample: Json, ticket: Json) -> Json:
    return {
        "operationId": "presignByQuery",
        "summary": "Get a ticket, asked for by a query",
        "description": "As POST. Each member of the object is a name of the query.",
        "tags": ["tickets"],
        "parameters": [
            {
                "name": "request",
                "in": "query",
                "required": True,
                "style": "form",
                "explode": True,
                "schema": request,
                "example": sample,
            }
        ],
        "responses": {
            "200": success("A ticket.", reference("schemas", "Ticket"), example=ticket, limited=True),
            **failures((*_OF_THE_GUARD, *_OF_TICKETS)),
        },
    }


def _close(ticket_id: str) -> Json:
    return {
        "operationId": "close",
        "summary": "Report a session closed",
        "description": "Makes room for another at once, instead of when the lease ends. Again is no error.",
        "tags": ["tickets"],
        "parameters": [
            {
                "name": "ticket_id",
                "in": "path",
                "required": True,
                "description": "Of a ticket of this caller.",
                "schema": TICKET_ID,
                "example": ticket_id,
            }
        ],
        "responses": {
            "204": success("It no longer counts.", None),
            **failures((*_OF_THE_GUARD, "unknown_ticket")),
        },
    }


def _probe(name: str, summary: str, status: str, *codes: str) -> Json:
    body = {
        "type": "object",
        "properties": {"status": {"const": status}},
        "required": ["status"],
        "additionalProperties": False,
    }
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["service"],
        "security": [],
        "responses": {
            "200": success("Yes.", body, example={"status": status}),
            **failures((*codes, *_OF_THE_SERVER)),
        },
    }
