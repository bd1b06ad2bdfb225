"""Forged tokens: none is accepted, all are refused alike, and only the log knows why."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scribepass.callers.oidc import Oidc
from scribepass.callers.refusals import Reason
from scribepass.callers.tokens import MAX_TOKEN
from scribepass.errors import Unauthenticated
from support.clock import START, Clock
from support.logs import captured
from support.tokens import (
    AUDIENCE,
    ISSUER,
    Desk,
    access_token,
    b64,
    bearer,
    claims,
    issuer,
    jwk,
    key,
    segment,
    token,
)

OTHER_ISSUER = "https://login.example.org/"
CLOCK = Clock()
NOW = int(START.timestamp())
HEADER = {"alg": "RS256", "typ": "at+jwt", "kid": "RS256"}

GOOD = access_token(CLOCK)
GOOD_EC = access_token(CLOCK, algorithm="ES256")


def good(**changed: object) -> str:
    return access_token(CLOCK, **changed)  # type: ignore[arg-type]


def with_header(**changed: object) -> str:
    return access_token(CLOCK, header=changed)


def signed(payload: object, header: object = HEADER) -> str:
    """Whatever they are, with a signature that holds."""
    return token(header, payload, private=key(), algorithm="RS256")


def hmac_with(secret: bytes, algorithm: str = "HS256", **header: object) -> str:
    """The classic: what everybody may know, used as a shared secret."""
    text = f"{segment({**HEADER, 'alg': algorithm, **header})}.{segment(claims(CLOCK))}"
    digest = hmac.new(secret, text.encode(), getattr(hashlib, f"sha{algorithm[2:]}")).digest()
    return f"{text}.{b64(digest)}"


def public(
    kind: PublicFormat = PublicFormat.SubjectPublicKeyInfo, encoding: Encoding = Encoding.PEM
) -> bytes:
    return bytes(key().public_key().public_bytes(encoding, kind))


def unsigned(algorithm: object, signature: str = "") -> str:
    return f"{segment({**HEADER, 'alg': algorithm})}.{segment(claims(CLOCK))}.{signature}"


def resigned(text: str, change: Callable[[bytes], bytes]) -> str:
    """With the signature changed."""
    head, _, signature = text.rpartition(".")
    raw = urlsafe_b64decode(signature + "==")
    return f"{head}.{b64(change(raw))}"


def der(raw: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))


def swapped(**changed: object) -> str:
    """Another payload under a signature that was good."""
    header, _, signature = GOOD.split(".")
    return f"{header}.{segment(claims(CLOCK, **changed))}.{signature}"


def raw_claims(**texts: str) -> str:
    """Claims as JSON text, of which some are not what json.dumps would write."""
    members = {name: json.dumps(value) for name, value in claims(CLOCK).items()} | texts
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in members.items()) + "}"


def not_canonical(text: str, part: int) -> str:
    """With bits set that base64 does not need: other text, the same bytes."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    parts = text.split(".")
    assert len(parts[part]) % 4, "no spare bits in this one"
    parts[part] = parts[part][:-1] + alphabet[alphabet.index(parts[part][-1]) | 1]
    return ".".join(parts)


def spare(part: int) -> str:
    """A good token, one part of which has spare bits in its base64, and has one of them set."""
    for length in range(1, 9):
        text = access_token(CLOCK, sub="u" * length, header={"x": "y" * length})
        encoded = text.split(".")[part]
        if len(encoded) % 4 and (changed := not_canonical(text, part)) != text:
            return changed
    raise AssertionError("no such token")


ROGUE = key(number=9)
A = Reason.ALGORITHM
H = Reason.HEADER
S = Reason.SIGNATURE
M = Reason.MALFORMED
C = Reason.CLAIMS

