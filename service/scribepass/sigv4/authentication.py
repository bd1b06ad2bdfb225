"""The two places in which a request states its signature, read as text."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from scribepass.errors import SignatureMalformed

from .canonical import Dialect, TokenMode, canonical_headers, parse_query
from .presign import SIGNING_PARAMETERS
from .request import SignedRequest

_TOKEN = "X-Amz-Security-Token"  # noqa: S105
_SINGLE = (
    "authorization",
    "host",
    ":authority",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
)

# What may be declared in place of a hash. Any other declaration is one more signed header and the body
# is hashed, so that a body which is not the declared one cannot match.
_DECLARED = ("UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-EVENTS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """What is stated. ``expires`` is None in a header, ``parameters`` are those that are signed."""

    algorithm: str
    credential: str
    timestamp: str
    expires: str | None
    signed_headers: str
    signature: str = field(repr=False)
    token: str | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    parameters: tuple[tuple[str, str], ...] = field(repr=False)
    payload_hash: str


def read_authentication(request: SignedRequest, *, dialect: Dialect) -> Authentication:
    """Find the one signature of a request.

    Raises:
        SignatureMalformed: there is none, there are two, or a part of it is missing or repeated.
        ValueError: the query is not percent-encoded UTF-8.
    """
    counts = Counter(name.lower() for name, _ in request.headers)
    if any(counts[name] > 1 for name in _SINGLE):
        raise SignatureMalformed("a header that may be sent once is repeated")
    headers = canonical_headers(request.headers)
    parameters = parse_query(request.query)
    in_query = not {name for name, _ in parameters}.isdisjoint((*SIGNING_PARAMETERS, _TOKEN))
    if in_query and "authorization" in headers:
        raise SignatureMalformed("signed both in the query and in a header")
    payload_hash = hashlib.sha256(request.body).hexdigest()
    if in_query:
        return _from_query(parameters, headers, payload_hash, dialect)
    if "authorization" in headers:
        return _from_header(parameters, headers, payload_hash)
    raise SignatureMalformed("there is no signature")


def _from_query(
    parameters: list[tuple[str, str]], headers: Mapping[str, str], payload_hash: str, dialect: Dialect
) -> Authentication:
    values = dict(parameters)
    if len(values) != len(parameters):
        raise SignatureMalformed("a parameter is repeated")
    for name in SIGNING_PARAMETERS:
        if name not in values:
            raise SignatureMalformed(f"{name} is missing")
    unsigned = {"X-Amz-Signature"} if dialect.token is TokenMode.SIGNED else {"X-Amz-Signature", _TOKEN}
    return Authentication(
        algorithm=values["X-Amz-Algorithm"],
        credential=values["X-Amz-Credential"],
        timestamp=values["X-Amz-Date"],
        expires=values["X-Amz-Expires"],
        signed_headers=values["X-Amz-SignedHeaders"],
        signature=values["X-Amz-Signature"],
        token=values.get(_TOKEN),
        headers=headers,
        parameters=tuple(pair for pair in parameters if pair[0] not in unsigned),
        payload_hash=payload_hash,
    )


def _from_header(
    parameters: list[tuple[str, str]], headers: Mapping[str, str], payload_hash: str
) -> Authentication:
    algorithm, _, rest = headers["authorization"].partition(" ")
    pieces = [piece.strip(" ").partition("=") for piece in rest.split(",")]
    fields = {name: value for name, _, value in pieces}
    if len(pieces) != 3 or fields.keys() != {"Credential", "SignedHeaders", "Signature"}:
        raise SignatureMalformed("Authorization is not Credential, SignedHeaders and Signature, each once")
    if "x-amz-date" not in headers:
        raise SignatureMalformed("X-Amz-Date is missing")
    declared = headers.get("x-amz-content-sha256")
    return Authentication(
        algorithm=algorithm,
        credential=fields["Credential"],
        timestamp=headers["x-amz-date"],
        expires=None,
        signed_headers=fields["SignedHeaders"],
        signature=fields["Signature"],
        token=headers.get("x-amz-security-token"),
        headers=headers,
        parameters=tuple(parameters),
        payload_hash=declared if declared in _DECLARED else payload_hash,
    )
