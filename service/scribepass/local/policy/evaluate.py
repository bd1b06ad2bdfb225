"""What policies say of a request: an explicit deny before an allow, and nothing without one."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable

from .context import Context
from .document import Condition, Policy, Statement
from .wildcards import expand, like

__all__ = ["Decision", "decide"]


class Decision(enum.Enum):
    """What policies say of a request. Only ``ALLOWED`` lets it pass."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "not allowed"
    DENIED = "denied"


def decide(
    policies: Iterable[Policy],
    *,
    action: str,
    context: Context,
    resource: str = "*",
    names: Callable[[str, str], bool] = lambda _kind, _name: False,
) -> Decision:
    """Say what ``policies`` say together of one action.

    ``names`` says whether a principal of a trust policy, its kind and its name, is the one who asks.
    """
    decision = Decision.NOT_ALLOWED
    for statement in (each for policy in policies for each in policy.statements):
        applies = _applies(statement, action, resource, context, names)
        if not statement.allow and applies is not False:
            return Decision.DENIED
        if statement.allow and applies is True:
            decision = Decision.ALLOWED
    return decision


def _applies(
    statement: Statement, action: str, resource: str, context: Context, names: Callable[[str, str], bool]
) -> bool | None:
    """True, False, or None where that cannot be said."""
    acts = any(like(pattern, action, flags=re.IGNORECASE) for pattern in statement.actions)
    if acts is statement.but_actions:
        return False
    if statement.principals:
        named = any(names(kind, name) for kind, name in statement.principals)
        if named is statement.but_principals:
            return False
    verdicts = [
        _on(statement, resource, context),
        *(_holds(each, context, variables=statement.variables) for each in statement.conditions),
    ]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _on(statement: Statement, resource: str, context: Context) -> bool | None:
    try:
        patterns = [_expanded(each, context, variables=statement.variables) for each in statement.resources]
    except ValueError:
        return None
    return any(like(pattern, resource) for pattern in patterns) is not statement.but_resources


def _holds(condition: Condition, context: Context, *, variables: bool) -> bool | None:
    present = context.values(condition.key)
    if present is None:
        return None
    variables = variables and condition.operator.variables
    try:
        wanted = tuple(_expanded(each, context, variables=variables) for each in condition.values)
        return condition.operator.holds(present, wanted)
    except ValueError:
        return None


def _expanded(text: str, context: Context, *, variables: bool) -> str:
    return expand(text, context) if variables else text
