"""AssumeRoleWithWebIdentity: tokens of an identity provider for credentials, without keys of one's own."""

import asyncio
import json
import subprocess
import sys
import textwrap
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import botocore.config
import botocore.exceptions
import pytest
from botocore import UNSIGNED
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256

from scribepass.local.server import LocalAws
from support.local_sts import SESSION, call, client, keys_of
from support.stack import environment
from support.streaming import Clock, local_aws
from support.tokens import jwk, key, key_set, segment, token

ISSUER = "https://login.example.com/realm"
HOST = "login.example.com/realm"
ROLE = "arn:aws:iam::123456789012:role/web"
SUBJECT = "system:serviceaccount:web:page"
TAGS = "https://aws.amazon.com/tags"
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
Claims = dict[str, Any]
Refusal = tuple[str, str, int]

TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{HOST}"},
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        "Condition": {
            "StringEquals": {f"{HOST}:aud": "sts.amazonaws.com"},
            "StringLike": {f"{HOST}:sub": "system:serviceaccount:web:*"},
        },
    },
}
ROLES = f"""
[[roles]]
name = "web"
trust = '''{json.dumps(TRUST)}'''

[[roles]]
name = "ordinary"

[[providers]]
issuer = "{ISSUER}"
audiences = ["sts.amazonaws.com", "other"]
subjects = ["system:serviceaccount:*"]
jwks_file = "jwks.json"

[[providers]]
issuer = "https://unchecked.example.com"
audiences = ["sts.amazonaws.com"]
"""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def open_(clock: Clock) -> AsyncIterator[LocalAws]:
    """A server without a file of roles."""
    async with local_aws(clock=clock) as local:
        yield local


@pytest.fixture
async def strict(clock: Clock, tmp_path: Path) -> AsyncIterator[LocalAws]:
    """One with roles, and a provider with two keys."""
    (tmp_path / "roles.toml").write_text(ROLES)
    (tmp_path / "jwks.json").write_bytes(
        key_set(jwk(key("RS256"), "rsa"), jwk(key("ES256"), "ec"), jwk(key("EdDSA"), "ed"))
    )
    async with local_aws(clock=clock, roles=tmp_path / "roles.toml") as local:
        yield local


def claims(clock: Clock, **changed: object) -> Claims:
    """Those of a good token; members that are ... are left out."""
    now = int(clock().timestamp())
    good = {"iss": ISSUER, "aud": "sts.amazonaws.com", "sub": SUBJECT, "iat": now, "exp": now + 600}
    return {name: value for name, value in {**good, **changed}.items() if value is not ...}


def unsigned(clock: Clock, **changed: object) -> str:
    return f"{segment({'alg': 'none'})}.{segment(claims(clock, **changed))}."


def signed(clock: Clock, *, algorithm: str = "RS256", kid: str = "rsa", **changed: object) -> str:
    header = {"alg": algorithm, "kid": kid}
    return token(header, claims(clock, **changed), private=key(algorithm), algorithm=algorithm)


def asker(local: LocalAws) -> Any:
    """A client that has no keys."""
    config = botocore.config.Config(
        signature_version=UNSIGNED, retries={"total_max_attempts": 1}, parameter_validation=False
    )
    return SESSION.client("sts", endpoint_url=local.url, config=config)


async def exchanged(local: LocalAws, text: str, **changed: object) -> dict[str, Any]:
    parameters = {"RoleArn": ROLE, "RoleSessionName": "pod", "WebIdentityToken": text, **changed}
    return await call(asker(local), "assume_role_with_web_identity", **parameters)


async def refused(local: LocalAws, text: str, **changed: object) -> Refusal:
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        await exchanged(local, text, **changed)
    response = raised.value.response
    return (
        response["Error"]["Code"],
        response["Error"]["Message"],
        response["ResponseMetadata"]["HTTPStatusCode"],
    )


