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
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from scribepass.errors import Unauthenticated

from . import ANONYMOUS, Caller

__all__ = ["KEY", "ApiKeys", "KeyRecord", "is_key", "new_key"]

KEY = re.compile(r"sp_[a-z][a-z0-9]{0,15}_(?P<id>[A-Za-z0-9]{8})_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}")
"""The form of a key. A scanner searches for it, then asks `is_key` of what it found."""

SCHEME = "Bearer"
_ENV = re.compile("[a-z][a-z0-9]{0,15}")
_CALLER = re.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_ID = re.compile("[A-Za-z0-9]{8}")
_SHA256 = re.compile("[0-9a-f]{64}")
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """What is kept of a key: whose it is, and the SHA-256 of its text in hexadecimal.

    It is good until ``expires_at``, exclusive; None is without end. Raises ValueError where a part could not
    have been made by `new_key`.
    """

    id: str
    env: str
    caller: str
    sha256: str
    created_at: datetime
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        for name, pattern in (("id", _ID), ("env", _ENV), ("caller", _CALLER), ("sha256", _SHA256)):
            if not pattern.fullmatch(getattr(self, name)):
                raise ValueError(f"{name} must match {pattern.pattern}")
        for name, time in (("created_at", self.created_at), ("expires_at", self.expires_at)):
            if time is not None and time.utcoffset() is None:
                raise ValueError(f"{name} must be timezone-aware")

    def is_live(self, *, now: datetime) -> bool:
        """Whether the key has not expired."""
        return self.expires_at is None or now < self.expires_at


def new_key(
    env: str, *, caller: str, now: datetime | None = None, expires_at: datetime | None = None
) -> tuple[str, KeyRecord]:
    """A key for ``caller``: its text, which exists nowhere else from here on, and what to keep of it.

    ``env`` is a lower-case word such as ``live`` or ``local``. ValueError if it or ``caller`` is malformed.
    """
    if caller == ANONYMOUS.id:
        raise ValueError(f"caller must not be {caller}: that is who has no key")
    id_ = "".join(secrets.choice(_BASE62) for _ in range(8))
    body = f"sp_{env}_{id_}_{secrets.token_urlsafe(32)}"
    text = body + _checksum(body)
    record = KeyRecord(
        id=id_,
        env=env,
        caller=caller,
        sha256=_digest(text).hex(),
        created_at=now or datetime.now(UTC),
        expires_at=expires_at,
    )
    return text, record


def is_key(text: str) -> bool:
    """Whether ``text`` has the form of a key and the checksum that belongs to it. It may be nobody's."""
    return KEY.fullmatch(text) is not None and hmac.compare_digest(_checksum(text[:-6]), text[-6:])


def _utcnow() -> datetime:
    return datetime.now(UTC)


class _Kept(NamedTuple):
    """What a presented key is held against."""

    digest: bytes
    expires_at: datetime
    caller: Caller | None


_NOBODY = _Kept(digest=bytes(32), expires_at=_NEVER, caller=None)


class ApiKeys:
    """Callers by ``Authorization: Bearer sp_…`` or ``X-API-Key: sp_…``.

    A refusal takes as long as any other, and says as little: malformed, unknown, wrong and expired keys get
    the same work and the same error.
    """

    def __init__(self, records: Iterable[KeyRecord], *, clock: Callable[[], datetime] = _utcnow) -> None:
        self._clock = clock
        self._kept = {
            each.id: _Kept(
                digest=bytes.fromhex(each.sha256),
                expires_at=each.expires_at or _NEVER,
                caller=Caller(id=each.caller, key_id=each.id),
            )
            for each in records
        }

    def authenticate(self, headers: Mapping[str, str]) -> Caller | None:
        """The caller whose key it is; None without a key.

        Raises:
            Unauthenticated: the key is malformed, unknown, wrong or expired, all alike; or there are two.
        """
        keys = set(_presented(headers))
        if not keys:
            return None
        if len(keys) > 1:
            raise Unauthenticated(SCHEME)
        return self._caller_of(keys.pop())

    def _caller_of(self, key: str) -> Caller:
        match = KEY.fullmatch(key)
        kept = self._kept.get(match["id"] if match else "", _NOBODY)
        # No operand is skipped, so that the answer takes as long whichever of them is false.
        good = (
            is_key(key) & hmac.compare_digest(_digest(key), kept.digest) & (self._clock() < kept.expires_at)
        )
        if not good or kept.caller is None:
            raise Unauthenticated(SCHEME)
        return kept.caller


def _presented(headers: Mapping[str, str]) -> Iterable[str]:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.startswith("sp_"):
        yield token
    if "x-api-key" in headers:
        yield headers["x-api-key"]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits
