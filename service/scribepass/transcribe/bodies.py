"""Frozen dataclasses ⇄ the JSON bodies of events, by the classes' own annotations.

A field ``start_time`` is the member ``StartTime``. A member that is absent or null takes the field's default,
one that has no field is passed over. What is None or an empty tuple is not written, unless ``always`` made
the field.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from math import isfinite
from types import NoneType
from typing import Any, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from scribepass.errors import LocalProtocolError, RemoteProtocolError, Violation

Record = TypeVar("Record")
Body = dict[str, Any]

_ALWAYS = "always"
_NAME = "name"


def always(collection: type = tuple) -> Any:  # noqa: ANN401 - as dataclasses.field
    """A field that may be absent when read, and is written even when it is empty."""
    return field(default_factory=collection, metadata={_ALWAYS: True})


def named(name: str) -> Any:  # noqa: ANN401
    """An optional field whose member is not its name in PascalCase."""
    return field(default=None, metadata={_NAME: name})


def load(payload: bytes) -> Body:
    """The JSON object of an event's payload.

    Raises:
        RemoteProtocolError: of kind PAYLOAD; it is not UTF-8, not JSON, nested too deeply, or no object.
    """
    try:
        body = json.loads(payload.decode(), parse_constant=_not_json)
    except (ValueError, RecursionError):
        raise _fault("an event's body is not JSON") from None
    if not isinstance(body, dict):
        raise _fault("an event's body is not a JSON object")
    return body


def dump(body: Body) -> bytes:
    """The payload of an event.

    Raises:
        LocalProtocolError: a number is not finite, or text has half of a surrogate pair.
    """
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except ValueError as error:
        raise LocalProtocolError(f"an event cannot be written as JSON: {error}") from error


def write(record: object) -> Body:
    """The JSON object of a record."""
    return {
        member.name: _plain(value)
        for member in _members(type(record))
        if (value := getattr(record, member.attribute)) is not None and (member.always or value != ())
    }


def read(record: type[Record], body: object, name: str = "an event's body") -> Record:
    """The record of a JSON value, which ``name`` calls in an error's text.

    Raises:
        RemoteProtocolError: of kind PAYLOAD; a member is missing or of the wrong type.
    """
    if not isinstance(body, dict):
        raise _fault(f"{name} is not an object")
    values: dict[str, Any] = {}
    for member in _members(record):
        value = body.get(member.name)
        if value is not None:
            values[member.attribute] = member.read(value, member.name)
        elif member.required:
            raise _fault(f"{member.name} is missing")
    return record(**values)


_Read = Callable[[object, str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    name: str
    attribute: str
    required: bool
    always: bool
    read: _Read


_known: dict[object, tuple[_Member, ...]] = {}


def _members(record: type[Any]) -> tuple[_Member, ...]:
    if record not in _known:
        hints = get_type_hints(record)
        _known[record] = tuple(_member(each, hints[each.name]) for each in fields(record))
    return _known[record]


def _member(of: Field[Any], hint: object) -> _Member:
    return _Member(
        name=of.metadata.get(_NAME, "".join(word.capitalize() for word in of.name.split("_"))),
        attribute=of.name,
        required=of.default is MISSING and of.default_factory is MISSING,
        always=_ALWAYS in of.metadata,
        read=_reader(hint),
    )


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return write(value) if is_dataclass(value) else value


def _reader(hint: object) -> _Read:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if is_dataclass(hint):
        return lambda value, name: read(hint, value, name)  # type: ignore[arg-type]
    inner = _reader(next(each for each in reversed(get_args(hint)) if each not in {NoneType, ...}))
    if get_origin(hint) is tuple:
        return lambda value, name: tuple(inner(each, name) for each in _of(list, value, name, "a list"))
    if get_origin(hint) is Mapping:
        return lambda value, name: {
            _text(key, name): inner(each, name) for key, each in _of(dict, value, name, "an object").items()
        }
    return inner


def _text(value: object, name: str) -> str:
    text = _of(str, value, name, "text")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _fault(f"{name} has half of a surrogate pair") from None
    return text


def _number(value: object, name: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = float("inf")
        if isfinite(number):
            return number
    raise _fault(f"{name} is not a finite number")


def _whole(value: object, name: str) -> int:
    if isinstance(value, bool):
        raise _fault(f"{name} is not a whole number")
    return _of(int, value, name, "a whole number")


_SCALARS: Mapping[object, _Read] = {
    str: _text,
    float: _number,
    int: _whole,
    bool: lambda value, name: _of(bool, value, name, "true or false"),
}


def _of(kind: type[Record], value: object, name: str, noun: str) -> Record:
    if not isinstance(value, kind):
        raise _fault(f"{name} is not {noun}")
    return value


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _fault(message: str) -> RemoteProtocolError:
    return RemoteProtocolError(message, kind=Violation.PAYLOAD)
