"""Sessions of roles: what they are called, what they carry, how long they may last.

Limits are those of the AssumeRole API reference that the service model does not hold.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from scribepass.local.policy import MalformedPolicy, parse
from scribepass.local.principal import Principal

from .errors import StsError, invalid
from .roles import Role, Roles
from .tags import SessionTags

__all__ = ["begin", "continued_identity", "packed_size", "seconds_of", "source_identity_of"]

MAX_POLICY_CHARACTERS = 2048
MAX_POLICY_ARNS = 10
CHAINED_SECONDS = 3600
DEFAULT_SECONDS = 3600


def begin(
    role: Role,
    asked: Mapping[str, Any],
    *,
    roles: Roles,
    tags: SessionTags,
    source_identity: str | None,
    issued_at: int,
) -> Principal:
    """Make the session that was ``asked`` for; :class:`StsError` for a policy that is none, or too large."""
    _, partition, _, _, account, path = role.arn.split(":", 5)
    name = path.rpartition("/")[2]
    session_name = asked["RoleSessionName"]
    session = Principal(
        arn=f"arn:{partition}:sts::{account}:assumed-role/{name}/{session_name}",
        user_id=f"{_role_id(role.arn)}:{session_name}",
        role=role.arn,
        session_policy=_session_policy(asked.get("Policy")),
        policy_arns=_policy_arns(asked.get("PolicyArns", []), roles),
        source_identity=source_identity,
        tags=tags.tags,
        transitive=tags.transitive,
        issued_at=issued_at,
    )
    if (packed := packed_size(session)) > 100:
        message = f"Packed policy consumes {packed}% of allotted space, please use smaller policy."
        raise StsError("PackedPolicyTooLarge", message)
    return session


def packed_size(session: Principal) -> int:
    """Per cent of what policies and tags may have together. AWS packs them, and does not say how."""
    characters = len(session.session_policy or "") + sum(map(len, session.policy_arns))
    characters += sum(len(key) + len(value) for key, value in session.tags)
    return -(-100 * characters // MAX_POLICY_CHARACTERS)


def seconds_of(role: Role, asked: Mapping[str, Any], *, chained: bool) -> int:
    """How long the session lasts. ``chained``: the caller's credentials are temporary themselves."""
    seconds: int = asked.get("DurationSeconds", DEFAULT_SECONDS)
    if chained and seconds > CHAINED_SECONDS:
        limit = "the 1 hour session limit for roles assumed by role chaining."
        raise StsError("ValidationError", f"The requested DurationSeconds exceeds {limit}")
    if seconds > role.max_session_seconds:
        limit = "the MaxSessionDuration set for this role."
        raise StsError("ValidationError", f"The requested DurationSeconds exceeds {limit}")
    return seconds


def source_identity_of(asked: str | None, *, calling: Principal) -> str | None:
    """The source identity of a session that ``calling`` begins. Once set it stays."""
    if asked is not None and calling.source_identity not in (None, asked):
        message = "The source identity is already set for this assume role session"
        raise StsError("ValidationError", message)
    return asked or calling.source_identity


def continued_identity(tags: SessionTags, source_identity: str | None) -> tuple[str, ...]:
    """The actions that a session needs beside its beginning, for what it carries."""
    tagging = ("sts:TagSession",) if tags.tags else ()
    return tagging if source_identity is None else (*tagging, "sts:SetSourceIdentity")


def _session_policy(text: str | None) -> str | None:
    if text is None:
        return None
    if len(text) > MAX_POLICY_CHARACTERS:
        limit = f"Member must have length less than or equal to {MAX_POLICY_CHARACTERS}"
        raise invalid([f"Value '{text}' at 'policy' failed to satisfy constraint: {limit}"])
    try:
        parse(text)
    except MalformedPolicy as error:
        raise StsError("MalformedPolicyDocument", str(error)) from error
    return text


def _policy_arns(listed: Sequence[Mapping[str, str]], roles: Roles) -> tuple[str, ...]:
    arns = tuple(each.get("arn", "") for each in listed)
    if len(arns) > MAX_POLICY_ARNS:
        limit = f"Member must have length less than or equal to {MAX_POLICY_ARNS}"
        raise invalid([f"Value at 'policyArns' failed to satisfy constraint: {limit}"])
    for arn in arns:
        if arn not in roles.policies:  # AWS's answer to this is not known; this is its nearest error
            raise StsError("MalformedPolicyDocument", f"The policy {arn} does not exist.")
    return arns


def _role_id(role: str) -> str:
    """One role, one id: ``AROA`` and 17 characters."""
    return "AROA" + base64.b32encode(hashlib.sha256(role.encode()).digest()).decode()[:17]