async def test_without_a_file_any_token_is_taken(open_: LocalAws, clock: Clock) -> None:
    """Whoever issued it, signed or not; the answer says what was read from it, and its keys work."""
    policy = {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    answer = await exchanged(
        open_,
        unsigned(clock, aud=["one", "two"]),
        ProviderId=HOST,
        DurationSeconds=900,
        Policy=json.dumps(policy),
    )
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert (answer["Audience"], answer["Provider"]) == ("one", ISSUER)
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::123456789012:assumed-role/web/pod"
    assert answer["PackedPolicySize"] > 0
    assert (answer["Credentials"]["Expiration"] - clock()).total_seconds() == pytest.approx(900, abs=1)
    identity = await call(client(open_, keys_of(answer)), "get_caller_identity")
    assert identity["Arn"] == answer["AssumedRoleUser"]["Arn"]


@pytest.mark.parametrize(("algorithm", "kid"), [("RS256", "rsa"), ("ES256", "ec")])
async def test_with_a_provider(strict: LocalAws, clock: Clock, algorithm: str, kid: str) -> None:
    """A token that its key has signed, for an audience of it, about one of its subjects."""
    text = signed(clock, algorithm=algorithm, kid=kid, aud=["else", "sts.amazonaws.com"])
    answer = await exchanged(strict, text)
    assert (answer["Audience"], answer["SubjectFromWebIdentityToken"]) == ("sts.amazonaws.com", SUBJECT)


async def test_a_provider_without_keys(strict: LocalAws, clock: Clock) -> None:
    """Its signatures are not looked at; the trust policy of the role is."""
    text = unsigned(clock, iss="https://unchecked.example.com")
    assert (await refused(strict, text))[0] == "AccessDenied"


NO_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements"
)


def invalid(message: str) -> Refusal:
    return "InvalidIdentityToken", message, 400


HEADER = segment({"alg": "none"})
NO_TOKENS = {
    "no dots": "opaque",
    "two parts": f"{HEADER}.{HEADER}",
    "four parts": f"{HEADER}.{HEADER}.a.b",
    "no base64": f"{HEADER}.!.",
    "base64 of another alphabet": f"{HEADER}.+/+/.",
    "not ASCII": f"{HEADER}.é.",
    "no JSON": f"{HEADER}.{segment('{')}.",
    "a list": f"{HEADER}.{segment([])}.",
    "a header that is a list": f"{segment([])}.{HEADER}.",
    "too deep": f"{HEADER}.{segment('[' * 5000)}.",
}


@pytest.mark.parametrize("text", NO_TOKENS.values(), ids=NO_TOKENS)
async def test_what_is_no_token(open_: LocalAws, text: str) -> None:
    """It is refused as AWS refuses it."""
    assert await refused(open_, text) == invalid(NO_JWT)


CLAIMS: dict[str, tuple[Claims, Refusal]] = {
    "no issuer": ({"iss": ...}, invalid("Missing a required claim: iss")),
    "no subject": ({"sub": ""}, invalid("Missing a required claim: sub")),
    "a subject that is a number": ({"sub": 7}, invalid("Missing a required claim: sub")),
    "a subject that no XML can say": ({"sub": "\ud800"}, invalid(NO_JWT)),
    "no audience": ({"aud": ...}, invalid("Missing a required claim: aud")),
    "an empty audience": ({"aud": []}, invalid("Missing a required claim: aud")),
    "no end": ({"exp": ...}, invalid("Missing a required claim: exp")),
    "an end that is text": ({"exp": "9999999999"}, invalid("Missing a required claim: exp")),
    "an end that is no number": ({"exp": float("nan")}, invalid("Missing a required claim: exp")),
    "no end ever": ({"exp": float("inf")}, invalid("Missing a required claim: exp")),
    "a truth": ({"exp": True}, invalid("Missing a required claim: exp")),
    "not yet": ({"nbf": 99_999_999_999}, invalid("The token is not valid yet")),
    "tags of no kind": ({TAGS: 7}, invalid(f"{TAGS} is not what it has to be")),
    "principal tags of no kind": (
        {TAGS: {"principal_tags": []}},
        invalid(f"{TAGS} is not what it has to be"),
    ),
    "a tag without values": (
        {TAGS: {"principal_tags": {"a": 7}}},
        invalid(f"{TAGS} is not what it has to be"),
    ),
    "a transitive tag that is none": (
        {TAGS: {"transitive_tag_keys": ["team"]}},
        (
            "InvalidParameterValue",
            "The specified transitive tag key must be included in the requested tags.",
            400,
        ),
    ),
}


