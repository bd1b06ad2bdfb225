"""Session policies: whether they are one, and what they allow.

The grammar is that of IAM's JSON policy language. Only what can matter to a stream is evaluated: actions,
resources and the global condition keys below. What is not understood fails closed: an Allow with it does not
apply, a Deny with it does.
"""

from __future__ import annotations

import enum
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

__all__ = ["Context", "Decision", "MalformedPolicy", "check", "decide"]

_VERSIONS = ("2012-10-17", "2008-10-17")
_MEMBERS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")


class MalformedPolicy(ValueError):
    """The text is not a session policy."""


class Decision(enum.Enum):
    """What a policy says of a request. Only ``ALLOWED`` lets it pass."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "not allowed"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known of a request, for conditions."""

    source_ip: str
    region: str
    secure_transport: bool
    now: datetime


def check(text: str) -> None:
    """Raise :class:`MalformedPolicy` with AWS's text unless ``text`` is a session policy."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedPolicy("The policy is not in the valid JSON format.") from None
    if not isinstance(document, dict) or document.keys() - {"Version", "Id", "Statement"}:
        raise MalformedPolicy("Syntax errors in policy.")
    if document.get("Version", "2008-10-17") not in _VERSIONS:
        raise MalformedPolicy("The policy must contain a valid version string.")
    statements = _statements(document)
    if not statements or not all(_well_formed(statement) for statement in statements):
        raise MalformedPolicy("Syntax errors in policy.")


def decide(text: str | None, *, action: str, context: Context, resource: str = "*") -> Decision:
    """Say whether the session policy ``text``, checked before, lets ``action`` happen; None does."""
    if text is None:
        return Decision.ALLOWED
    decision = Decision.NOT_ALLOWED
    for statement in _statements(json.loads(text)):
        applies = _applies(statement, action, resource, context)
        if statement["Effect"] == "Deny" and applies is not False:
            return Decision.DENIED
        if statement["Effect"] == "Allow" and applies is True:
            decision = Decision.ALLOWED
    return decision


def _statements(document: Mapping[str, Any]) -> list[Any]:
    statement = document.get("Statement")
    return statement if isinstance(statement, list) else [statement]


def _well_formed(statement: object) -> bool:
    if not isinstance(statement, dict) or statement.keys() - _MEMBERS:
        return False
    if statement.get("Effect") not in {"Allow", "Deny"}:
        return False
    if ("Action" in statement) == ("NotAction" in statement):
        return False
    if ("Resource" in statement) == ("NotResource" in statement):
        return False
    actions = _texts(statement.get("Action", statement.get("NotAction")))
    resources = _texts(statement.get("Resource", statement.get("NotResource")))
    condition = statement.get("Condition", {})
    return (
        bool(actions and resources)
        and all(_ACTION.fullmatch(action) for action in actions)
        and isinstance(condition, dict)
        and all(isinstance(tests, dict) for tests in condition.values())
    )


def _texts(value: object) -> list[str]:
    """One text or several; nothing where it is neither."""
    values = value if isinstance(value, list) else [value]
    texts = [each for each in values if isinstance(each, str)]
    return texts if len(texts) == len(values) else []


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool | None:
    """True, False, or None where that cannot be said."""
    if "NotAction" in statement or "NotResource" in statement:
        return None
    if not any(_like(pattern, action, flags=re.IGNORECASE) for pattern in _texts(statement["Action"])):
        return False
    if not any(_like(pattern, resource) for pattern in _texts(statement["Resource"])):
        return False
    verdicts = [
        _holds(operator, key, wanted, context)
        for operator, tests in statement.get("Condition", {}).items()
        for key, wanted in tests.items()
    ]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _like(pattern: str, value: str, *, flags: int = 0) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, flags) is not None


def _holds(operator: str, key: str, wanted: object, context: Context) -> bool | None:
    test = _TESTS.get((operator, key.lower()))
    if test is None:
        return None
    values = wanted if isinstance(wanted, list) else [wanted]
    try:
        return test(context, [_text(value) for value in values])
    except ValueError:
        return None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str) or "${" in value:  # policy variables are not evaluated
        raise ValueError("not a plain text")
    return value


def _within(context: Context, networks: list[str]) -> bool:
    address = ipaddress.ip_address(context.source_ip)
    return any(address in ipaddress.ip_network(each, strict=False) for each in networks)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_TESTS: Mapping[tuple[str, str], Callable[[Context, list[str]], bool]] = {
    ("IpAddress", "aws:sourceip"): _within,
    ("NotIpAddress", "aws:sourceip"): lambda context, values: not _within(context, values),
    ("StringEquals", "aws:requestedregion"): lambda context, values: context.region in values,
    ("Bool", "aws:securetransport"): lambda context, values: (
        str(context.secure_transport).lower() in [value.lower() for value in values]
    ),
    ("DateLessThan", "aws:currenttime"): lambda context, values: any(
        context.now < _moment(value) for value in values
    ),
    ("DateGreaterThan", "aws:currenttime"): lambda context, values: any(
        context.now > _moment(value) for value in values
    ),
}
