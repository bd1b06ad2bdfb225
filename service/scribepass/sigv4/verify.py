"""Checks a signed request: who signed it, for what, until when. Every refusal is typed.

Source: "Elements of an AWS API request signature", AWS Identity and Access Management User Guide.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scribepass.errors import (
    ScopeMismatch,
    SignatureExpired,
    SignatureMalformed,
    SignatureMismatch,
    SignatureNotYetValid,
    TokenExpired,
)

from .canonical import (
    TERMINATOR,
    TRANSCRIBE,
    Dialect,
    credential_scope,
    signature,
    signing_key,
    string_to_sign,
)
from .claim import Claim, read_claim
from .credentials import Credentials
from .presign import MAX_EXPIRES
from .request import SignedRequest

KeyLookup = Callable[[str, str | None], Credentials]
"""From access key id and session token to the credentials; raises `UnknownKey`."""

SKEW = timedelta(minutes=5)
"""How far clocks may differ. AWS: "Signature expired: ... is now earlier than ... (now - 5 min.)"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A signature that holds. The signature, its key and the parameters are in no ``repr``.

    ``parameters`` are the decoded query parameters that the signature covers, in the order received,
    ``headers`` the headers that it covers, by lower-case name.
    Read the request's meaning from them: what is verified is then what is used.
    """

    credentials: Credentials
    region: str
    service: str
    scope: str
    signed_at: datetime
    expires_at: datetime
    parameters: tuple[tuple[str, str], ...] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    signature: str = field(repr=False)
    signing_key: bytes = field(repr=False)


def verify(
    request: SignedRequest,
    *,
    lookup: KeyLookup,
    now: datetime,
    service: str,
    region: str | None = None,
    max_expires: int = MAX_EXPIRES,
    skew: timedelta = SKEW,
    dialect: Dialect = TRANSCRIBE,
) -> Verified:
    """Verify a request that is signed in its query or in ``Authorization``, as it was received.

    ``region`` None accepts any. A query-signed request is valid from ``skew`` before its date to
    X-Amz-Expires after it, a header-signed one ``skew`` before and after.

    Raises:
        SignatureMalformed, ScopeMismatch, UnknownKey, TokenExpired, SignatureMismatch,
            SignatureExpired, SignatureNotYetValid: checked in this order.
        ValueError: ``now`` is naive.
    """
    if now.utcoffset() is None:
        raise ValueError("now must be timezone-aware")
    claim = read_claim(request, dialect=dialect)
    if claim.expires is not None and claim.expires > max_expires:
        raise SignatureMalformed(f"X-Amz-Expires is more than {max_expires}")
    _check_scope(claim, service=service, region=region)
    credentials = lookup(claim.access_key_id, claim.token)
    if credentials.expires_at is not None and credentials.expires_at <= now:
        raise TokenExpired(expired_at=credentials.expires_at)
    scope = credential_scope(date=claim.date, region=claim.region, service=claim.service)
    key = signing_key(
        credentials.secret_access_key, date=claim.date, region=claim.region, service=claim.service
    )
    text = string_to_sign(timestamp=claim.timestamp, scope=scope, request=claim.canonical_request)
    if not hmac.compare_digest(signature(key, text), claim.signature):
        raise SignatureMismatch(canonical_request=claim.canonical_request)
    return Verified(
        credentials=credentials,
        region=claim.region,
        service=claim.service,
        scope=scope,
        signed_at=claim.signed_at,
        expires_at=_check_time(claim, now=now, skew=skew),
        parameters=claim.parameters,
        headers=claim.headers,
        signature=claim.signature,
        signing_key=key,
    )


def _check_scope(claim: Claim, *, service: str, region: str | None) -> None:
    if claim.terminator != TERMINATOR:
        raise ScopeMismatch(f"the scope ends in {claim.terminator}, not in {TERMINATOR}")
    if claim.date != claim.timestamp[:8]:
        raise ScopeMismatch("the scope's date is not the date of X-Amz-Date")
    if claim.service != service:
        raise ScopeMismatch(f"signed for service {claim.service}, not {service}")
    if region is not None and claim.region != region:
        raise ScopeMismatch(f"signed for region {claim.region}, not {region}")


def _check_time(claim: Claim, *, now: datetime, skew: timedelta) -> datetime:
    if claim.signed_at - now > skew:
        raise SignatureNotYetValid(valid_from=claim.signed_at)
    life = skew if claim.expires is None else timedelta(seconds=claim.expires)
    expires_at = claim.signed_at + life
    if now > expires_at:
        raise SignatureExpired(expired_at=expires_at)
    return expires_at