SIGNATURES = [
    ("none", A, lambda: unsigned("none", "x")),
    ("none capital", A, lambda: unsigned("None", "x")),
    ("nOnE", A, lambda: unsigned("nOnE", "x")),
    ("none without signature", M, lambda: unsigned("none")),
    ("alg empty", A, lambda: unsigned("", "x")),
    ("alg null", A, lambda: unsigned(None, "x")),
    ("alg list", A, lambda: unsigned(["RS256"], "x")),
    ("alg object", A, lambda: unsigned({"RS256": 1}, "x")),
    ("alg with a space", A, lambda: with_header(alg="RS256 ")),
    ("alg in lower case", A, lambda: with_header(alg="rs256")),
    ("no alg", A, lambda: with_header(alg=...)),
    ("HS256 over PEM", A, lambda: hmac_with(public())),
    ("HS256 over PEM without its last line feed", A, lambda: hmac_with(public().rstrip())),
    ("HS256 over PKCS1 PEM", A, lambda: hmac_with(public(PublicFormat.PKCS1))),
    ("HS256 over DER", A, lambda: hmac_with(public(encoding=Encoding.DER))),
    ("HS256 over JWK", A, lambda: hmac_with(json.dumps(jwk(key(), "RS256")).encode())),
    ("HS384 over PEM", A, lambda: hmac_with(public(), "HS384")),
    ("HS512 over PEM", A, lambda: hmac_with(public(), "HS512")),
    ("HS256 with nothing", A, lambda: hmac_with(b"")),
    ("HMAC that says RS256", S, lambda: hmac_with(public(), alg="RS256")),
    ("PS256 with the key of RS256", A, lambda: good(algorithm="PS256", kid="RS256", private=key())),
    (
        "PSS signature that says RS256",
        S,
        lambda: good(algorithm="PS256", kid="RS256", header={"alg": "RS256"}),
    ),
    ("RS512 of an issuer without it", A, lambda: good(algorithm="RS512", kid="RS256", private=key())),
    ("key of another curve", Reason.UNKNOWN_KEY, lambda: good(algorithm="ES256", kid="ES384")),
    ("signed on another curve", S, lambda: good(algorithm="ES384", kid="ES256", header={"alg": "ES256"})),
    ("RSA key for a curve", Reason.UNKNOWN_KEY, lambda: good(algorithm="ES256", kid="RS256")),
    ("curve's key for RSA", Reason.UNKNOWN_KEY, lambda: good(kid="ES256")),
    ("another key of that name", S, lambda: good(private=ROGUE)),
    ("another curve key of that name", S, lambda: good(algorithm="ES256", private=key("ES256", number=9))),
    ("a key of another issuer", Reason.UNKNOWN_KEY, lambda: good(kid="of-other", private=key(number=5))),
    ("signature stripped", M, lambda: GOOD.rpartition(".")[0] + "."),
    ("signature cut", S, lambda: resigned(GOOD, lambda raw: raw[:-1])),
    ("signature of one byte", S, lambda: resigned(GOOD, lambda raw: raw[:1])),
    ("signature longer", S, lambda: resigned(GOOD, lambda raw: raw + b"\0")),
    ("signature with a zero before", S, lambda: resigned(GOOD, lambda raw: b"\0" + raw)),
    (
        "signature with one bit changed",
        S,
        lambda: resigned(GOOD, lambda raw: raw[:-1] + bytes([raw[-1] ^ 1])),
    ),
    ("signature of zeros", S, lambda: resigned(GOOD, lambda raw: bytes(len(raw)))),
    ("signature of another token", S, lambda: GOOD.rpartition(".")[0] + "." + good(sub="x").split(".")[2]),
    ("ECDSA in DER", S, lambda: resigned(GOOD_EC, der)),
    ("ECDSA of r = 0, s = 0", S, lambda: resigned(GOOD_EC, lambda raw: bytes(len(raw)))),
    ("ECDSA of r = 0", S, lambda: resigned(GOOD_EC, lambda raw: bytes(32) + raw[32:])),
    ("ECDSA of s = n", S, lambda: resigned(GOOD_EC, lambda raw: raw[:32] + b"\xff" * 32)),
    ("ECDSA cut", S, lambda: resigned(GOOD_EC, lambda raw: raw[:63])),
    ("ECDSA twice", S, lambda: resigned(GOOD_EC, lambda raw: raw + raw)),
    ("payload swapped", S, lambda: swapped(sub="admin")),
    ("payload with a space more", S, lambda: GOOD.replace(GOOD.split(".")[1], segment(" " + raw_claims()))),
]

