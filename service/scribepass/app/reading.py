"""The query of a GET or the body of a POST, as one flat list of names and values.

Query and body are never merged, and no parser is used that folds repeated names into one.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn
from urllib.parse import parse_qsl

from flask import Request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import (
    BadRequest,
    ClientDisconnected,
    RequestEntityTooLarge,
    RequestTimeout,
    RequestURITooLarge,
    UnsupportedMediaType,
)

from scribepass.errors import InvalidParameters, Problem

__all__ = ["Pairs", "pairs_of"]

Pairs = list[tuple[str, object]]

MAX_QUERY = 2048
"""Bytes: every parameter with a plausible value fits, and POST is there for more."""
MAX_NAMES = 64
MAX_DEPTH = 4

_USUAL_TYPE = "application/json"
_INTEGER = re.compile("0|[1-9][0-9]{0,8}")


class _Object(list[tuple[str, object]]):
    """A JSON object as its pairs, because a dict would keep the last of two equal names."""


def pairs_of(request: Request) -> Pairs:
    """What the request names, each name as often as it does.

    Raises:
        InvalidParameters: it cannot be read, or a POST has a query.
        HTTPException: 400, 408, 413, 414 or 415.
    """
    if request.method == "GET":
        return _of_query(request.query_string)
    if request.query_string:
        raise _refused("query", "conflict", "is not read on POST: everything belongs into the body")
    if not _is_json(request):
        raise UnsupportedMediaType
    return _of_body(_whole_body(request))


def _is_json(request: Request) -> bool:
    """Whether the body says that it is what is read here: JSON in UTF-8, as it stands."""
    environ = request.environ
    if environ.get("CONTENT_TYPE") == _USUAL_TYPE and "HTTP_CONTENT_ENCODING" not in environ:
        return True
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    return request.mimetype == _USUAL_TYPE and charset == "utf-8" and coding == "identity"


def _whole_body(request: Request) -> bytes:
    length = request.content_length
    try:
        body = _of_known_length(request, length) if length is not None else request.get_data(cache=False)
        # A chunked body is cut at the limit by werkzeug, without a word.
        if (
            length is None
            and len(body) == request.max_content_length
            and request.environ["wsgi.input"].read(1)
        ):
            raise RequestEntityTooLarge
    except (OSError, ClientDisconnected):
        raise RequestTimeout from None
    except ParseException:
        raise BadRequest from None
    if length is not None and len(body) < length:
        raise RequestTimeout
    return body


def _of_known_length(request: Request, length: int) -> bytes:
    if length > (request.max_content_length or length):
        raise RequestEntityTooLarge
    body: bytes = request.environ["wsgi.input"].read(length)
    return body


def _of_query(query: bytes) -> Pairs:
    if len(query) > MAX_QUERY:
        raise RequestURITooLarge
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(query),
            errors="strict",
            max_num_fields=MAX_NAMES,
        )
    except ValueError:
        raise _refused("query", "value", "must be NAME=VALUE pairs in percent-encoded UTF-8") from None
    return [(name, _typed(name, text)) for name, text in pairs]


def _typed(name: str, text: str) -> object:
    # JSON has numbers and a query has not. The stream's own parameters are read as text by their rules.
    return int(text) if name == "expires-in" and _INTEGER.fullmatch(text) else text


def _of_body(body: bytes) -> Pairs:
    try:
        value = _DECODER.decode(body.decode())
    except (ValueError, RecursionError):
        raise _refused("body", "value", "must be JSON in UTF-8") from None
    if not isinstance(value, _Object):
        raise _refused("body", "type", "must be one JSON object")
    if _deeper(value, than=MAX_DEPTH):
        raise _refused("body", "value", f"must not be nested more than {MAX_DEPTH} deep")
    return value


def _no_constant(name: str) -> NoReturn:
    # NaN and Infinity: Python reads them, JSON does not have them.
    raise ValueError(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_Object, parse_constant=_no_constant)


def _deeper(value: object, *, than: int) -> bool:
    if not isinstance(value, list):
        return False
    inner = [each for _, each in value] if isinstance(value, _Object) else value
    return than == 0 or any(_deeper(each, than=than - 1) for each in inner)


def _refused(field: str, code: str, message: str) -> InvalidParameters:
    return InvalidParameters([Problem(field=field, code=code, message=message)])
