"""The three actions. Every role exists and may be assumed by whoever's own session policy allows it."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scribepass.errors import SignatureRejected
from scribepass.local import policy
from scribepass.local.http import Answer
from scribepass.local.keys import Keys, Principal
from scribepass.sigv4.request import SignedRequest
from scribepass.sigv4.verify import Verified, verify

from .answers import VERSION, failure, fault_of, success
from .input import ASSUME_ROLE, GET_SESSION_TOKEN, Fault, form, validate
from .tags import is_tag, tags_of

__all__ = ["Sts"]

CHAINED_SECONDS = 3600

_ROLE = re.compile(r"arn:(aws[a-z-]*):iam::([0-9]{12}):role/(?:[!-~]+/)?([\w+=,.@-]{1,64})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A verified request: who asks, for what, from where and when."""

    fields: Mapping[str, str]
    verified: Verified
    caller: Principal
    context: policy.Context

    @property
    def temporary(self) -> bool:
        return self.verified.credentials.session_token is not None


class Sts:
    """Answers requests. ``keys`` says who may sign, and issues what is given out."""

    def __init__(self, *, keys: Keys, clock: Callable[[], datetime]) -> None:
        self._keys = keys
        self._clock = clock
        self._actions: Mapping[str, Callable[[_Call], dict[str, Any]]] = {
            "AssumeRole": self._assume_role,
            "GetSessionToken": self._get_session_token,
            "GetCallerIdentity": self._get_caller_identity,
        }

    def answer(self, request: SignedRequest, *, source_ip: str) -> Answer:
        """Answer one request, whatever is in it. Nothing is raised."""
        request_id = str(uuid.uuid4())
        try:
            call = self._verified(request, source_ip)
            action = call.fields.get("Action", "")
            result = self._action(call, action)(call)
        except Fault as fault:
            return failure(fault, request_id=request_id)
        return success(action, result, request_id=request_id)

    def _action(self, call: _Call, name: str) -> Callable[[_Call], dict[str, Any]]:
        if name not in self._actions or call.fields.get("Version") != VERSION:
            raise Fault("InvalidAction", f"Could not find operation {name} for version {VERSION}")
        return self._actions[name]

    def _verified(self, request: SignedRequest, source_ip: str) -> _Call:
        if not any(name.lower() == "authorization" for name, _ in request.headers):
            message = "Request is missing Authentication Token"
            raise Fault("MissingAuthenticationToken", message, status=403)
        now = self._clock()
        try:
            verified = verify(request, lookup=self._keys.lookup, now=now, service="sts", region=None)
        except SignatureRejected as error:
            raise fault_of(error, now=now) from error
        return _Call(
            fields=form(request.body),
            verified=verified,
            caller=self._keys.principal(verified.credentials),
            context=policy.Context(
                source_ip=source_ip, region=verified.region, secure_transport=False, now=now
            ),
        )

    def _assume_role(self, call: _Call) -> dict[str, Any]:
        validate(call.fields, ASSUME_ROLE, also=is_tag)
        role, session_name = call.fields["RoleArn"], call.fields["RoleSessionName"]
        match = _ROLE.fullmatch(role)
        if match is None:
            raise Fault("ValidationError", "Request ARN is invalid")
        _allow(call, "sts:AssumeRole", role)
        partition, account, name = match.groups()
        session = Principal(
            arn=f"arn:{partition}:sts::{account}:assumed-role/{name}/{session_name}",
            user_id=f"{_role_id(role)}:{session_name}",
            session_policy=_session_policy(call.fields),
            source_identity=call.fields.get("SourceIdentity"),
            tags=tags_of(call.fields),
        )
        packed = _packed(session)
        result: dict[str, Any] = {
            "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
            "Credentials": self._issue(session, call, seconds=_assumed_seconds(call)),
        }
        if packed:
            result["PackedPolicySize"] = packed
        if session.source_identity is not None:
            result["SourceIdentity"] = session.source_identity
        return result

    def _get_session_token(self, call: _Call) -> dict[str, Any]:
        if call.temporary:
            raise Fault("AccessDenied", "Cannot call GetSessionToken with session credentials", status=403)
        validate(call.fields, GET_SESSION_TOKEN)
        seconds = int(call.fields.get("DurationSeconds", "43200"))
        return {"Credentials": self._issue(call.caller, call, seconds=seconds)}

    def _get_caller_identity(self, call: _Call) -> dict[str, Any]:
        validate(call.fields, ())
        return {"Arn": call.caller.arn, "UserId": call.caller.user_id, "Account": call.caller.account}

    def _issue(self, principal: Principal, call: _Call, *, seconds: int) -> dict[str, Any]:
        expires_at = call.context.now + timedelta(seconds=seconds)
        issued = self._keys.issue(principal, expires_at=expires_at)
        return {
            "AccessKeyId": issued.access_key_id,
            "SecretAccessKey": issued.secret_access_key,
            "SessionToken": issued.session_token,
            "Expiration": f"{expires_at:%Y-%m-%dT%H:%M:%SZ}",
        }


def _allow(call: _Call, action: str, resource: str) -> None:
    decision = policy.decide(
        call.caller.session_policy, action=action, resource=resource, context=call.context
    )
    if decision is not policy.Decision.ALLOWED:
        message = f"User: {call.caller.arn} is not authorized to perform: {action} on resource: {resource}"
        raise Fault("AccessDenied", message, status=403)


def _session_policy(fields: Mapping[str, str]) -> str | None:
    text = fields.get("Policy")
    if text is not None:
        try:
            policy.check(text)
        except policy.MalformedPolicy as error:
            raise Fault("MalformedPolicyDocument", str(error)) from error
    return text


def _packed(session: Principal) -> int:
    """Per cent of what policy and tags may have together. AWS packs them, and does not say how."""
    characters = len(session.session_policy or "") + sum(len(key) + len(value) for key, value in session.tags)
    packed = -(-100 * characters // 2048)
    if packed > 100:
        message = f"Packed policy consumes {packed}% of allotted space, please use smaller policy."
        raise Fault("PackedPolicyTooLarge", message)
    return packed


def _assumed_seconds(call: _Call) -> int:
    seconds = int(call.fields.get("DurationSeconds", "3600"))
    if call.temporary and seconds > CHAINED_SECONDS:
        limit = "the 1 hour session limit for roles assumed by role chaining."
        raise Fault("ValidationError", f"The requested DurationSeconds exceeds {limit}")
    return seconds


def _role_id(role: str) -> str:
    """One role, one id: ``AROA`` and 17 characters."""
    return "AROA" + base64.b32encode(hashlib.sha256(role.encode()).digest()).decode()[:17]
