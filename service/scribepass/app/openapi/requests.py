"""What may be asked for: one schema for each operation that is vended."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from scribepass.transcribe import Operation
from scribepass.transcribe.parameters import PARAMETERS, Parameter
from scribepass.transcribe.params import MODELS
from scribepass.vending import MIN_EXPIRES, Deployment

from .choices import CHOICES
from .values import TICKET_ID, Json, reference

__all__ = ["OURS", "request_schema", "request_schemas"]

OURS: Final = ("operation", "region", "expires-in", "client-reference-id", "ticket-id", "session-id")
"""Names that are not AWS's, or mean more here than there."""

_NAMES: Final[Mapping[Operation, str]] = MappingProxyType(
    {
        Operation.STANDARD: "StandardRequest",
        Operation.MEDICAL: "MedicalRequest",
        Operation.CALL_ANALYTICS: "CallAnalyticsRequest",
    }
)
_SAMPLES: Final[Mapping[Operation, Json]] = MappingProxyType(
    {
        Operation.STANDARD: {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16000},
        Operation.MEDICAL: {
            "operation": "medical",
            "language-code": "en-US",
            "media-encoding": "pcm",
            "sample-rate": 16000,
            "specialty": "PRIMARYCARE",
            "type": "DICTATION",
        },
        Operation.CALL_ANALYTICS: {
            "operation": "call-analytics",
            "language-code": "en-US",
            "media-encoding": "pcm",
            "sample-rate": 8000,
        },
    }
)


def request_schemas(deployment: Deployment) -> Json:
    """By its name, the schema of a request for each operation that is vended."""
    return {_NAMES[each]: _request(each, deployment) for each in deployment.operations}


def request_schema(schemas: Json) -> Json:
    """What a request is: one of these."""
    references = [reference("schemas", name) for name in schemas]
    return references[0] if len(references) == 1 else {"oneOf": references}


def _request(operation: Operation, deployment: Deployment) -> Json:
    model = MODELS[operation].model_json_schema()
    required = list(model["required"])
    if operation is not Operation.STANDARD:
        required.insert(0, "operation")
    ours = _ours(operation, deployment)
    stream = {
        name: _explained(schema, PARAMETERS[operation][name])
        for name, schema in model["properties"].items()
        if name not in OURS
    }
    return {
        "title": f"Request for a {operation.value} stream",
        "description": model["description"],
        "type": "object",
        "properties": {**ours, **stream},
        "required": required,
        "dependentRequired": {"session-id": ["ticket-id"]},
        "additionalProperties": False,
        "allOf": [each.schema() for each in CHOICES[operation]],
        "examples": [_SAMPLES[operation]],
    }


def _explained(schema: Json, parameter: Parameter) -> Json:
    """What a pattern means is said as well; of two patterns the narrower one holds."""
    if "pattern" not in schema:
        return schema
    kind = parameter.kind
    description = f"{parameter.description} {kind.expected[0].upper()}{kind.expected[1:]}."
    return {**schema, "description": description, "pattern": kind.pattern or schema["pattern"]}


def _ours(operation: Operation, deployment: Deployment) -> Json:
    is_default = operation is Operation.STANDARD
    return {
        "operation": {
            "description": "The kind of stream.",
            "type": "string",
            "const": operation.value,
            **({"default": operation.value} if is_default else {}),
        },
        "region": {
            "description": "The AWS region of the stream.",
            "type": "string",
            "enum": list(deployment.regions),
            "default": deployment.default_region,
        },
        "expires-in": {
            "description": "For how many seconds the URL can be opened; the stream may last longer.",
            "type": "integer",
            "minimum": MIN_EXPIRES,
            "maximum": deployment.max_expires_in,
            "default": deployment.expires_in,
        },
        "client-reference-id": {
            "description": "Yours, for the service's log: 1 to 64 letters, digits and . _ : -",
            "type": "string",
            "pattern": "^[A-Za-z0-9._:-]{1,64}$",
        },
        "ticket-id": {
            "description": "Of an earlier ticket of yours, whose session goes on: for "
            f"{deployment.resume_window} seconds after that ticket.",
            **TICKET_ID,
        },
        "session-id": {
            "description": "The session of ticket-id. The service chooses all others.",
            **_UUID,
        },
    }


_UUID: Final[Json] = {
    "type": "string",
    "pattern": "^[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$",
}
