"""Roles, identity providers and managed policies: what there is in the local AWS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from scribepass.local.policy import Policy

from .jwks import KeySet

__all__ = ["MAX_SESSION_SECONDS", "ROLE_ARN", "Provider", "Role", "Roles"]

ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::([0-9]{12}):role/(?:[!-~]+/)?([\w+=,.@-]{1,64})", re.ASCII)
MAX_SESSION_SECONDS = 43_200
"""The longest session that a role may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role. ``trust`` None trusts whoever asks, ``permissions`` None are all there are."""

    arn: str
    trust: Policy | None = None
    permissions: Policy | None = None
    max_session_seconds: int = MAX_SESSION_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An OpenID Connect provider. ``subjects`` are patterns, none for any; ``keys`` None are not checked."""

    issuer: str
    audiences: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    keys: KeySet | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What there is. ``roles`` and ``providers`` None: any."""

    roles: Mapping[str, Role] | None = None
    providers: Mapping[str, Provider] | None = None
    policies: Mapping[str, Policy] = field(default_factory=dict)

    def role(self, arn: str) -> Role | None:
        """The role of this ARN, if it exists."""
        return Role(arn=arn) if self.roles is None else self.roles.get(arn)
