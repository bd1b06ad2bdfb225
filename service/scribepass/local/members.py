"""JSON that others have written, read with every fault at once. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scribepass.errors import Problem
from scribepass.errors.root import ManyProblems

__all__ = ["Invalid", "Member", "is_unicode", "load", "number", "one_of", "problems_of", "text", "whole"]


class Invalid(ManyProblems):
    """What was written is not what it should be. Every fault is in ``problems``."""

    code = "invalid_request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of an object: whether a value is what it ``must`` be."""

    accepts: Callable[[Any], bool]
    must: str


def number(low: float, high: float) -> Member:
    """A number within bounds, both included."""
    return Member(
        accepts=lambda value: type(value) in (int, float) and low <= value <= high,  # NaN is in no bounds
        must=f"must be a number from {low:g} to {high:g}",
    )


def whole(low: int, high: int) -> Member:
    """A whole number within bounds, both included."""
    return Member(
        accepts=lambda value: type(value) is int and low <= value <= high,
        must=f"must be a whole number from {low} to {high}",
    )


def text(most: int) -> Member:
    """Text of at most so many characters."""
    return Member(
        accepts=lambda value: isinstance(value, str) and len(value) <= most and is_unicode(value),
        must=f"must be text of at most {most} characters",
    )


def is_unicode(value: str) -> bool:
    """Whether ``value`` can be sent: JSON can name half of a surrogate pair, UTF-8 cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def one_of(choices: Collection[str]) -> Member:
    """One of several texts."""
    return Member(accepts=lambda value: value in choices, must=f"must be one of {', '.join(choices)}")


def load(data: str | bytes) -> Any:  # noqa: ANN401 - what JSON holds
    """The value that ``data`` says. :class:`Invalid` where it is not JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Invalid([Problem(field="", code="json", message="must be JSON")]) from None


def problems_of(
    value: object, members: Mapping[str, Member], *, required: Collection[str] = (), at: str = ""
) -> Iterator[Problem]:
    """What is wrong with an object: where it stands is ``at``, with a dot at its end."""
    if not isinstance(value, dict):
        yield Problem(field=at.rstrip("."), code="type", message="must be an object")
        return
    for name in sorted(required - value.keys()):
        yield Problem(field=at + name, code="required", message="is missing")
    for name, given in value.items():
        if name not in members:
            known = ", ".join(members)
            yield Problem(field=at + name[:64], code="unknown", message=f"is not one of {known}")
        elif not members[name].accepts(given):
            yield Problem(field=at + name, code="value", message=members[name].must)
