"""The grammar of policies: from text to statements, or AWS's words for what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .operators import Operator, operator_named

__all__ = ["Condition", "MalformedPolicy", "Policy", "Statement", "parse", "parse_trust"]

_VERSIONS = ("2012-10-17", "2008-10-17")
_MEMBERS = {"Sid", "Effect", "Action", "NotAction", "Condition"}
_PRINCIPALS = {"AWS", "Federated", "Service", "CanonicalUser"}
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_SYNTAX = "Syntax errors in policy."


class MalformedPolicy(ValueError):
    """The text is not a policy of the kind that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One test: an operator, a condition key, and the values that satisfy it."""

    operator: Operator
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. The ``but_`` members say that everything is meant except what is listed.

    ``principals`` are pairs of kind and name, ``("*", "*")`` for everyone; a session policy has none.
    ``variables``: the policy's version has policy variables.
    """

    allow: bool
    actions: tuple[str, ...]
    but_actions: bool
    resources: tuple[str, ...]
    but_resources: bool
    principals: tuple[tuple[str, str], ...]
    but_principals: bool
    conditions: tuple[Condition, ...]
    variables: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy that has been read."""

    statements: tuple[Statement, ...]


def parse(text: str) -> Policy:
    """Read a session policy or a permission policy; :class:`MalformedPolicy` with AWS's text if not."""
    return _parse(text, subject="Resource")


def parse_trust(text: str) -> Policy:
    """Read the trust policy of a role, in which principals stand for resources."""
    return _parse(text, subject="Principal")


def _parse(text: str, *, subject: str) -> Policy:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedPolicy("The policy is not in the valid JSON format.") from None
    if not isinstance(document, dict) or document.keys() - {"Version", "Id", "Statement"}:
        raise MalformedPolicy(_SYNTAX)
    version = document.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        raise MalformedPolicy("The policy must contain a valid version string.")
    found = document.get("Statement")
    statements = found if isinstance(found, list) else [found]
    if not statements:
        raise MalformedPolicy(_SYNTAX)
    variables = version != "2008-10-17"
    return Policy(
        statements=tuple(_statement(each, subject=subject, variables=variables) for each in statements)
    )


def _statement(found: object, *, subject: str, variables: bool) -> Statement:
    if not isinstance(found, dict) or found.keys() - _MEMBERS - {subject, f"Not{subject}"}:
        raise MalformedPolicy(_SYNTAX)
    if found.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicy(_SYNTAX)
    actions, but_actions = _either(found, "Action")
    subjects, but_subjects = _either(found, subject)
    names = _texts(actions)
    if not all(_ACTION.fullmatch(name) for name in names):
        raise MalformedPolicy(_SYNTAX)
    of_trust = subject == "Principal"
    return Statement(
        allow=found["Effect"] == "Allow",
        actions=names,
        but_actions=but_actions,
        resources=("*",) if of_trust else _texts(subjects),
        but_resources=but_subjects and not of_trust,
        principals=_principals(subjects) if of_trust else (),
        but_principals=but_subjects and of_trust,
        conditions=tuple(_conditions(found.get("Condition", {}))),
        variables=variables,
    )


def _either(found: Mapping[str, Any], name: str) -> tuple[object, bool]:
    """The member ``name`` or its opposite, exactly one of which must be there."""
    opposite = f"Not{name}"
    if (name in found) == (opposite in found):
        raise MalformedPolicy(_SYNTAX)
    return (found[name], False) if name in found else (found[opposite], True)


def _texts(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(each, str) for each in values):
        raise MalformedPolicy(_SYNTAX)
    return tuple(values)


def _principals(value: object) -> tuple[tuple[str, str], ...]:
    if value == "*":
        return (("*", "*"),)
    if not isinstance(value, dict) or not value or value.keys() - _PRINCIPALS:
        raise MalformedPolicy(_SYNTAX)
    return tuple((kind, name) for kind, names in value.items() for name in _texts(names))


def _conditions(found: object) -> list[Condition]:
    if not isinstance(found, dict) or not all(isinstance(tests, dict) for tests in found.values()):
        raise MalformedPolicy(_SYNTAX)
    return [
        Condition(operator=_operator(name), key=key, values=_values(wanted))
        for name, tests in found.items()
        for key, wanted in tests.items()
    ]


def _operator(name: str) -> Operator:
    operator = operator_named(name)
    if operator is None:
        raise MalformedPolicy(_SYNTAX)
    return operator


def _values(wanted: object) -> tuple[str, ...]:
    """Condition values as texts: JSON's numbers and booleans may stand for them."""
    values = wanted if isinstance(wanted, list) else [wanted]
    if not values or not all(isinstance(each, str | bool | int | float) for each in values):
        raise MalformedPolicy(_SYNTAX)
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in values)
