"""What is asked before a stream: is the request signed, by whom, may they, and does it make sense."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from scribepass.errors import InvalidParameters, ScribepassError, SignatureMismatch, SignatureRejected
from scribepass.sigv4.request import SignedRequest
from scribepass.sigv4.verify import Verified, verify
from scribepass.telemetry import EventLog, get_log
from scribepass.transcribe import Operation, StreamParams, check_region, parse_signed_query

from . import policy, refusals
from .diagnosis import redacted
from .keys import Keys, Principal
from .refusals import AccessDenied, Refusal

__all__ = ["Accepted", "Handshake"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A stream that may begin. ``session_id`` is the client's, or made here."""

    operation: Operation
    params: StreamParams
    verified: Verified
    principal: Principal
    session_id: str


class Handshake:
    """Examines requests for one region. ``languages`` are those of the recogniser; empty: all."""

    def __init__(
        self, *, keys: Keys, clock: Callable[[], datetime], region: str, languages: tuple[str, ...] = ()
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._region = region
        self._languages = languages
        self._log: EventLog = get_log("local")

    def knows(self, languages: tuple[str, ...]) -> None:
        """Take streams in these languages from now on; empty: in all."""
        self._languages = languages

    def examine(self, operation: Operation, request: SignedRequest, *, source_ip: str) -> Accepted | Refusal:
        """Say whether this request opens a stream. Whatever is wrong with it is a refusal."""
        now = self._clock()
        try:
            verified = verify(
                request, lookup=self._keys.lookup, now=now, service="transcribe", region=self._region
            )
            principal = self._authorized(operation, verified, source_ip=source_ip, now=now)
            params = parse_signed_query(operation, verified.parameters)
            check_region(params, self._region)
        except (SignatureRejected, AccessDenied, InvalidParameters) as error:
            self._explain(error)
            return refusals.of_handshake(error, now=now)
        return self._able(params) or Accepted(
            operation=operation,
            params=params,
            verified=verified,
            principal=principal,
            session_id=params.session_id or str(uuid.uuid4()),
        )

    def _authorized(
        self, operation: Operation, verified: Verified, *, source_ip: str, now: datetime
    ) -> Principal:
        principal = self._keys.principal(verified.credentials)
        context = policy.Context(source_ip=source_ip, region=verified.region, secure_transport=False, now=now)
        decision = policy.decide(principal.session_policy, action=operation.action, context=context)
        if decision is not policy.Decision.ALLOWED:
            explicit = decision is policy.Decision.DENIED
            raise AccessDenied(arn=principal.arn, action=operation.action, explicit=explicit)
        return principal

    def _able(self, params: StreamParams) -> Refusal | None:
        """Refuse what AWS could do and this endpoint cannot, in plain words rather than by bad results."""
        if params.media_encoding != "pcm":
            return refusals.undecodable(f"The local AWS takes pcm, not {params.media_encoding}.")
        code = params.language_code
        if code is None or not self._languages or code.partition("-")[0] in self._languages:
            return None
        known = ", ".join(self._languages)
        return refusals.bad_request(f"This local AWS's recogniser knows {known} only, not {code}.")

    def _explain(self, error: ScribepassError) -> None:
        """Tell the developer, who cannot see what the other side signed, what was signed here."""
        if isinstance(error, SignatureMismatch):
            self._log.warning("signature_mismatch", our_canonical_request=redacted(error.canonical_request))
        else:
            self._log.info("handshake_refused", code=error.code, reason=str(error))
