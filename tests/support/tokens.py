"""Keys of token issuers, key sets, and tokens: good ones, and whatever else bytes can be."""

import functools
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

from scribepass.callers.issuers import Issuer
from scribepass.callers.jwks import JwksFault
from support.clock import Clock

ISSUER = "https://login.example.com/"
AUDIENCE = "https://scribepass.example.com"
PATIENCE = 10.0

_ALGORITHMS = get_default_algorithms()
_CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


def key(algorithm: str = "RS256", *, number: int = 0, bits: int = 2048) -> Any:
    """A private key for ``algorithm``, always the same one. All RSA keys serve RS and PS alike."""
    return _key("RSA" if algorithm[:2] in {"RS", "PS"} else algorithm, number, bits)


@functools.cache
def _key(kind: str, _number: int, bits: int) -> Any:
    if kind == "RSA":
        return rsa.generate_private_key(public_exponent=65537, key_size=bits)
    if kind == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(_CURVES[kind]())


def jwk(private: Any, kid: object, **members: object) -> dict[str, object]:
    """The public half as a JWK; members that are None are left out."""
    kind = {rsa.RSAPrivateKey: "RS256", ed25519.Ed25519PrivateKey: "EdDSA"}
    name = next((alg for each, alg in kind.items() if isinstance(private, each)), "ES256")
    public = _ALGORITHMS[name].to_jwk(private.public_key(), as_dict=True)
    found = {**public, "kid": kid, "use": "sig", **members}
    return {name: value for name, value in found.items() if value is not None}


def key_set(*keys: object) -> bytes:
    """A key set document."""
    return json.dumps({"keys": list(keys)}).encode()


def b64(data: bytes | str) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def segment(content: object) -> str:
    """A header or payload: what is not text or bytes already becomes JSON."""
    return b64(content if isinstance(content, str | bytes) else json.dumps(content))


def sign(text: str, *, private: Any, algorithm: str) -> bytes:
    """The signature of ``text``, in the form that JWS has it."""
    return bytes(_ALGORITHMS[algorithm].sign(text.encode(), private))


def token(header: object, payload: object, *, private: Any, algorithm: str) -> str:
    """Both of them, as they are, signed."""
    text = f"{segment(header)}.{segment(payload)}"
    return f"{text}.{b64(sign(text, private=private, algorithm=algorithm))}"


def claims(clock: Clock, **changed: object) -> dict[str, object]:
    """Claims of a good access token; members that are ... are left out."""
    now = int(clock().timestamp())
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "user-7",
        "iat": now - 10,
        "exp": now + 600,
        "scope": "openid transcribe",
        "client_id": "web-app",
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not ...}


def access_token(
    clock: Clock,
    *,
    algorithm: str = "RS256",
    kid: object = None,
    private: Any = None,
    header: Mapping[str, object] | None = None,
    **changed: object,
) -> str:
    """A good access token, with claims or header members changed; ... leaves one out."""
    members = {"alg": algorithm, "typ": "at+jwt", "kid": kid or algorithm, **(header or {})}
    return token(
        {name: value for name, value in members.items() if value is not ...},
        claims(clock, **changed),
        private=private or key(algorithm),
        algorithm=algorithm,
    )


def bearer(text: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"authorization": f"Bearer {text}"}


def issuer(**changed: Any) -> Issuer:
    """An issuer whose access tokens `access_token` makes."""
    good = {
        "name": "corp",
        "issuer": ISSUER,
        "jwks_uri": "https://login.example.com/jwks",
        "audience": [AUDIENCE],
        "algorithms": ["RS256", "ES256"],
        "required_scopes": ["transcribe"],
    }
    return Issuer.model_validate({**good, **changed})


class Desk:
    """Where a key set is fetched: it answers what it is told to, counts, fails, and can be held up."""

    def __init__(self, *keys: object) -> None:
        self.document = key_set(*keys)
        self.fault: Exception | None = None
        self.asked: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def fetch(self, uri: str) -> bytes:
        self.asked.append(uri)
        document, fault = self.document, self.fault
        self.entered.set()
        assert self.gate.wait(PATIENCE)
        if fault is not None:
            raise fault
        return document

    def publish(self, *keys: object) -> None:
        self.document = key_set(*keys)

    def die(self) -> None:
        self.fault = JwksFault("no answer: NewConnectionError")

    def revive(self) -> None:
        self.fault = None
