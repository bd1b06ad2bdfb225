"""What is asked before a stream: is the request signed, by whom, may they, and does it make sense."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from scribepass.errors import (
    InvalidParameters,
    ScribepassError,
    SignatureMalformed,
    SignatureMismatch,
    SignatureRejected,
)
from scribepass.sigv4.request import SignedRequest
from scribepass.sigv4.verify import Verified, verify
from scribepass.telemetry import EventLog, get_log
from scribepass.transcribe import Operation, StreamParams, check_region, parse_signed_query

from . import refusals
from .contexts import context_of
from .diagnosis import redacted
from .keys import Keys, Principal
from .policy import Context
from .refusals import AccessDenied, Refusal
from .sts.permissions import denial
from .sts.roles import Roles
from .vocabulary_filters import named_by

__all__ = ["HEADER_PREFIX", "Accepted", "Handshake"]

HEADER_PREFIX = "x-amzn-transcribe-"
"""What stands before a parameter's name in an HTTP/2 header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A stream that may begin. ``session_id`` is the client's, or made here."""

    operation: Operation
    params: StreamParams
    verified: Verified
    principal: Principal
    session_id: str


class Handshake:
    """Examines requests for one region.

    ``languages`` are those of the recogniser, empty: all; ``filters`` the vocabulary filters that there are.
    ``roles`` say what the roles of sessions may do; without it: everything.
    """

    def __init__(
        self,
        *,
        keys: Keys,
        clock: Callable[[], datetime],
        region: str,
        languages: tuple[str, ...] = (),
        roles: Roles | None = None,
        filters: Collection[str] = (),
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._region = region
        self._languages = languages
        self._roles = Roles() if roles is None else roles
        self._filters = filters
        self._log: EventLog = get_log("local")

    def knows(self, languages: tuple[str, ...]) -> None:
        """Take streams in these languages from now on; empty: in all."""
        self._languages = languages

    def examine(
        self,
        operation: Operation,
        request: SignedRequest,
        *,
        source_ip: str,
        secure: bool = False,
        http2: bool = False,
    ) -> Accepted | Refusal:
        """Say whether this request opens a stream. Whatever is wrong with it is a refusal.

        ``secure``: it came through TLS. ``http2``: its parameters are headers, and its IAM action is another.
        """
        now = self._clock()
        try:
            verified = verify(
                request, lookup=self._keys.lookup, now=now, service="transcribe", region=self._region
            )
            principal = self._keys.principal(verified.credentials)
            context = context_of(
                request,
                principal,
                source_ip=source_ip,
                region=verified.region,
                now=now,
                secure_transport=secure,
            )
            self._authorize(principal, operation.http2_action if http2 else operation.action, context)
            pairs = _header_parameters(request, verified) if http2 else verified.parameters
            params = parse_signed_query(operation, pairs)
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

    def _authorize(self, principal: Principal, action: str, context: Context) -> None:
        lacking = denial(self._roles, principal, action=action, context=context)
        if lacking is not None:
            raise AccessDenied(
                arn=principal.arn, action=action, policy=lacking.policy, explicit=lacking.explicit
            )

    def _able(self, params: StreamParams) -> Refusal | None:
        """Refuse what this endpoint does not have, in plain words rather than by bad results."""
        if params.media_encoding != "pcm":
            return refusals.undecodable(f"The local AWS takes pcm, not {params.media_encoding}.")
        if not set(named_by(params)) <= set(self._filters):
            return refusals.no_such_filter(self._filters)
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


def _header_parameters(request: SignedRequest, verified: Verified) -> list[tuple[str, str]]:
    """The parameters of an HTTP/2 request, all of them signed: what is verified is then what is used."""
    for name, _ in request.headers:
        if name.lower().startswith(HEADER_PREFIX) and name.lower() not in verified.headers:
            raise SignatureMalformed("a header that is a parameter of the stream is not signed")
    return [
        (name.removeprefix(HEADER_PREFIX), value)
        for name, value in verified.headers.items()
        if name.startswith(HEADER_PREFIX)
    ]
