'''How a file describes roles, identity providers and managed policies.

Without a file every role exists and trusts whoever asks, and every web identity token that has not expired is
taken. With one, what it does not name does not exist::

    [[roles]]
    name = "vending"                      # or arn = "arn:aws:iam::123456789012:role/vending"
    max_session_duration = 7200           # seconds, 3600 to 43200; without it 3600
    # Policies are as AWS has them, as text or as tables.
    trust = """{
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Principal": {"AWS": "123456789012"},
          "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
          "Condition": {"StringEquals": {"sts:ExternalId": "tenant-7"}}
        },
        {
          "Effect": "Allow",
          "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/login.example.com"},
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {"StringLike": {"login.example.com:sub": "system:serviceaccount:web:*"}}
        }
      ]
    }"""

    [roles.policy]                        # what the role may do; without it: everything
    Version = "2012-10-17"
    Statement = { Effect = "Allow", Action = "transcribe:StartStreamTranscription*", Resource = "*" }

    [[providers]]                         # for AssumeRoleWithWebIdentity
    issuer = "https://login.example.com"
    audiences = ["sts.amazonaws.com"]
    subjects = ["system:serviceaccount:*"]   # patterns; without it: any
    jwks_file = "jwks.json"               # beside this file; without it signatures are not checked

    [policies]                            # managed policies that PolicyArns may name
    "arn:aws:iam::123456789012:policy/only-streams" = """{
      "Version": "2012-10-17",
      "Statement": {"Effect": "Allow", "Action": "transcribe:*", "Resource": "*"}
    }"""

A role without ``trust`` trusts its own account.
'''

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from scribepass.local.keys import ACCOUNT
from scribepass.local.policy import MalformedPolicy, Policy, parse, parse_trust

from .jwks import KeySet
from .roles import MAX_SESSION_SECONDS, ROLE_ARN, Provider, Role, Roles

__all__ = ["RolesMalformed", "roles_of"]

_DEFAULT_SECONDS = 3600


class RolesMalformed(ValueError):
    """The description of roles cannot be understood."""


def roles_of(document: Mapping[str, Any]) -> Roles:
    """Read a parsed file, in which ``jwks`` holds the text of a key set; :class:`RolesMalformed`."""
    _only(document, {"roles", "providers", "policies"}, "the file")
    roles = [_role(each) for each in _tables(document, "roles")]
    providers = [_provider(each) for each in _tables(document, "providers")]
    policies = document.get("policies", {})
    if not isinstance(policies, Mapping):
        raise RolesMalformed("policies must be a table")
    return Roles(
        roles={role.arn: role for role in roles},
        providers={provider.issuer: provider for provider in providers},
        policies={arn: _policy(text, parse, f"policy {arn}") for arn, text in policies.items()},
    )


def _role(found: Mapping[str, Any]) -> Role:
    _only(found, {"arn", "name", "max_session_duration", "trust", "policy"}, "a role")
    arn = found.get("arn", f"arn:aws:iam::{ACCOUNT}:role/{found.get('name')}")
    match = ROLE_ARN.fullmatch(arn) if isinstance(arn, str) else None
    if match is None or ("arn" in found) == ("name" in found):
        raise RolesMalformed("a role has either the arn of a role, or a name")
    seconds = found.get("max_session_duration", _DEFAULT_SECONDS)
    if type(seconds) is not int or not _DEFAULT_SECONDS <= seconds <= MAX_SESSION_SECONDS:
        raise RolesMalformed(f"max_session_duration of {arn} must be between 3600 and 43200 seconds")
    trust = found.get("trust", _own_account(match[2]))
    permissions = found.get("policy")
    return Role(
        arn=arn,
        trust=_policy(trust, parse_trust, f"trust of {arn}"),
        permissions=None if permissions is None else _policy(permissions, parse, f"policy of {arn}"),
        max_session_seconds=seconds,
    )


def _own_account(account: str) -> Mapping[str, Any]:
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": actions}
    return {"Version": "2012-10-17", "Statement": statement}


def _provider(found: Mapping[str, Any]) -> Provider:
    _only(found, {"issuer", "audiences", "subjects", "jwks"}, "a provider")
    issuer, jwks = found.get("issuer"), found.get("jwks")
    if not isinstance(issuer, str) or not re.match("https?://.", issuer):
        raise RolesMalformed("a provider has an issuer, which is a URL")
    try:
        keys = None if jwks is None else KeySet.parse(jwks)
    except (TypeError, ValueError) as error:
        raise RolesMalformed(f"the key set of {issuer} is none: {error}") from error
    return Provider(
        issuer=issuer,
        audiences=_texts(found.get("audiences"), f"audiences of {issuer}"),
        subjects=_texts(found.get("subjects", []), f"subjects of {issuer}"),
        keys=keys,
    )


def _policy(found: object, read: Callable[[str], Policy], what: str) -> Policy:
    try:
        return read(found if isinstance(found, str) else json.dumps(found))
    except (TypeError, MalformedPolicy) as error:
        raise RolesMalformed(f"{what}: {error}") from error


def _tables(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise RolesMalformed(f"{name} must be tables, each under [[{name}]]")
    return found


def _texts(found: object, what: str) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise RolesMalformed(f"{what} must be a list of texts")
    return tuple(found)


def _only(found: Mapping[str, Any], known: set[str], what: str) -> None:
    if unknown := found.keys() - known:
        raise RolesMalformed(f"{what} has {', '.join(sorted(unknown))}, which is not known")