HEADERS = [
    ("crit", H, lambda: with_header(crit=["exp"])),
    ("crit unknown", H, lambda: with_header(crit=["x"], x=1)),
    ("crit empty", H, lambda: with_header(crit=[])),
    ("b64 false", H, lambda: with_header(b64=False)),
    ("b64 false and crit", H, lambda: with_header(b64=False, crit=["b64"])),
    ("b64 true", H, lambda: with_header(b64=True)),
    ("zip", H, lambda: with_header(zip="DEF")),
    ("enc", H, lambda: with_header(enc="A128GCM")),
    ("nested", H, lambda: with_header(cty="JWT")),
    ("no kid", Reason.KID, lambda: with_header(kid=...)),
    ("kid number", Reason.KID, lambda: with_header(kid=7)),
    ("kid list", Reason.KID, lambda: with_header(kid=["RS256"])),
    ("kid empty", Reason.KID, lambda: with_header(kid="")),
    ("kid long", Reason.KID, lambda: with_header(kid="x" * 129)),
    ("kid with a line feed", Reason.KID, lambda: with_header(kid="RS256\n")),
    ("kid with NUL", Reason.KID, lambda: with_header(kid="RS256\0")),
    ("kid not ASCII", Reason.KID, lambda: with_header(kid="RS２56")),
    ("kid a path", Reason.UNKNOWN_KEY, lambda: with_header(kid="../../../../dev/null")),
    ("kid SQL", Reason.UNKNOWN_KEY, lambda: with_header(kid="x' UNION SELECT 'RS256")),
    ("kid a command", Reason.UNKNOWN_KEY, lambda: with_header(kid="|touch /tmp/x")),
    ("kid an address", Reason.UNKNOWN_KEY, lambda: with_header(kid="https://evil.example.com/key")),
    ("kid unknown", Reason.UNKNOWN_KEY, lambda: good(kid="nobody's")),
    ("jku", S, lambda: good(private=ROGUE, header={"jku": "https://evil.example.com/jwks"})),
    ("x5u", S, lambda: good(private=ROGUE, header={"x5u": "https://evil.example.com/cert"})),
    ("jwk", S, lambda: good(private=ROGUE, header={"jwk": jwk(ROGUE, "RS256")})),
    ("x5c", S, lambda: good(private=ROGUE, header={"x5c": ["MIIB"]})),
    ("jwk and a kid of its own", Reason.UNKNOWN_KEY, lambda: good(
        private=ROGUE, kid="rogue", header={"jwk": jwk(ROGUE, "rogue"), "jku": "https://evil.example.com/"})),
    ("typ of an ID token", Reason.TYP, lambda: with_header(typ="JWT")),
    ("typ of a logout token", Reason.TYP, lambda: with_header(typ="logout+jwt")),
    ("no typ", Reason.TYP, lambda: with_header(typ=...)),
    ("typ list", Reason.TYP, lambda: with_header(typ=["at+jwt"])),
    ("typ that ends in at+jwt", Reason.TYP, lambda: with_header(typ="x/at+jwt")),
]  # fmt: skip

