"""What a signed request claims: read and well-formed, not yet believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from scribepass.errors import SignatureMalformed

from .authentication import Authentication, read_authentication
from .canonical import (
    ALGORITHM,
    Dialect,
    TokenMode,
    canonical_path,
    canonical_query,
    canonical_request,
    encode_pairs,
)
from .request import SignedRequest

_METHOD = re.compile(r"[A-Z]+")
_TIMESTAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_CREDENTIAL = re.compile(r"([!-.0-~]+)/([0-9]{8})/([a-z0-9-]{1,64})/([a-z0-9-]{1,64})/([a-z0-9_]{1,64})")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_SECONDS = re.compile(r"[1-9][0-9]{0,8}")
# RFC 9110, 5.1; the colon is that of HTTP/2's :authority. With no other colon and no line feed, one
# canonical request cannot be read as two.
_HEADER_NAME = re.compile(r":?[a-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who signed what, and when. ``expires`` is in seconds, None for a signature in a header."""

    access_key_id: str
    token: str | None = field(repr=False)
    date: str
    region: str
    service: str
    terminator: str
    timestamp: str
    signed_at: datetime
    expires: int | None
    signature: str = field(repr=False)
    parameters: tuple[tuple[str, str], ...] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    canonical_request: str = field(repr=False)


def read_claim(request: SignedRequest, *, dialect: Dialect) -> Claim:
    """Read the claim of a request that is signed in its query or in a header.

    Raises:
        SignatureMalformed: there is no signature, there are two, or one cannot be read.
    """
    if not _METHOD.fullmatch(request.method) or not request.target.startswith("/"):
        raise SignatureMalformed("the request line is not a method and a path")
    try:
        stated = read_authentication(request, dialect=dialect)
        signed = _signed_headers(stated, dialect)
        canonical = canonical_request(
            method=request.method,
            path=canonical_path(request.path, dialect.path),
            query=canonical_query(encode_pairs(stated.parameters)),
            headers=signed,
            payload_hash=stated.payload_hash,
        )
        canonical.encode()
    except ValueError:
        # Without its context: a UnicodeError holds the text that it is about.
        raise SignatureMalformed("the request is not percent-encoded UTF-8") from None
    return _parse(stated, signed, canonical)


def _parse(stated: Authentication, signed: Mapping[str, str], canonical: str) -> Claim:
    if stated.algorithm != ALGORITHM:
        raise SignatureMalformed(f"the algorithm is not {ALGORITHM}")
    credential = _CREDENTIAL.fullmatch(stated.credential)
    if credential is None:
        raise SignatureMalformed("the credential is not id/date/region/service/aws4_request")
    if stated.expires is not None and not _SECONDS.fullmatch(stated.expires):
        raise SignatureMalformed("X-Amz-Expires is not a number of seconds")
    if not _SIGNATURE.fullmatch(stated.signature):
        raise SignatureMalformed("the signature is not 64 lower-case hexadecimal digits")
    access_key_id, date, region, service, terminator = credential.groups()
    return Claim(
        access_key_id=access_key_id,
        token=stated.token,
        date=date,
        region=region,
        service=service,
        terminator=terminator,
        timestamp=stated.timestamp,
        signed_at=_moment(stated.timestamp),
        expires=None if stated.expires is None else int(stated.expires),
        signature=stated.signature,
        parameters=stated.parameters,
        headers=signed,
        canonical_request=canonical,
    )


def _signed_headers(stated: Authentication, dialect: Dialect) -> Mapping[str, str]:
    names = stated.signed_headers.split(";")
    if names != sorted(set(names)) or not all(map(_HEADER_NAME.fullmatch, names)):
        raise SignatureMalformed("SignedHeaders are not lower-case names, sorted, each once")
    if "host" not in names and ":authority" not in names:
        raise SignatureMalformed("the host is not signed")
    # HTTP/2 sends :authority where HTTP/1.1 sends Host, and clients sign either name.
    received = dict(stated.headers)
    for name, other in (("host", ":authority"), (":authority", "host")):
        if other in stated.headers:
            received.setdefault(name, stated.headers[other])
    if not received.keys() >= set(names):
        raise SignatureMalformed("a signed header was not sent")
    in_header = stated.expires is None and stated.token is not None
    if in_header and dialect.token is TokenMode.SIGNED and "x-amz-security-token" not in names:
        raise SignatureMalformed("X-Amz-Security-Token is not signed")
    return {name: received[name] for name in names}


def _moment(timestamp: str) -> datetime:
    match = _TIMESTAMP.fullmatch(timestamp)
    if match is None:
        raise SignatureMalformed("X-Amz-Date is not YYYYMMDDTHHMMSSZ")
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise SignatureMalformed("X-Amz-Date is not a date") from None
