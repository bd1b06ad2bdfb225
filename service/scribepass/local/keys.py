"""Who may sign: one static key pair, and temporary credentials that carry everything known of them.

A session token is ``base64(version ‖ HMAC-SHA256 ‖ zlib(JSON))``. Nothing is stored: whoever has the signing
secret can issue and check them, so a restart, or a second server, goes on where the first one was.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import zlib
from dataclasses import asdict
from datetime import UTC, datetime

from scribepass.errors import UnknownKey
from scribepass.sigv4.credentials import Credentials

from .principal import Principal

__all__ = ["ACCOUNT", "STATIC_ACCESS_KEY_ID", "STATIC_SECRET_ACCESS_KEY", "Keys", "Principal"]

ACCOUNT = "123456789012"

# Not a secret: it opens nothing but a server on one's own machine. "/" and "+" catch bad encoding.
STATIC_ACCESS_KEY_ID = "AKIALOCALSCRIBEPASS2"
STATIC_SECRET_ACCESS_KEY = "local/scribepass+local/scribepass+local/"  # noqa: S105

_VERSION = b"\x01"
_MAC_BYTES = 32
_MAX_TOKEN = 8192  # of text; a session policy of 2048 characters fits twice


_STATIC_PRINCIPAL = Principal(arn=f"arn:aws:iam::{ACCOUNT}:user/scribepass", user_id="AIDALOCALSCRIBEPASS2")


class Keys:
    """Issues credentials and looks them up. ``signing_secret`` None makes one that ends with this object."""

    def __init__(self, signing_secret: bytes | None = None) -> None:
        self._secret = signing_secret or secrets.token_bytes(32)

    def issue(self, principal: Principal, *, expires_at: datetime) -> Credentials:
        """Return new temporary credentials of ``principal``. Their life is cut to whole seconds."""
        access_key_id = "ASIA" + base64.b32encode(secrets.token_bytes(10)).decode()
        expires_at = expires_at.replace(microsecond=0)
        claims = {"key": access_key_id, "expires": int(expires_at.timestamp()), **asdict(principal)}
        packed = zlib.compress(json.dumps(claims, separators=(",", ":")).encode())
        token = base64.b64encode(_VERSION + self._mac(b"token", _VERSION + packed) + packed).decode()
        return self._credentials(access_key_id, token, expires_at)

    def lookup(self, access_key_id: str, session_token: str | None) -> Credentials:
        """Return the credentials behind a key id and token, expired or not; :class:`UnknownKey` if none."""
        if session_token is None:
            if access_key_id != STATIC_ACCESS_KEY_ID:
                raise UnknownKey("no such access key, or its session token is missing")
            return Credentials(access_key_id=STATIC_ACCESS_KEY_ID, secret_access_key=STATIC_SECRET_ACCESS_KEY)
        key, expires_at, _ = self._open(session_token)
        if key != access_key_id:
            raise UnknownKey("the session token belongs to another access key")
        return self._credentials(access_key_id, session_token, expires_at)

    def principal(self, credentials: Credentials) -> Principal:
        """Say whose ``credentials`` these are. They came from :meth:`lookup` or :meth:`issue`."""
        if credentials.session_token is None:
            return _STATIC_PRINCIPAL
        return self._open(credentials.session_token)[2]

    def _credentials(self, access_key_id: str, token: str, expires_at: datetime) -> Credentials:
        secret = base64.b64encode(self._mac(b"secret", access_key_id.encode())[:30]).decode()
        return Credentials(
            access_key_id=access_key_id,
            secret_access_key=secret,
            session_token=token,
            expires_at=expires_at,
        )

    def _mac(self, purpose: bytes, data: bytes) -> bytes:
        return hmac.digest(self._secret, purpose + b"\0" + data, hashlib.sha256)

    def _open(self, token: str) -> tuple[str, datetime, Principal]:
        try:
            sealed = base64.b64decode(token, validate=True) if len(token) <= _MAX_TOKEN else b""
        except (binascii.Error, ValueError):
            sealed = b""
        version, mac, packed = sealed[:1], sealed[1 : 1 + _MAC_BYTES], sealed[1 + _MAC_BYTES :]
        genuine = hmac.compare_digest(mac, self._mac(b"token", version + packed))
        # The last character of base64 has bits that decode to nothing: one token, one spelling.
        if version != _VERSION or not genuine or base64.b64encode(sealed).decode() != token:
            raise UnknownKey("the session token was not issued here")
        claims = json.loads(zlib.decompress(packed))
        key, expires = claims.pop("key"), claims.pop("expires")
        return key, datetime.fromtimestamp(expires, UTC), Principal.from_claims(claims)