CLAIMS = [
    ("another audience", Reason.AUDIENCE, lambda: good(aud="https://other.example.com")),
    ("audience as a prefix", Reason.AUDIENCE, lambda: good(aud=AUDIENCE + ".evil.example.com")),
    ("audience as a substring", Reason.AUDIENCE, lambda: good(aud=AUDIENCE[:-1])),
    ("audience in capitals", Reason.AUDIENCE, lambda: good(aud=AUDIENCE.upper())),
    ("audience list of others", Reason.AUDIENCE, lambda: good(aud=["a", "b"])),
    ("audience list empty", Reason.AUDIENCE, lambda: good(aud=[])),
    ("audience list with a number", Reason.AUDIENCE, lambda: good(aud=[AUDIENCE, 7])),
    ("audience object", Reason.AUDIENCE, lambda: good(aud={AUDIENCE: 1})),
    ("audience null", Reason.AUDIENCE, lambda: good(aud=None)),
    ("no audience", Reason.AUDIENCE, lambda: good(aud=...)),
    ("ID token of the same client", Reason.TYP, lambda: good(header={"typ": "JWT"}, aud="web-app")),
    ("ID token that says at+jwt", Reason.ID_TOKEN, lambda: good(at_hash="x")),
    ("ID token with c_hash", Reason.ID_TOKEN, lambda: good(c_hash="x")),
    ("another issuer", Reason.UNKNOWN_ISSUER, lambda: good(iss="https://evil.example.com/")),
    ("issuer as a prefix", Reason.UNKNOWN_ISSUER, lambda: good(iss=ISSUER + "evil")),
    ("issuer as a substring", Reason.UNKNOWN_ISSUER, lambda: good(iss=ISSUER[:-1])),
    ("issuer by a prefix of the host", Reason.UNKNOWN_ISSUER, lambda: good(iss="https://login.example.com.evil/")),
    ("issuer in capitals", Reason.UNKNOWN_ISSUER, lambda: good(iss=ISSUER.upper())),
    ("issuer with a line feed", Reason.UNKNOWN_ISSUER, lambda: good(iss=ISSUER + "\n")),
    ("issuer with a surrogate", Reason.UNKNOWN_ISSUER, lambda: good(iss="\ud800")),
    ("issuer list", C, lambda: good(iss=[ISSUER])),
    ("issuer object", C, lambda: good(iss={"a": ISSUER})),
    ("no issuer", C, lambda: good(iss=...)),
    ("a key of this issuer for another", Reason.UNKNOWN_KEY, lambda: good(iss=OTHER_ISSUER)),
    ("expired", Reason.EXPIRED, lambda: good(exp=NOW - 30)),
    ("expired long ago", Reason.EXPIRED, lambda: good(exp=NOW - 10**6)),
    ("expired, in a fraction", Reason.EXPIRED, lambda: good(exp=NOW - 30.5)),
    ("not yet valid", Reason.NOT_YET_VALID, lambda: good(nbf=NOW + 31)),
    ("issued in the future", Reason.NOT_YET_VALID, lambda: good(iat=NOW + 31)),
    ("issued in the future, valid before", Reason.NOT_YET_VALID, lambda: good(iat=NOW + 31, nbf=NOW - 60)),
    ("no exp", C, lambda: good(exp=...)),
    ("no iat", C, lambda: good(iat=...)),
    ("no sub", Reason.SUBJECT, lambda: good(sub=...)),
    ("no scope", Reason.SCOPE, lambda: good(scope=...)),
    *[
        (f"{name} {label}", C, lambda name=name, value=value: good(**{name: value}))
        for name in ("exp", "iat", "nbf")
        for label, value in {
            "text": "1e9", "digits": str(NOW + 60), "true": True, "null": None, "list": [NOW + 60],
            "object": {}, "negative": -NOW, "zero": 0, "huge": 10**400, "of the year 10000": 253_402_300_800,
        }.items()
    ],
    ("exp NaN", M, lambda: signed(raw_claims(exp="NaN"))),
    ("exp Infinity", M, lambda: signed(raw_claims(exp="Infinity"))),
    ("exp 1e999", C, lambda: signed(raw_claims(exp="1e999"))),
    ("exp of 5,000 digits", M, lambda: signed(raw_claims(exp="9" * 5000))),
    ("exp twice", M, lambda: signed(raw_claims()[:-1] + f',"exp":{NOW + 60}' + "}")),
    ("sub twice", M, lambda: signed(raw_claims()[:-1] + ',"sub":"admin"}')),
    ("iss twice", M, lambda: signed(raw_claims()[:-1] + f',"iss":"{ISSUER}"' + "}")),
    ("a name twice inside", M, lambda: signed(raw_claims(act='{"sub":"a","sub":"b"}'))),
    ("sub empty", Reason.SUBJECT, lambda: good(sub="")),
    ("sub long", Reason.SUBJECT, lambda: good(sub="u" * 256)),
    ("sub number", Reason.SUBJECT, lambda: good(sub=7)),
    ("sub list", Reason.SUBJECT, lambda: good(sub=["admin"])),
    ("sub with a line feed", Reason.SUBJECT, lambda: good(sub="user\nadmin")),
    ("sub with NUL", Reason.SUBJECT, lambda: good(sub="user\0")),
    ("sub not ASCII", Reason.SUBJECT, lambda: good(sub="üser")),
    ("sub with a surrogate", Reason.SUBJECT, lambda: good(sub="\ud800")),
    ("scope of another", Reason.SCOPE, lambda: good(scope="openid")),
    ("scope as a substring", Reason.SCOPE, lambda: good(scope="transcribe.read xtranscribe")),
    ("scope with a tab between", Reason.SCOPE, lambda: good(scope="openid\ttranscribe")),
    ("scope number", Reason.SCOPE, lambda: good(scope=7)),
    ("scope list with a number", Reason.SCOPE, lambda: good(scope=["transcribe", 7])),
    ("scope null beside scp", Reason.SCOPE, lambda: good(scope=None, scp=["transcribe"])),
]  # fmt: skip