@pytest.mark.parametrize(("changed", "expected"), CLAIMS.values(), ids=CLAIMS)
async def test_claims(open_: LocalAws, clock: Clock, changed: Claims, expected: Refusal) -> None:
    """What a token has to say, whoever issued it."""
    assert await refused(open_, unsigned(clock, **changed)) == expected


async def test_an_expired_token(open_: LocalAws, clock: Clock) -> None:
    """It ends at its second, with the code that tells a client to get another."""
    now = int(clock().timestamp())
    assert await exchanged(open_, unsigned(clock, exp=now + 1))
    message = f"Token expired: current date/time {now} must be before the expiration date/time {now}"
    assert await refused(open_, unsigned(clock, exp=now)) == ("ExpiredTokenException", message, 400)


async def test_a_session_that_the_token_describes(open_: LocalAws, clock: Clock) -> None:
    """Tags and source identity that a provider puts into its token are those of the session."""
    text = unsigned(
        clock,
        **{
            TAGS: {"principal_tags": {"team": ["red"], "cost": ["7"]}, "transitive_tag_keys": ["team"]},
            SOURCE_IDENTITY: "alice",
        },
    )
    answer = await exchanged(open_, text)
    assert answer["SourceIdentity"] == "alice"
    keys = open_._sts._keys
    principal = keys.principal(keys.lookup(*keys_of(answer)[::2]))
    assert (principal.tags, principal.transitive) == ((("team", "red"), ("cost", "7")), ("team",))
    code, message, _ = await refused(open_, unsigned(clock, **{SOURCE_IDENTITY: "a b"}))
    assert code == "ValidationError"
    assert "at 'sourceIdentity'" in message


NOT_AUTHORIZED = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
PROVIDER: dict[str, tuple[Claims, Claims, Refusal]] = {
    "another issuer": (
        {"iss": "https://else.example.com"},
        {},
        invalid("No OpenIDConnect provider found in your account for https://else.example.com"),
    ),
    "another provider": (
        {},
        {"ProviderId": "www.amazon.com"},
        invalid("No OpenIDConnect provider found in your account for https://www.amazon.com"),
    ),
    "another audience": ({"aud": "else"}, {}, invalid("Incorrect token audience")),
    "a subject that the provider does not speak for": (
        {"sub": "user:me"},
        {},
        ("IDPRejectedClaim", "The identity provider rejected the claim: sub", 403),
    ),
    "an audience that the role does not trust": ({"aud": "other"}, {}, NOT_AUTHORIZED),
    "a subject that the role does not trust": (
        {"sub": "system:serviceaccount:else:page"},
        {},
        NOT_AUTHORIZED,
    ),
    "a role that trusts its account only": ({}, {"RoleArn": ROLE.replace("web", "ordinary")}, NOT_AUTHORIZED),
    "a role that does not exist": ({}, {"RoleArn": ROLE.replace("web", "else")}, NOT_AUTHORIZED),
    "a role of another account": ({}, {"RoleArn": ROLE.replace("1234", "4321")}, NOT_AUTHORIZED),
    "a source identity that the role does not trust": (
        {SOURCE_IDENTITY: "alice"},
        {},
        ("AccessDenied", "Not authorized to perform sts:SetSourceIdentity", 403),
    ),
    "too long": (
        {},
        {"DurationSeconds": 3601},
        (
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            400,
        ),
    ),
    "expired": (
        {"exp": 1_700_000_000},
        {},
        ("ExpiredTokenException", "must be before the expiration date/time 1700000000", 400),
    ),
}


