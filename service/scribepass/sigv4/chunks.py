"""Signed events: each event of a stream is signed together with the signature before it.

Pure bytes: what the event stream calls ``:date`` and ``:chunk-signature`` are arguments and results here.
Source: "Setting up an HTTP/2 stream", Amazon Transcribe Developer Guide. It prints a first line without
``-PAYLOAD`` since 2022; every SDK, and the service, use it with.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
from datetime import UTC, datetime, timedelta

from scribepass.errors import SignatureExpired, SignatureMismatch, SignatureNotYetValid

from .canonical import amz_date, credential_scope, signature, signing_key
from .credentials import Credentials
from .verify import SKEW

_ALGORITHM = "AWS4-HMAC-SHA256-PAYLOAD"
_SEED = re.compile("[0-9a-f]{64}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class _Chain:
    """The signatures of one stream. ``prior`` is the last one, at first that of the request."""

    def __init__(self, credentials: Credentials, *, region: str, service: str, seed_signature: str) -> None:
        if not _SEED.fullmatch(seed_signature):
            raise ValueError("seed_signature must be 64 lower-case hexadecimal digits")
        self.prior = seed_signature
        self._secret = credentials.secret_access_key
        self._region = region
        self._service = service
        self._date = ""
        self._key = b""

    def string_to_sign(self, *, date: datetime, payload: bytes) -> str:
        timestamp = amz_date(date)
        scope = credential_scope(date=timestamp[:8], region=self._region, service=self._service)
        # The encoded header that is signed: name length, name, type 8, milliseconds.
        header = b"\x05:date\x08" + struct.pack(">q", (date - _EPOCH) // _MILLISECOND)
        hashes = f"{hashlib.sha256(header).hexdigest()}\n{hashlib.sha256(payload).hexdigest()}"
        return f"{_ALGORITHM}\n{timestamp}\n{scope}\n{self.prior}\n{hashes}"

    def signature(self, text: str, *, date: datetime) -> str:
        day = amz_date(date)[:8]  # the event's own: a stream may pass midnight
        if day != self._date:
            self._key = signing_key(self._secret, date=day, region=self._region, service=self._service)
            self._date = day
        return signature(self._key, text)


class ChunkSigner:
    """Signs the events of one stream in their order. ``seed_signature`` is the request's, in hexadecimal."""

    def __init__(
        self, credentials: Credentials, *, region: str, service: str = "transcribe", seed_signature: str
    ) -> None:
        self._chain = _Chain(credentials, region=region, service=service, seed_signature=seed_signature)

    def sign(self, *, date: datetime, payload: bytes) -> bytes:
        """The ``:chunk-signature`` (32 bytes) of an event whose ``:date`` is ``date``, in milliseconds.

        ``payload`` is the whole inner message; the event that ends the stream has an empty one.
        """
        text = self._chain.string_to_sign(date=date, payload=payload)
        self._chain.prior = self._chain.signature(text, date=date)
        return bytes.fromhex(self._chain.prior)


class ChunkVerifier:
    """Verifies the events of one stream in their order; the counterpart of `ChunkSigner`."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        region: str,
        service: str = "transcribe",
        seed_signature: str,
        skew: timedelta = SKEW,
    ) -> None:
        self._chain = _Chain(credentials, region=region, service=service, seed_signature=seed_signature)
        self._skew = skew

    def verify(self, *, date: datetime, signature: bytes, payload: bytes, now: datetime) -> None:
        """Accept the next event, or raise and stay where the chain was.

        Raises:
            SignatureMismatch: not signed with this key after the last accepted event. Its
                ``canonical_request`` is the string to sign.
            SignatureExpired, SignatureNotYetValid: ``date`` is further from ``now`` than clocks may differ.
        """
        text = self._chain.string_to_sign(date=date, payload=payload)
        expected = self._chain.signature(text, date=date)
        if not hmac.compare_digest(bytes.fromhex(expected), signature):
            raise SignatureMismatch(canonical_request=text)
        if now - date > self._skew:
            raise SignatureExpired(expired_at=date + self._skew)
        if date - now > self._skew:
            raise SignatureNotYetValid(valid_from=date)
        self._chain.prior = expected
