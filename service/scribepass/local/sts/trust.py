"""Trust policies: who may begin a session of a role."""

from __future__ import annotations

from scribepass.local.policy import Context, Decision, decide
from scribepass.local.principal import Principal

from .errors import StsError, denied
from .permissions import denial
from .roles import Role, Roles
from .web_identity import WebIdentity

__all__ = ["authorize", "authorize_web_identity"]

_WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"


def authorize(
    roles: Roles, arn: str, *, caller: Principal, actions: tuple[str, ...], context: Context
) -> Role:
    """Return the role, if ``caller`` may do all ``actions`` on it; AWS's ``AccessDenied`` if there is none.

    Both sides have to agree: the role's trust policy, and what the caller itself may do. A role that names a
    caller of its own account needs no permission policy of that caller beside it.
    """
    role = roles.role(arn)
    if role is None:
        raise denied(caller.arn, action=actions[0], resource=arn)
    for action in actions:
        own = caller.account == arn.split(":")[4]
        granted = own and role.trust is not None and _trusts(role, caller, action, context, direct=True)
        lacking = denial(roles, caller, action=action, context=context, resource=arn, granted=granted)
        if lacking is not None or not _trusts(role, caller, action, context, direct=False):
            raise denied(caller.arn, action=action, resource=arn)
    return role


def authorize_web_identity(
    roles: Roles, arn: str, *, identity: WebIdentity, actions: tuple[str, ...], context: Context
) -> Role:
    """Return the role, if its trust policy lets this identity in."""
    role = roles.role(arn)
    provider = f"arn:{arn.split(':')[1]}:iam::{arn.split(':')[4]}:oidc-provider/{identity.provider}"
    federated = {("Federated", provider), ("Federated", identity.provider), ("*", "*")}
    if role is None:
        raise _not_authorized(_WEB_IDENTITY)
    for action in (_WEB_IDENTITY, *actions):
        if not _allows(role, federated, action, context):
            raise _not_authorized(action)
    return role


def _not_authorized(action: str) -> StsError:
    return StsError("AccessDenied", f"Not authorized to perform {action}", status=403)


def _trusts(role: Role, caller: Principal, action: str, context: Context, *, direct: bool) -> bool:
    """Whether the trust policy names the caller, or, unless ``direct``, the caller's account."""
    partition, account = caller.arn.split(":")[1], caller.account
    named = {("*", "*"), ("AWS", "*"), ("AWS", caller.arn), ("AWS", caller.role or caller.arn)}
    if not direct:
        named |= {("AWS", account), ("AWS", f"arn:{partition}:iam::{account}:root")}
    return _allows(role, named, action, context)


def _allows(role: Role, named: set[tuple[str, str]], action: str, context: Context) -> bool:
    if role.trust is None:
        return True
    decision = decide(
        (role.trust,), action=action, context=context, names=lambda kind, name: (kind, name) in named
    )
    return decision is Decision.ALLOWED