SHAPES = [
    ("too long", Reason.TOO_LONG, lambda: good(padding="x" * MAX_TOKEN)),
    ("a megabyte", Reason.TOO_LONG, lambda: f"{'A' * 500_000}.{'A' * 500_000}.A"),
    ("deep header", M, lambda: signed(claims(CLOCK), "[" * 5000)),
    ("deep payload", M, lambda: signed('{"a":' * 1100)),
    ("deep payload, whole", M, lambda: signed('{"a":' + "[" * 1100 + "]" * 1100 + "}")),
    ("header list", M, lambda: signed(claims(CLOCK), [HEADER])),
    ("header text", M, lambda: signed(claims(CLOCK), '"RS256"')),
    ("header no JSON", M, lambda: signed(claims(CLOCK), "{alg:RS256}")),
    ("header in UTF-16", M, lambda: signed(claims(CLOCK), json.dumps(HEADER).encode("utf-16"))),
    ("header with alg twice", M, lambda: signed(claims(CLOCK), '{"alg":"none","alg":"RS256","kid":"RS256"}')),
    ("payload list", M, lambda: signed([claims(CLOCK)])),
    ("payload null", M, lambda: signed("null")),
    ("payload not UTF-8", M, lambda: signed(b'{"iss":"\xff"}')),
    ("payload overlong UTF-8", M, lambda: signed(b'{"iss":"\xc0\xaf"}')),
    ("payload with a byte order mark", M, lambda: signed("\ufeff" + raw_claims())),
    ("payload with something behind", M, lambda: signed(raw_claims() + "{}")),
    ("empty parts", M, lambda: ".."),
    ("no header", M, lambda: "." + GOOD.partition(".")[2]),
    ("no payload", M, lambda: GOOD.split(".")[0] + ".." + GOOD.split(".")[2]),
    ("padding", M, lambda: GOOD + "=="),
    ("padding of the header", M, lambda: GOOD.replace(".", "=.", 1)),
    ("white space before", M, lambda: " " + GOOD),
    ("white space behind", M, lambda: GOOD + " "),
    ("line feed behind", M, lambda: GOOD + "\n"),
    ("tab inside", M, lambda: GOOD.replace(".", ".\t", 1)),
    ("NUL behind", M, lambda: GOOD + "\0"),
    ("letter that is not ASCII", M, lambda: GOOD[:-1] + "Ａ"),
    ("alphabet of base64", M, lambda: GOOD[:-2] + "+/"),
    ("length that base64 has not", M, lambda: "AAAAA" + GOOD[GOOD.index("."):]),
    ("header with spare bits", S, lambda: spare(0)),
    ("payload with spare bits", S, lambda: spare(1)),
    ("signature with spare bits", S, lambda: spare(2)),
    ("two parts", None, lambda: GOOD.rpartition(".")[0]),
    ("four parts", None, lambda: GOOD + ".x"),
    ("JWE of five parts", None, lambda: ".".join([segment({"alg": "RSA-OAEP", "enc": "A128GCM"}), *"abcd"])),
    ("two tokens", None, lambda: f"{GOOD}, Bearer {GOOD}"),
    ("nothing", None, lambda: ""),
]  # fmt: skip

