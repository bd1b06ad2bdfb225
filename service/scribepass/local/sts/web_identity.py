"""Tokens of OpenID Connect providers, as AssumeRoleWithWebIdentity takes them.

Texts are AWS's where they are known from reports; that of a wrong signature and of a missing claim is ours.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scribepass.local.policy.wildcards import like

from .errors import StsError
from .input import read
from .jwks import decode
from .roles import Provider, Roles
from .shapes import INPUTS, Structure
from .tags import SessionTags, tags_of

__all__ = ["WebIdentity", "identify"]

_SKEW_SECONDS = 300
_TAGS, _SOURCE_IDENTITY = "https://aws.amazon.com/tags", "https://aws.amazon.com/source_identity"
_NO_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
_CLAIMED = Structure(
    members={
        name: INPUTS["AssumeRole"].members[name] for name in ("Tags", "TransitiveTagKeys", "SourceIdentity")
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebIdentity:
    """Who a token is about, for whom, and what the provider wants the session to carry."""

    issuer: str
    audience: str
    subject: str = field(repr=False)
    tags: SessionTags
    source_identity: str | None

    @property
    def provider(self) -> str:
        """The issuer without its scheme, as ARNs and condition keys name it."""
        return re.sub("^https?://", "", self.issuer).rstrip("/")

    @property
    def condition_keys(self) -> dict[str, tuple[str, ...]]:
        """What a trust policy can ask of the token."""
        name = self.provider.lower()
        return {f"{name}:aud": (self.audience,), f"{name}:sub": (self.subject,)}


def identify(token: str, *, roles: Roles, now: datetime, provider_id: str | None = None) -> WebIdentity:
    """Say who ``token`` is about. :class:`StsError` with AWS's codes if it is not to be believed."""
    header, claims, data, signature = _parts(token)
    issuer, subject = _text(claims, "iss"), _text(claims, "sub")
    audiences = _audiences(claims)
    provider = _provider(roles, issuer, provider_id)
    if provider is not None:
        _check_signature(provider, header, data=data, signature=signature)
        audiences = [each for each in audiences if each in provider.audiences]
    if not audiences:
        raise _invalid("Incorrect token audience")
    _check_times(claims, now)
    if provider is not None and provider.subjects and not any(like(p, subject) for p in provider.subjects):
        raise StsError("IDPRejectedClaim", "The identity provider rejected the claim: sub", status=403)
    tags, source_identity = _session_claims(claims)
    return WebIdentity(
        issuer=issuer, audience=audiences[0], subject=subject, tags=tags, source_identity=source_identity
    )


def _parts(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any], bytes, bytes]:
    try:
        header, payload, signature = token.split(".")
        members, claims = (json.loads(decode(part)) for part in (header, payload))
        parts = members, claims, f"{header}.{payload}".encode(), decode(signature)
    except (ValueError, RecursionError):
        raise _invalid(_NO_JWT) from None
    if not isinstance(members, dict) or not isinstance(claims, dict):
        raise _invalid(_NO_JWT)
    return parts


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise _missing(name)
    if not value.isprintable():
        raise _invalid(_NO_JWT)
    return value


def _audiences(claims: Mapping[str, Any]) -> list[str]:
    value = claims.get("aud")
    values = value if isinstance(value, list) else [value]
    audiences = [each for each in values if isinstance(each, str) and each.isprintable() and each]
    if not audiences:
        raise _missing("aud")
    return audiences


def _provider(roles: Roles, issuer: str, provider_id: str | None) -> Provider | None:
    """The provider to check by; None where any is taken. ``provider_id`` has to be the issuer's host."""
    if provider_id is not None and provider_id != re.sub("^https?://", "", issuer):
        raise _invalid(f"No OpenIDConnect provider found in your account for https://{provider_id}")
    if roles.providers is None:
        return None
    if issuer not in roles.providers:
        raise _invalid(f"No OpenIDConnect provider found in your account for {issuer}")
    return roles.providers[issuer]


def _check_signature(provider: Provider, header: Mapping[str, Any], *, data: bytes, signature: bytes) -> None:
    if provider.keys is None:
        return
    verdict = provider.keys.verifies(
        kid=header.get("kid"), algorithm=header.get("alg"), data=data, signature=signature
    )
    if verdict is None:
        raise _invalid(
            "Couldn't retrieve verification key from your identity provider,  "
            "please reference AssumeRoleWithWebIdentity documentation for requirements"
        )
    if not verdict:
        raise _invalid("The signature of the token does not match")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    seconds = int(now.timestamp())
    expires = _number(claims, "exp")
    if expires is None:
        raise _missing("exp")
    if expires <= seconds:
        message = f"current date/time {seconds} must be before the expiration date/time {int(expires)}"
        raise StsError("ExpiredTokenException", f"Token expired: {message}")
    if (_number(claims, "nbf") or 0) > seconds + _SKEW_SECONDS:
        raise _invalid("The token is not valid yet")


def _number(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if number else None


def _session_claims(claims: Mapping[str, Any]) -> tuple[SessionTags, str | None]:
    """Session tags and source identity, held to what AssumeRole would take."""
    wanted = claims.get(_TAGS, {})
    try:
        pairs = [(key, value) for key, values in wanted.get("principal_tags", {}).items() for value in values]
        keys = list(wanted.get("transitive_tag_keys", []))
    except (AttributeError, TypeError):
        raise _invalid(f"{_TAGS} is not what it has to be") from None
    fields = {f"TransitiveTagKeys.member.{number}": str(key) for number, key in enumerate(keys, 1)}
    for number, (key, value) in enumerate(pairs, 1):
        fields |= {f"Tags.member.{number}.Key": str(key), f"Tags.member.{number}.Value": str(value)}
    if _SOURCE_IDENTITY in claims:
        fields["SourceIdentity"] = str(claims[_SOURCE_IDENTITY])
    found = read(fields, _CLAIMED)
    tags = tags_of(found.get("Tags", []), found.get("TransitiveTagKeys", []))
    return tags, found.get("SourceIdentity")


def _missing(name: str) -> StsError:
    return _invalid(f"Missing a required claim: {name}")


def _invalid(message: str) -> StsError:
    return StsError("InvalidIdentityToken", message)
