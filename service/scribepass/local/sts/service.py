"""STS as it is asked: faults on demand, the signature, the form, and one of the actions."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from scribepass.errors import SignatureRejected
from scribepass.local.http import Answer
from scribepass.local.keys import Keys, Principal
from scribepass.sigv4.request import SignedRequest
from scribepass.sigv4.verify import verify

from .actions import Actions
from .answers import VERSION, failure, instead, refusal_of, spoilt, success
from .call import Call
from .errors import StsError, unsupported
from .faults import StsFaults
from .input import form, read
from .roles import ROLE_ARN, Roles
from .shapes import INPUTS

__all__ = ["Sts"]

_UNSIGNED = "AssumeRoleWithWebIdentity"
_NOT_ACTED_ON = ("SerialNumber", "TokenCode", "ProvidedContexts", "MinimumSessionTokenSize")


class Sts:
    """Answers requests. ``keys`` says who may sign, and issues what is given out; ``roles`` to whom.

    ``faults`` are what the next calls meet; whoever has this object may add to them.
    """

    def __init__(
        self,
        *,
        keys: Keys,
        clock: Callable[[], datetime],
        roles: Roles | None = None,
        faults: StsFaults | None = None,
    ) -> None:
        self.faults = StsFaults() if faults is None else faults
        self._keys = keys
        self._clock = clock
        self._actions = Actions(keys=keys, roles=Roles() if roles is None else roles)

    def answer(self, request: SignedRequest, *, source_ip: str, secure_transport: bool = False) -> Answer:
        """Answer one request, whatever is in it. Nothing is raised."""
        request_id = str(uuid.uuid4())
        fault = None
        try:
            fields = form(request.body)
            name = fields.get("Action", "")
            fault = self.faults.take(name)
            if fault is not None and (said := instead(fault, request_id=request_id)) is not None:
                return said
            caller, region = (None, None) if name == _UNSIGNED else self._verified(request)
            call = Call(
                request=request,
                asked=_asked(name, fields),
                caller=caller,
                source_ip=source_ip,
                region=region,
                now=self._clock(),
                secure_transport=secure_transport,
            )
            answer = success(name, self._actions.perform(name, call), request_id=request_id)
        except StsError as error:
            answer = failure(error, request_id=request_id)
        return answer if fault is None else spoilt(answer, fault)

    def _verified(self, request: SignedRequest) -> tuple[Principal, str]:
        if not any(name.lower() == "authorization" for name, _ in request.headers):
            message = "Request is missing Authentication Token"
            raise StsError("MissingAuthenticationToken", message, status=403)
        now = self._clock()
        try:
            verified = verify(request, lookup=self._keys.lookup, now=now, service="sts", region=None)
        except SignatureRejected as error:
            raise refusal_of(error, now=now) from error
        return self._keys.principal(verified.credentials), verified.region


def _asked(name: str, fields: Mapping[str, str]) -> dict[str, Any]:
    if name not in INPUTS or fields.get("Version") != VERSION:
        raise StsError("InvalidAction", f"Could not find operation {name} for version {VERSION}")
    asked = read(fields, INPUTS[name])
    for member in _NOT_ACTED_ON:
        if member in asked:
            raise unsupported(member)
    if "RoleArn" in asked and not ROLE_ARN.fullmatch(asked["RoleArn"]):
        raise StsError("ValidationError", "Request ARN is invalid")
    return asked
