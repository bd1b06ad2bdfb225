"""Session tags, as the Query protocol lists them: ``Tags.member.1.Key``, ``Tags.member.1.Value``..."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .input import Constraint, Fault

__all__ = ["is_tag", "tags_of"]

MOST = 50

_FIELD = re.compile(r"Tags\.member\.([1-9][0-9]?)\.(Key|Value)")
_CHARACTERS = r"[\w .:/=+@-]*"  # of ASCII; AWS takes every letter, digit and space of Unicode
_KEY = Constraint(name="Key", required=True, least=1, most=128, pattern=_CHARACTERS)
_VALUE = Constraint(name="Value", required=True, most=256, pattern=_CHARACTERS)


def is_tag(name: str) -> bool:
    """Whether a form's field is part of a tag."""
    return _FIELD.fullmatch(name) is not None


def tags_of(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The tags in a form, in their order; a `Fault` with AWS's words where one is wrong."""
    members: dict[int, dict[str, str]] = {}
    for name, text in fields.items():
        if match := _FIELD.fullmatch(name):
            members.setdefault(int(match[1]), {})[match[2]] = text
    if len(members) > MOST:
        message = f"Member must have length less than or equal to {MOST}"
        raise Fault("ValidationError", f"Value at 'tags' failed to satisfy constraint: {message}")
    tags = [members[number] for number in sorted(members)]
    faults = [
        fault.replace("at '", f"at 'tags.{number}.member.")
        for number, tag in enumerate(tags, 1)
        for each in (_KEY, _VALUE)
        for fault in each.faults(tag.get(each.name))
    ]
    if faults:
        number = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected"
        raise Fault("ValidationError", f"{number}: {'; '.join(faults)}")
    keys = [tag["Key"].lower() for tag in tags]
    if len(set(keys)) != len(keys):
        message = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        raise Fault("InvalidParameterValue", message)
    if any(key.startswith("aws:") for key in keys):
        raise Fault("InvalidParameterValue", "Tag keys must not start with aws:.")
    return tuple((tag["Key"], tag["Value"]) for tag in tags)
