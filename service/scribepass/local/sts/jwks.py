"""Key sets (RFC 7517) of identity providers, and whether one of their keys made a signature (RFC 7515).

RS256 and ES256 on P-256, which are what AWS takes. This is a check for local tests, of keys that their owner
has put in a file: nothing is fetched.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

__all__ = ["KeySet", "decode"]

_P256_BYTES = 32

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def decode(text: str) -> bytes:
    """Decode base64url without padding; ValueError if it is none."""
    try:
        return b64decode((text + "=" * (-len(text) % 4)).encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise ValueError("not base64url") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """Public keys by their ``kid``."""

    keys: Mapping[str, PublicKey] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> KeySet:
        """Read a key set; keys of other kinds are left out. ValueError if it is none, or nothing is left."""
        document = json.loads(text)
        listed = document.get("keys", ()) if isinstance(document, dict) else ()
        found = {str(each.get("kid")): _public(each) for each in listed if isinstance(each, dict)}
        keys = {kid: key for kid, key in found.items() if key is not None}
        if not keys:
            raise ValueError("there is no RSA or P-256 key in the key set")
        return cls(keys=keys)

    def verifies(self, *, kid: object, algorithm: object, data: bytes, signature: bytes) -> bool | None:
        """Whether the key named ``kid`` signed ``data`` by this algorithm; None if there is no such key."""
        key = self.keys.get(str(kid))
        if key is None:
            return None
        try:
            if isinstance(key, rsa.RSAPublicKey) and algorithm == "RS256":
                key.verify(signature, data, padding.PKCS1v15(), SHA256())
                return True
            if isinstance(key, ec.EllipticCurvePublicKey) and algorithm == "ES256":
                key.verify(_der(signature), data, ec.ECDSA(SHA256()))
                return True
        except InvalidSignature:
            pass
        return False


def _public(key: Mapping[str, Any]) -> PublicKey | None:
    try:
        if key.get("kty") == "RSA":
            return rsa.RSAPublicNumbers(e=_integer(key["e"]), n=_integer(key["n"])).public_key()
        if key.get("kty") == "EC" and key.get("crv") == "P-256":
            numbers = ec.EllipticCurvePublicNumbers(_integer(key["x"]), _integer(key["y"]), ec.SECP256R1())
            return numbers.public_key()
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("a key lacks its numbers") from error
    return None


def _integer(text: str) -> int:
    return int.from_bytes(decode(text), "big")


def _der(signature: bytes) -> bytes:
    """The form of an ES256 signature that libraries verify; what has another length fits nothing."""
    if len(signature) != 2 * _P256_BYTES:
        return b""
    r, s = signature[:_P256_BYTES], signature[_P256_BYTES:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
