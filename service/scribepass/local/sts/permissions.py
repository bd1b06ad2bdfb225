"""What a principal may do: its role's permission policy and its session policies both have to allow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scribepass.local.policy import Context, Decision, Policy, decide, parse
from scribepass.local.principal import Principal

from .roles import Roles

__all__ = ["Denial", "denial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Why not: the kind of policy, as AWS's messages name it, and whether it denies or does not allow."""

    policy: str
    explicit: bool


def denial(
    roles: Roles,
    principal: Principal,
    *,
    action: str,
    context: Context,
    resource: str = "*",
    granted: bool = False,
) -> Denial | None:
    """Say why ``principal`` may not do ``action``; None if it may.

    ``granted``: the resource's own policy lets this very principal in, so that its role need not.
    """
    kinds = {
        "identity-based policy": _permissions(roles, principal),
        "session policy": _session_policies(roles, principal),
    }
    said = {
        kind: decide(policies, action=action, context=context, resource=resource)
        for kind, policies in kinds.items()
        if policies is not None
    }
    for kind, decision in said.items():
        if decision is Decision.DENIED:
            return Denial(policy=kind, explicit=True)
    for kind, decision in said.items():
        if decision is Decision.NOT_ALLOWED and not (granted and kind == "identity-based policy"):
            return Denial(policy=kind, explicit=False)
    return None


def _permissions(roles: Roles, principal: Principal) -> Sequence[Policy] | None:
    """The permission policies of the principal's role, None where they are everything there is."""
    if principal.role is None:
        return None
    role = roles.role(principal.role)
    if role is None:  # its session outlived it
        return ()
    return None if role.permissions is None else (role.permissions,)


def _session_policies(roles: Roles, principal: Principal) -> Sequence[Policy] | None:
    """What was passed when the session was made, None for nothing. Any of them may allow."""
    if principal.session_policy is None and not principal.policy_arns:
        return None
    inline = [] if principal.session_policy is None else [parse(principal.session_policy)]
    return [*inline, *(roles.policies[arn] for arn in principal.policy_arns if arn in roles.policies)]
