"""The four actions: what is asked of whom, and what is given out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from scribepass.local.keys import Keys, Principal

from .call import Call, carried
from .errors import StsError
from .roles import Role, Roles
from .sessions import begin, continued_identity, packed_size, seconds_of, source_identity_of
from .tags import SessionTags, inherit, tags_of
from .trust import authorize, authorize_web_identity
from .web_identity import identify

__all__ = ["Actions"]


class Actions:
    """What STS does. ``keys`` issues what is given out; ``roles`` say to whom."""

    def __init__(self, *, keys: Keys, roles: Roles) -> None:
        self._keys = keys
        self._roles = roles
        self._by_name: Mapping[str, Callable[[Call], dict[str, Any]]] = {
            "AssumeRole": self._assume_role,
            "AssumeRoleWithWebIdentity": self._assume_role_with_web_identity,
            "GetSessionToken": self._get_session_token,
            "GetCallerIdentity": self._get_caller_identity,
        }

    def perform(self, name: str, call: Call) -> dict[str, Any]:
        """Return the members of the answer; :class:`StsError` for whatever may not be, or cannot."""
        return self._by_name[name](call)

    def _assume_role(self, call: Call) -> dict[str, Any]:
        asked, caller = call.asked, call.signer
        requested = tags_of(asked.get("Tags", []), asked.get("TransitiveTagKeys", []))
        calling = SessionTags(tags=caller.tags, transitive=caller.transitive)
        tags = inherit(calling, requested)
        source_identity = source_identity_of(asked.get("SourceIdentity"), calling=caller)
        external_id = {"sts:externalid": (asked["ExternalId"],)} if "ExternalId" in asked else {}
        role = authorize(
            self._roles,
            asked["RoleArn"],
            caller=caller,
            actions=("sts:AssumeRole", *continued_identity(tags, source_identity)),
            context=call.context({**carried(tags, source_identity), **external_id}),
        )
        return self._session(call, role, tags, source_identity)

    def _assume_role_with_web_identity(self, call: Call) -> dict[str, Any]:
        asked = call.asked
        identity = identify(
            asked["WebIdentityToken"],
            roles=self._roles,
            now=call.now,
            provider_id=asked.get("ProviderId"),
        )
        tags, source_identity = identity.tags, identity.source_identity
        role = authorize_web_identity(
            self._roles,
            asked["RoleArn"],
            identity=identity,
            actions=continued_identity(tags, source_identity),
            context=call.context({**carried(tags, source_identity), **identity.condition_keys}),
        )
        return {
            **self._session(call, role, tags, source_identity),
            "SubjectFromWebIdentityToken": identity.subject,
            "Audience": identity.audience,
            "Provider": identity.issuer,
        }

    def _get_session_token(self, call: Call) -> dict[str, Any]:
        if call.signer.issued_at is not None:
            message = "Cannot call GetSessionToken with session credentials"
            raise StsError("AccessDenied", message, status=403)
        principal = replace(call.signer, issued_at=int(call.now.timestamp()))
        return {"Credentials": self._issue(principal, call, call.asked.get("DurationSeconds", 43_200))}

    def _get_caller_identity(self, call: Call) -> dict[str, Any]:
        caller = call.signer
        return {"Arn": caller.arn, "UserId": caller.user_id, "Account": caller.account}

    def _session(
        self, call: Call, role: Role, tags: SessionTags, source_identity: str | None
    ) -> dict[str, Any]:
        chained = call.caller is not None and call.caller.issued_at is not None
        seconds = seconds_of(role, call.asked, chained=chained)
        session = begin(
            role,
            call.asked,
            roles=self._roles,
            tags=tags,
            source_identity=source_identity,
            issued_at=int(call.now.timestamp()),
        )
        members = {
            "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
            "Credentials": self._issue(session, call, seconds),
            "PackedPolicySize": packed_size(session) or None,
            "SourceIdentity": source_identity,
        }
        return {name: value for name, value in members.items() if value is not None}

    def _issue(self, principal: Principal, call: Call, seconds: int) -> dict[str, Any]:
        expires_at = call.now + timedelta(seconds=seconds)
        issued = self._keys.issue(principal, expires_at=expires_at)
        return {
            "AccessKeyId": issued.access_key_id,
            "SecretAccessKey": issued.secret_access_key,
            "SessionToken": issued.session_token,
            "Expiration": f"{expires_at:%Y-%m-%dT%H:%M:%SZ}",
        }
