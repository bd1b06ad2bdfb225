"""A key set (RFC 7517) as it comes over the wire: fetched within bounds, and read with suspicion."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import urllib3
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.algorithms import AllowedPublicKeys
from urllib3.exceptions import HTTPError

from .tokens import KID, json_object

__all__ = ["MAX_BODY", "MAX_KEYS", "SECONDS", "JwksFault", "Keys", "fetch", "keys_of"]

SECONDS = 2.0
"""For the whole of an exchange."""

MAX_BODY = 256 * 1024
"""Bytes; a key with its certificates has about five thousand."""

MAX_KEYS = 50

_RSA_BITS = range(2048, 16384 + 1)  # RFC 7518, 3.3; and what OpenSSL verifies with at all

_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_ALGORITHMS = {
    ("RSA", None): _RSA,
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
_HEADERS = {
    "Accept": "application/jwk-set+json, application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "scribepass",
}

Keys: TypeAlias = Mapping[tuple[str, str], AllowedPublicKeys]
"""Public keys by ``kid`` and by the algorithm that they are for."""


class JwksFault(Exception):
    """No key set came. The text says why in words of ours; nothing that the server sent is in it."""


def fetch(uri: str) -> bytes:
    """What is at ``uri``, asked for once, without redirects and without decompression.

    Takes `SECONDS` between two bytes at most; whoever calls sees to the whole (`Attempts`).

    Raises:
        JwksFault: the server cannot be reached, or answers with anything but a short 200.
    """
    try:
        with urllib3.PoolManager(1, retries=False, timeout=urllib3.Timeout(total=SECONDS)) as pool:
            answer = pool.request(
                "GET", uri, headers=_HEADERS, redirect=False, preload_content=False, decode_content=False
            )
            try:
                return _body(answer)
            finally:
                answer.close()
    except (HTTPError, OSError) as error:
        raise JwksFault(f"no answer: {type(error).__name__}") from error


def _body(answer: urllib3.BaseHTTPResponse) -> bytes:
    if answer.status != 200:
        raise JwksFault(f"answered {answer.status}")
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise JwksFault("answered compressed, which was not asked for")
    ends, body = time.monotonic() + SECONDS, bytearray()
    while piece := answer.read1(MAX_BODY, decode_content=False):
        body += piece
        if len(body) > MAX_BODY:
            raise JwksFault(f"answered more than {MAX_BODY} bytes")
        if time.monotonic() > ends:
            raise JwksFault(f"took more than {SECONDS} s")
    return bytes(body)


def keys_of(document: bytes) -> Keys:
    """Every key of a set that can verify signatures; others are passed over.

    Two that could both be meant by one ``kid`` and algorithm are passed over, too.

    Raises:
        JwksFault: it is no key set, has more than `MAX_KEYS` keys, or none that can be used.
    """
    try:
        members = json_object(document).get("keys")
    except ValueError as error:
        raise JwksFault("answered what is no JSON object") from error
    if not isinstance(members, list):
        raise JwksFault("answered what is no key set")
    if len(members) > MAX_KEYS:
        raise JwksFault(f"answered more than {MAX_KEYS} keys")
    found: dict[tuple[str, str], AllowedPublicKeys] = {}
    ambiguous = set()
    for name, key in (each for jwk in members for each in _usable(jwk)):
        if found.setdefault(name, key) != key:
            ambiguous.add(name)
    keys = {name: key for name, key in found.items() if name not in ambiguous}
    if not keys:
        raise JwksFault("answered no key that can be used")
    return keys


def _usable(jwk: object) -> Iterator[tuple[tuple[str, str], AllowedPublicKeys]]:
    if not isinstance(jwk, dict) or not _is_for_verifying(jwk):
        return
    kid, algorithms = jwk.get("kid"), _algorithms(jwk)
    if not isinstance(kid, str) or not KID.fullmatch(kid) or not algorithms:
        return
    key = _public_key(jwk, algorithms[0])
    if key is not None:
        yield from (((kid, algorithm), key) for algorithm in algorithms)


def _is_for_verifying(jwk: Mapping[str, Any]) -> bool:
    """By ``use`` and ``key_ops``. A key whose private half is published is anybody's."""
    operations = jwk.get("key_ops", ["verify"])
    is_for_it = isinstance(operations, list) and "verify" in operations
    return jwk.get("use", "sig") == "sig" and is_for_it and "d" not in jwk


def _algorithms(jwk: Mapping[str, Any]) -> tuple[str, ...]:
    kind, curve = jwk.get("kty"), jwk.get("crv")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return ()
    algorithms = _ALGORITHMS.get((kind, curve), ())
    return tuple(each for each in algorithms if jwk.get("alg", each) == each)


def _public_key(jwk: dict[str, Any], algorithm: str) -> AllowedPublicKeys | None:
    try:
        key = PyJWK(jwk, algorithm).key
    except Exception:  # noqa: BLE001 (whatever is wrong with it, it is no key)
        return None
    if isinstance(key, RSAPublicKey) and key.key_size not in _RSA_BITS:
        return None
    return key  # type: ignore[no-any-return]
