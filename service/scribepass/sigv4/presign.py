"""Presigned URLs: the signature, and all that is needed to check it, stand in the query.

Source: "Setting up a WebSocket stream", Amazon Transcribe Developer Guide.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from .canonical import (
    ALGORITHM,
    EMPTY_SHA256,
    TRANSCRIBE,
    Dialect,
    TokenMode,
    amz_date,
    canonical_headers,
    canonical_query,
    canonical_request,
    credential_scope,
    signature,
    signing_key,
    string_to_sign,
    uri_encode,
)
from .credentials import Credentials
from .url import parse_endpoint, parse_parameters

MAX_EXPIRES = 300
"""Seconds. Transcribe refuses a URL that claims a longer life."""

SIGNING_PARAMETERS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)
"""What a signature puts into the query, beside the session token where there is one."""


class _Day(NamedTuple):
    """What stays the same from one UTC midnight to the next."""

    date: str
    scope: str
    key: hmac.HMAC  # keyed once: a copy costs less than keying another
    prefix: str


class Presigner:
    """Presigns URLs with one set of credentials. Safe to share between threads.

    It keeps what does not change between requests: the key and the scope of the day, the encoded token.
    """

    __slots__ = (
        "_appended",
        "_credentials",
        "_day",
        "_dialect",
        "_max_expires",
        "_region",
        "_service",
        "_token",
    )

    def __init__(
        self,
        credentials: Credentials,
        *,
        region: str,
        service: str = "transcribe",
        max_expires: int = MAX_EXPIRES,
        dialect: Dialect = TRANSCRIBE,
    ) -> None:
        self._credentials = credentials
        self._region = region
        self._service = service
        self._max_expires = max_expires
        self._dialect = dialect
        token = credentials.session_token
        encoded = f"&X-Amz-Security-Token={uri_encode(token)}" if token else ""
        signed = dialect.token is TokenMode.SIGNED
        self._token, self._appended = (encoded, "") if signed else ("", encoded)
        self._day = self._derive("")

    def __repr__(self) -> str:
        return f"Presigner({self._credentials!r}, region={self._region!r}, service={self._service!r})"

    def presign(
        self,
        url: str,
        *,
        now: datetime,
        expires: int,
        method: str = "GET",
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> str:
        """Sign ``url`` for ``expires`` seconds from ``now``. Its query comes out sorted and encoded once.

        ``url`` is ws, wss, http or https, its names and values percent-encoded. The host is signed as
        clients send it: lower-case, with its port unless that is the scheme's default. Whoever opens
        the URL must use ``method`` and send ``headers`` and ``body`` too.

        Raises:
            ValueError: ``expires`` is not an integer from 1 to ``max_expires``; ``now`` is naive; the
                URL has a user, a fragment, a repeated name or a name that begins with X-Amz-.
        """
        if type(expires) is not int or not 1 <= expires <= self._max_expires:
            raise ValueError(f"expires must be an integer from 1 to {self._max_expires}")
        base, _, query = url.partition("?")
        endpoint = parse_endpoint(base, self._dialect.path)
        signed, names = {"host": endpoint.host}, "host"
        if headers:
            signed = canonical_headers([*signed.items(), *headers])
            names = uri_encode(";".join(signed))
        timestamp = amz_date(now)
        day = self._day
        if day.date != timestamp[:8]:
            # Two threads may derive the same new day; each assigns a whole one.
            day = self._day = self._derive(timestamp[:8])
        pieces = parse_parameters(query)
        # All X-Amz parameters as one piece: they are in order among themselves, and no other name sorts
        # between them, because none begins with X-Amz-.
        pieces["X-Amz-Algorithm"] = (
            f"{day.prefix}{timestamp}&X-Amz-Expires={expires}{self._token}&X-Amz-SignedHeaders={names}"
        )
        query = canonical_query(pieces.items())
        request = canonical_request(
            method=method,
            path=endpoint.path,
            query=query,
            headers=signed,
            payload_hash=hashlib.sha256(body).hexdigest() if body else EMPTY_SHA256,
        )
        text = string_to_sign(timestamp=timestamp, scope=day.scope, request=request)
        return f"{endpoint.url}?{query}{self._appended}&X-Amz-Signature={signature(day.key, text)}"

    def _derive(self, date: str) -> _Day:
        scope = credential_scope(date=date, region=self._region, service=self._service)
        credential = uri_encode(f"{self._credentials.access_key_id}/{scope}")
        secret = self._credentials.secret_access_key
        key = signing_key(secret, date=date, region=self._region, service=self._service)
        prefix = f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={credential}&X-Amz-Date="
        return _Day(date, scope, hmac.new(key, digestmod="sha256"), prefix)


def presign(
    url: str,
    *,
    credentials: Credentials,
    region: str,
    service: str = "transcribe",
    now: datetime,
    expires: int,
    max_expires: int = MAX_EXPIRES,
    dialect: Dialect = TRANSCRIBE,
) -> str:
    """Sign one URL, as `Presigner.presign` does; a `Presigner` is faster for many."""
    signer = Presigner(credentials, region=region, service=service, max_expires=max_expires, dialect=dialect)
    return signer.presign(url, now=now, expires=expires)