FORGED = [*SIGNATURES, *HEADERS, *CLAIMS, *SHAPES]


@pytest.fixture(scope="module")
def desks() -> dict[str, Desk]:
    """What is published where. Both issuers have keys of each other's types."""
    ours = [jwk(key(alg), alg) for alg in ("RS256", "ES256", "ES384")]
    return {
        "https://forged.example.com/jwks": Desk(*ours),
        "https://forged.example.org/jwks": Desk(jwk(key(number=5), "of-other")),
    }


@pytest.fixture(scope="module")
def oidc(desks: dict[str, Desk]) -> Iterator[Oidc]:
    both = [
        issuer(jwks_uri="https://forged.example.com/jwks"),
        issuer(name="other", issuer=OTHER_ISSUER, jwks_uri="https://forged.example.org/jwks"),
    ]
    made = Oidc(both, clock=CLOCK, fetch=lambda uri: desks[uri].fetch(uri), monotonic=CLOCK.monotonic)
    yield made
    made.close()


def test_what_they_are_forged_from_is_accepted(oidc: Oidc) -> None:
    """Else a refusal of them would say nothing."""
    for text in (GOOD, GOOD_EC, signed(claims(CLOCK)), signed(raw_claims())):
        caller = oidc.authenticate(bearer(text))
        assert caller is not None
        assert caller.id == "corp|user-7"


def test_there_are_enough_of_them() -> None:
    """No id twice, and the number that was promised."""
    assert len({name for name, _, _ in FORGED}) == len(FORGED) >= 60
    assert {reason for _, reason, _ in FORGED} >= set(Reason) - {
        *(Reason.TOO_OLD, Reason.CLIENT, Reason.TOKEN_USE, Reason.FAULT)
    }


@pytest.mark.parametrize(
    ("reason", "forge"), [pytest.param(reason, forge, id=name) for name, reason, forge in FORGED]
)
def test_a_forged_token_is_refused(
    oidc: Oidc, desks: dict[str, Desk], reason: Reason | None, forge: Callable[[], str]
) -> None:
    """By the same error, whatever is wrong; what has not three parts is no token at all, and knows nobody.

    The log has the reason and nothing of the token, and no address is asked but those of the settings.
    """
    text = forge()
    with captured("debug") as lines:
        if reason is None:
            assert oidc.authenticate(bearer(text)) is None
            return
        with pytest.raises(Unauthenticated) as raised:
            oidc.authenticate(bearer(text))
    assert type(raised.value) is Unauthenticated
    assert (raised.value.scheme, str(raised.value)) == ("Bearer", "a valid credential is required")
    assert raised.value.__cause__ is raised.value.__context__ is None
    (line,) = lines.named("token_refused")
    assert line["reason"] == reason.value
    assert line.keys() == {"timestamp", "level", "event", "part", "source", "reason"}
    assert all({uri} >= set(desk.asked) for uri, desk in desks.items())
    assert all(len(desk.asked) <= 2 for desk in desks.values())
