"""What ``GET /catalogue`` answers."""

from __future__ import annotations

from scribepass.vending import Deployment

from .values import Json

__all__ = ["catalogue_schema"]


def catalogue_schema(deployment: Deployment) -> Json:
    """What is vended here, as the caller may use it."""
    operations = _listed(_one_of([each.value for each in deployment.operations]))
    regions = _listed(_one_of(list(deployment.regions)))
    return _object(
        "What this caller can ask for.",
        {
            "as_of": {"type": "string", "description": "The month in which AWS's pages were read."},
            "operations": operations,
            "default_region": {"type": ["string", "null"], "enum": [*deployment.regions, None]},
            "regions": regions,
            "encodings": _listed({"type": "string"}),
            "max_expires_in": {"type": "integer", "description": "The longest life of a URL, in seconds."},
            "locked": _values("What the service sets, whatever is asked for."),
            "defaults": _values("What the service sets where nothing is asked for."),
            "languages": _listed(
                _object(
                    "A language, where and how it can be streamed.",
                    {
                        "code": {"type": "string", "examples": ["en-US"]},
                        "name": {"type": "string", "examples": ["English, US"]},
                        "operations": operations,
                        "regions": regions,
                        "capabilities": _object("What AWS does with it.", _CAPABILITIES),
                    },
                )
            ),
        },
    )


_CAPABILITIES: Json = {
    name: {"type": "boolean"}
    for name in ("numbers", "acronyms", "custom_language_model", "redaction", "call_analytics")
}


def _one_of(values: list[str]) -> Json:
    return {"type": "string", "enum": values}


def _values(description: str) -> Json:
    texts = {"type": "object", "additionalProperties": {"type": "string"}}
    return {"description": f"{description} By operation.", "type": "object", "additionalProperties": texts}


def _listed(items: Json) -> Json:
    return {"type": "array", "items": items, "uniqueItems": True}


def _object(description: str, properties: Json) -> Json:
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
