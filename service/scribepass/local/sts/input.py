"""How STS is asked: the form of the Query protocol, held to the shapes.

What is wrong with it is said in AWS's words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from .errors import StsError, invalid, unsupported
from .patterns import matches
from .shapes import Many, Number, Shape, Structure, Text

__all__ = ["form", "read"]

_MAX_FIELDS = 256  # 50 tags, their keys again, and 11 policies need 170
_INDEX = re.compile(r"[1-9][0-9]{0,2}")


def form(body: bytes) -> dict[str, str]:
    """Decode a form; :class:`StsError` where it cannot be, or names a field twice."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
        )
    except ValueError:
        raise StsError("MalformedInput", "The request body is not a form in UTF-8.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise StsError("MalformedInput", "A parameter is given more than once.")
    return fields


def read(fields: Mapping[str, str], shape: Structure) -> dict[str, Any]:
    """The members that are given: texts, integers, lists and dictionaries of them.

    :class:`StsError` lists everything that is wrong, or names a field that would be ignored.
    """
    given = {name: text for name, text in fields.items() if name not in {"Action", "Version"}}
    for name in given:
        if not _is_member(name.split("."), shape):
            raise unsupported(name)
    faults: list[str] = []
    found = _structure(shape, given, "", "", faults)
    if faults:
        raise invalid(faults)
    return found


def _is_member(path: Sequence[str], shape: Shape) -> bool:
    if isinstance(shape, Structure):
        return bool(path) and path[0] in shape.members and _is_member(path[1:], shape.members[path[0]])
    if isinstance(shape, Many) and path:
        indexed = len(path) > 1 and path[0] == "member" and _INDEX.fullmatch(path[1])
        return bool(indexed) and _is_member(path[2:], shape.member)
    return not path


def _value(shape: Shape, fields: Mapping[str, str], name: str, at: str, faults: list[str]) -> Any:  # noqa: ANN401
    """What is at ``name``, or None. ``at`` is what AWS calls it."""
    if isinstance(shape, Structure):
        return _structure(shape, fields, f"{name}.", f"{at}.", faults)
    if isinstance(shape, Many):
        return _many(shape, fields, name, at, faults)
    text = fields.get(name)
    if text is None:
        return None
    found = _faults(shape, text)
    shown = "Value" if isinstance(shape, Text) and shape.sensitive else f"Value '{text}'"
    faults += [_fault(shown, at, fault) for fault in found]
    return int(text) if isinstance(shape, Number) and not found else text


def _structure(
    shape: Structure, fields: Mapping[str, str], prefix: str, at: str, faults: list[str]
) -> dict[str, Any]:
    values = {}
    for name, member in shape.members.items():
        where = f"{at}{name[0].lower()}{name[1:]}"
        value = _value(member, fields, prefix + name, where, faults)
        if value is not None:
            values[name] = value
        elif name in shape.required:
            faults.append(_fault("Value null", where, "Member must not be null"))
    return values


def _many(
    shape: Many, fields: Mapping[str, str], name: str, at: str, faults: list[str]
) -> list[object] | None:
    prefix = f"{name}.member."
    indices = {int(each[len(prefix) :].partition(".")[0]) for each in fields if each.startswith(prefix)}
    if not indices and name not in fields:
        return None
    faults += [_fault("Value", at, fault) for fault in _bounds(len(indices), "length", shape)]
    return [
        _value(shape.member, fields, f"{prefix}{index}", f"{at}.{number}.member", faults)
        for number, index in enumerate(sorted(indices), 1)
    ]


def _faults(shape: Text | Number, text: str) -> list[str]:
    if isinstance(shape, Number):
        if not re.fullmatch(r"-?[0-9]{1,9}", text):
            return ["Member must be an integer"]
        return _bounds(int(text), "value", shape)
    faults = _bounds(len(text), "length", shape)
    if shape.pattern is not None and not matches(shape.pattern, text):
        faults.append(f"Member must satisfy regular expression pattern: {shape.pattern}")
    return faults


def _bounds(size: int, what: str, shape: Text | Number | Many) -> list[str]:
    faults = []
    if shape.least is not None and size < shape.least:
        faults.append(f"Member must have {what} greater than or equal to {shape.least}")
    if shape.most is not None and size > shape.most:
        faults.append(f"Member must have {what} less than or equal to {shape.most}")
    return faults


def _fault(value: str, at: str, constraint: str) -> str:
    return f"{value} at '{at}' failed to satisfy constraint: {constraint}"