@pytest.mark.parametrize(("changed", "parameters", "expected"), PROVIDER.values(), ids=PROVIDER)
async def test_what_a_provider_and_a_role_take(
    strict: LocalAws, clock: Clock, changed: Claims, parameters: Claims, expected: Refusal
) -> None:
    """Each with AWS's code for it."""
    code, message, status = await refused(strict, signed(clock, **changed), **parameters)
    assert (code, status) == (expected[0], expected[2])
    assert message.endswith(expected[1])


def altered(text: str, part: int) -> str:
    """Another first character of a part, which is still base64."""
    parts = text.split(".")
    parts[part] = ("B" if parts[part][0] != "B" else "C") + parts[part][1:]
    return ".".join(parts)


def other_payload(clock: Clock) -> str:
    header, _, signature = signed(clock).split(".")
    return f"{header}.{segment(claims(clock, sub='system:serviceaccount:web:else'))}.{signature}"


def der(clock: Clock) -> str:
    """ES256 as libraries write it, not as RFC 7518 has it."""
    text = f"{segment({'alg': 'ES256', 'kid': 'ec'})}.{segment(claims(clock))}"
    raw = key("ES256").sign(text.encode(), ECDSA(SHA256()))
    return f"{text}.{urlsafe_b64encode(raw).rstrip(b'=').decode()}"


MISMATCH = "The signature of the token does not match"
FORGED = {
    "another signature": (lambda clock: altered(signed(clock), 2), MISMATCH),
    "another payload": (other_payload, MISMATCH),
    "no signature": (lambda clock: signed(clock).rpartition(".")[0] + ".", MISMATCH),
    "another key": (
        lambda clock: token(
            {"alg": "RS256", "kid": "rsa"},
            claims(clock),
            private=key("RS256", number=1),
            algorithm="RS256",
        ),
        MISMATCH,
    ),
    "the algorithm none": (
        lambda clock: f"{segment({'alg': 'none', 'kid': 'rsa'})}.{segment(claims(clock))}.",
        MISMATCH,
    ),
    "an algorithm of another key": (lambda clock: signed(clock, kid="ec"), MISMATCH),
    "an algorithm that AWS does not take": (
        lambda clock: signed(clock, algorithm="RS512"),
        MISMATCH,
    ),
    "ES256 in DER": (der, MISMATCH),
    "a key that is not in the set": (lambda clock: signed(clock, kid="else"), NO_KEY),
    "a key of a kind that AWS does not take": (
        lambda clock: signed(clock, algorithm="EdDSA", kid="ed"),
        NO_KEY,
    ),
    "no key": (unsigned, NO_KEY),
}


@pytest.mark.parametrize(("forge", "message"), FORGED.values(), ids=FORGED)
async def test_a_forged_token(strict: LocalAws, clock: Clock, forge: Any, message: str) -> None:
    """What the provider's key has not signed is nothing."""
    assert await refused(strict, forge(clock)) == invalid(message)


CHAIN = """
    import boto3
    sts = boto3.Session().client("sts")
    print(sts.get_caller_identity()["Arn"])
"""


async def test_boto3s_own_chain(tmp_path: Path) -> None:
    """A token in a file, a role, and where STS is, all from the environment, as in a pod on EKS."""
    async with local_aws() as local:
        (tmp_path / "token").write_text(unsigned(Clock()))
        settings = environment(
            HOME=str(tmp_path),
            AWS_DEFAULT_REGION="eu-west-1",
            AWS_ROLE_ARN=ROLE,
            AWS_ROLE_SESSION_NAME="pod",
            AWS_WEB_IDENTITY_TOKEN_FILE=str(tmp_path / "token"),
            AWS_ENDPOINT_URL_STS=local.url,
            AWS_EC2_METADATA_DISABLED="true",
        )
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", textwrap.dedent(CHAIN)],
            env=settings,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "arn:aws:sts::123456789012:assumed-role/web/pod"
