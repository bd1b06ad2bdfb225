"""What STS takes: the form of the Query protocol, and constraints with AWS's words for breaking them.

Lengths, ranges and patterns are those of the service model ``sts/2011-06-15``, which SDKs do not enforce.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

__all__ = ["ASSUME_ROLE", "GET_SESSION_TOKEN", "Constraint", "Fault", "form", "validate"]

_MAX_FIELDS = 256  # 50 tags and 11 policies need 130


class Fault(Exception):
    """A refusal of STS: its error code, AWS's text, its status."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """One parameter: ``least`` and ``most`` bound its length, or its value where ``number`` is set."""

    name: str
    required: bool = False
    number: bool = False
    least: int = 0
    most: int | None = None
    pattern: str | None = None

    def faults(self, text: str | None) -> list[str]:
        """What is wrong with this value, in AWS's words."""
        at = self.name[0].lower() + self.name[1:]
        if text is None:
            return [_fault("null", at, "Member must not be null")] if self.required else []
        if self.number and not re.fullmatch(r"-?[0-9]{1,9}", text):
            return [_fault(f"'{text}'", at, "Member must be an integer")]
        size, what = (int(text), "value") if self.number else (len(text), "length")
        faults = []
        if size < self.least:
            faults.append(f"Member must have {what} greater than or equal to {self.least}")
        if self.most is not None and size > self.most:
            faults.append(f"Member must have {what} less than or equal to {self.most}")
        if self.pattern and not re.fullmatch(self.pattern, text, re.ASCII):
            faults.append(f"Member must satisfy regular expression pattern: {self.pattern}")
        return [_fault(f"'{text}'", at, fault) for fault in faults]


_SESSION_NAME = r"[\w+=,.@-]*"

ASSUME_ROLE = (
    Constraint(name="RoleArn", required=True, least=20, most=2048),
    Constraint(name="RoleSessionName", required=True, least=2, most=64, pattern=_SESSION_NAME),
    Constraint(name="DurationSeconds", number=True, least=900, most=43_200),
    Constraint(name="Policy", least=1, most=2048),
    Constraint(name="ExternalId", least=2, most=1224, pattern=r"[\w+=,.@:\/-]*"),
    Constraint(name="SourceIdentity", least=2, most=64, pattern=_SESSION_NAME),
)
GET_SESSION_TOKEN = (Constraint(name="DurationSeconds", number=True, least=900, most=129_600),)


def form(body: bytes) -> dict[str, str]:
    """Decode a form; :class:`Fault` where it cannot be, or names a field twice."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
        )
    except ValueError:
        raise Fault("MalformedInput", "The request body is not a form in UTF-8.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Fault("MalformedInput", "A parameter is given more than once.")
    return fields


def validate(
    fields: Mapping[str, str],
    constraints: tuple[Constraint, ...],
    *,
    also: Callable[[str], bool] = lambda _name: False,
) -> None:
    """Raise a :class:`Fault` that lists everything that is wrong, or refuses what would be ignored.

    ``also`` knows the names of fields that are looked at elsewhere.
    """
    for name in fields.keys() - {each.name for each in constraints} - {"Action", "Version"}:
        if also(name):
            continue
        raise Fault("UnsupportedParameter", f"The local STS does not act on {name}.", status=501)
    faults = [fault for each in constraints for fault in each.faults(fields.get(each.name))]
    if faults:
        number = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected"
        raise Fault("ValidationError", f"{number}: {'; '.join(faults)}")


def _fault(value: str, at: str, constraint: str) -> str:
    return f"Value {value} at '{at}' failed to satisfy constraint: {constraint}"
