"""API keys: ``sp_<env>_<id>_<secret><checksum>``.

``env`` and ``id`` are in clear so that a leaked key can be traced, ``secret`` is 256 random bits in
base64url (43 characters), and the checksum (CRC-32 of all before it, 6 digits of base 62) lets a scanner
tell a key from noise. A secret that long needs no slow hash: what is kept is SHA-256 of the whole key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from scribepass.errors import Unauthenticated

from . import Caller

__all__ = ["ApiKeys", "KeyRecord", "new_key"]

SCHEME = "Bearer"
_ENV = re.compile("[a-z][a-z0-9]{0,15}")
_CALLER = re.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_KEY = re.compile(r"sp_[a-z][a-z0-9]{0,15}_(?P<id>[A-Za-z0-9]{8})_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}")
_ID = re.compile("[A-Za-z0-9]{8}")
_SHA256 = re.compile("[0-9a-f]{64}")
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_NOBODY = bytes(32)  # compared with when an id is unknown, so that the answer takes as long


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """What is kept of a key: whose it is, and the SHA-256 of its text in hexadecimal.

    Raises ValueError where a part could not have been made by `new_key`.
    """

    id: str
    env: str
    caller: str
    sha256: str
    created_at: datetime

    def __post_init__(self) -> None:
        for name, pattern in (("id", _ID), ("env", _ENV), ("caller", _CALLER), ("sha256", _SHA256)):
            if not pattern.fullmatch(getattr(self, name)):
                raise ValueError(f"{name} must match {pattern.pattern}")
        if self.created_at.utcoffset() is None:
            raise ValueError("created_at must be timezone-aware")


def new_key(env: str, *, caller: str, now: datetime | None = None) -> tuple[str, KeyRecord]:
    """A key for ``caller``: its text, which exists nowhere else from here on, and what to keep of it.

    ``env`` is a lower-case word such as ``live`` or ``local``. ValueError if it or ``caller`` is malformed.
    """
    id_ = "".join(secrets.choice(_BASE62) for _ in range(8))
    body = f"sp_{env}_{id_}_{secrets.token_urlsafe(32)}"
    text = body + _checksum(body)
    record = KeyRecord(
        id=id_, env=env, caller=caller, sha256=_digest(text).hex(), created_at=now or datetime.now(UTC)
    )
    return text, record


class ApiKeys:
    """Callers by ``Authorization: Bearer sp_…`` or ``X-API-Key: sp_…``."""

    def __init__(self, records: Iterable[KeyRecord]) -> None:
        self._known = {each.id: (bytes.fromhex(each.sha256), Caller(id=each.caller)) for each in records}

    def authenticate(self, headers: Mapping[str, str]) -> Caller | None:
        """The caller whose key it is; None without a key.

        Raises:
            Unauthenticated: the key is malformed, unknown or wrong, all alike; or there are two of them.
        """
        keys = set(_presented(headers))
        if not keys:
            return None
        if len(keys) > 1:
            raise Unauthenticated(SCHEME)
        return self._caller_of(keys.pop())

    def _caller_of(self, key: str) -> Caller:
        match = _KEY.fullmatch(key)
        if match is None or not hmac.compare_digest(_checksum(key[:-6]), key[-6:]):
            raise Unauthenticated(SCHEME)
        kept, caller = self._known.get(match["id"], (_NOBODY, None))
        if not hmac.compare_digest(_digest(key), kept) or caller is None:
            raise Unauthenticated(SCHEME)
        return caller


def _presented(headers: Mapping[str, str]) -> Iterable[str]:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.startswith("sp_"):
        yield token
    if "x-api-key" in headers:
        yield headers["x-api-key"]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits
