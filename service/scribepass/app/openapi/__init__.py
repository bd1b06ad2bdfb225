"""The API in the words of OpenAPI 3.1, made of the tables and models that the service itself goes by."""

from __future__ import annotations

from scribepass import __version__
from scribepass.vending import Deployment

from .answers import examples, problem_schema, ticket_example, ticket_schema
from .catalogue import catalogue_schema
from .paths import HEADERS, paths
from .requests import request_schema, request_schemas
from .values import Json

__all__ = ["document"]

_DESCRIPTION = """\
Vends presigned URLs for Amazon Transcribe streaming. Parameters have AWS's names and are checked by AWS's \
rules before anything is signed. Every error is problem details (RFC 9457) with a stable `code`."""

_SECURITY_SCHEMES: Json = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key of this service, or an access token of an issuer that it trusts.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key of this service.",
    },
}


_TAGS = [
    {"name": "tickets", "description": "For callers."},
    {"name": "service", "description": "About the service; for everybody."},
]


def document(deployment: Deployment) -> Json:
    """The OpenAPI 3.1 document of a service that vends what ``deployment`` does, for JSON as it stands."""
    requests = request_schemas(deployment)
    sample = next(iter(requests.values()))["examples"][0]
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "scribepass",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{name: []} for name in _SECURITY_SCHEMES],
        "tags": _TAGS,
        "paths": paths(
            request_schema(requests), sample=sample, ticket=ticket_example(sample, deployment=deployment)
        ),
        "components": {
            "securitySchemes": _SECURITY_SCHEMES,
            "schemas": {
                **requests,
                "Ticket": ticket_schema(deployment),
                "Catalogue": catalogue_schema(deployment),
                "Problem": problem_schema(),
            },
            "headers": HEADERS,
            "examples": examples(),
        },
    }
