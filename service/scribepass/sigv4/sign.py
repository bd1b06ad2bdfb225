"""Header signing: the signature stands in ``Authorization``."""

from __future__ import annotations

import hashlib
from datetime import datetime

from .canonical import (
    ALGORITHM,
    TRANSCRIBE,
    Dialect,
    TokenMode,
    amz_date,
    canonical_headers,
    canonical_path,
    canonical_query,
    canonical_request,
    credential_scope,
    encode_pairs,
    parse_query,
    signature,
    signing_key,
    string_to_sign,
)
from .credentials import Credentials
from .request import SignedRequest


def sign(
    request: SignedRequest,
    *,
    credentials: Credentials,
    region: str,
    service: str,
    now: datetime,
    payload_hash: str | None = None,
    dialect: Dialect = TRANSCRIBE,
) -> tuple[tuple[str, str], ...]:
    """The headers to add to ``request``. Every header that it has is signed.

    ``payload_hash`` is declared in X-Amz-Content-Sha256: a SHA-256 in hexadecimal, ``UNSIGNED-PAYLOAD``
    or ``STREAMING-AWS4-HMAC-SHA256-EVENTS``. None hashes the body and declares nothing.

    Raises:
        ValueError: ``now`` is naive, or the target has a broken escape.
    """
    timestamp = amz_date(now)
    added = [("X-Amz-Date", timestamp)]
    if payload_hash is not None:
        added.append(("X-Amz-Content-Sha256", payload_hash))
    unsigned: list[tuple[str, str]] = []
    if credentials.session_token is not None:
        place = added if dialect.token is TokenMode.SIGNED else unsigned
        place.append(("X-Amz-Security-Token", credentials.session_token))
    headers = canonical_headers([*request.headers, *added])
    canonical = canonical_request(
        method=request.method,
        path=canonical_path(request.path, dialect.path),
        query=canonical_query(encode_pairs(parse_query(request.query))),
        headers=headers,
        payload_hash=payload_hash or hashlib.sha256(request.body).hexdigest(),
    )
    date = timestamp[:8]
    scope = credential_scope(date=date, region=region, service=service)
    key = signing_key(credentials.secret_access_key, date=date, region=region, service=service)
    digest = signature(key, string_to_sign(timestamp=timestamp, scope=scope, request=canonical))
    authorization = (
        f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={';'.join(headers)}, Signature={digest}"
    )
    return (*added, *unsigned, ("Authorization", authorization))
