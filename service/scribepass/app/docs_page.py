"""``/openapi.json``, and ``/docs``: the same document as a page, rendered once, that needs no script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from flask import Flask, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from .openapi.values import Json

__all__ = ["DOCS_ENDPOINTS", "DOCS_HEADERS", "add_docs", "render"]

DOCS_ENDPOINTS = ("docs", "docs_css")
DOCS_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Of the page and its style sheet, in place of those of the API."""

_BACKTICKS = re.compile("`([^`]+)`")

_WORDS = {"array": "a list", "boolean": "true or false", "integer": "a whole number", "string": "text"}


def add_docs(app: Flask, document: Json) -> None:
    """Serve ``document`` (OpenAPI 3.1) at ``/openapi.json``, and what it says at ``/docs``."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    page = render(document)
    style = files("scribepass.app").joinpath("docs/page.css").read_text("utf-8")

    def openapi() -> Response:
        return Response(text, mimetype="application/json")

    def docs() -> Response:
        return Response(page, mimetype="text/html")

    def docs_css() -> Response:
        return Response(style, mimetype="text/css")

    app.add_url_rule("/openapi.json", "openapi", openapi)
    app.add_url_rule("/docs", "docs", docs)
    app.add_url_rule("/docs/page.css", "docs_css", docs_css)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("scribepass.app", "docs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        allowed=_allowed,
        curl=_curl,
        excluded=_excluded,
        marked=_marked,
        pretty=_pretty,
        properties=_properties,
    )
    return environment


def render(document: Json) -> str:
    """The page of ``document``, every text of it escaped."""
    return _environment().get_template("page.html").render(document=document, **_parts(document))


def _parts(document: Json) -> Json:
    operations = [
        {**operation, "method": method.upper(), "path": path}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return {
        "groups": [
            {**tag, "operations": [each for each in operations if tag["name"] in each["tags"]]}
            for tag in document["tags"]
        ],
        "requests": {
            name: schema
            for name, schema in document["components"]["schemas"].items()
            if name.endswith("Request")
        },
    }


def _properties(schema: Json) -> Iterator[tuple[str, Json, bool]]:
    """Name, schema, and whether it is required; those that are come first."""
    required = schema.get("required", [])
    for name, each in sorted(schema["properties"].items(), key=lambda pair: pair[0] not in required):
        yield name, each, name in required


def _allowed(schema: Json) -> str:
    """In words, which values a schema without a list of them allows."""
    if "minimum" in schema:
        return _span(schema["minimum"], schema["maximum"])
    if "maxLength" in schema:
        return f"{_span(schema['minLength'], schema['maxLength'])} characters"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " or ".join(_WORDS.get(each) or str(each) for each in kinds)


def _excluded(way: Json) -> list[str]:
    """The parameters that one alternative of a request has no room for, or that must not be true."""
    return [name for name, each in way["properties"].items() if each is False or each == {"const": False}]


def _span(least: int, most: int) -> str:
    return f"{least}" if least == most else f"{least} to {most}"


def _curl(operation: Json) -> str:
    """A command that asks for this, with a key in the environment."""
    path = operation["path"]
    options: list[str] = []
    if operation.get("security") != []:
        options.append('-H "Authorization: Bearer $KEY"')
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
        else:
            path += "?" + "&".join(f"{name}={value}" for name, value in parameter["example"].items())
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        options.append("--json '" + json.dumps(body["example"]) + "'")
    elif operation["method"] != "GET":
        options.append(f"-X {operation['method']}")
    quoted = f"'{path}'" if "?" in path else path
    first, *others = [*options, f"$SERVICE{quoted}"]
    return " \\\n  ".join([f"curl {first}", *others])


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _marked(text: str) -> Markup:
    """``text`` escaped, what stands between backticks as code."""
    return Markup(_BACKTICKS.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped first)
