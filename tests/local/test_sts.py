"""The local STS, asked by boto3 itself over loopback."""

import hashlib
import json
import random
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import httpx
import pytest
from botocore.credentials import Credentials as BotoCredentials

from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY, Keys
from scribepass.local.limits import Limits
from scribepass.local.server import LocalAws
from scribepass.local.sts import Sts
from scribepass.local.sts.shapes import INPUTS
from scribepass.sigv4 import SignedRequest
from support.local_sts import call, client, fault, keys_of
from support.signing import botocore_sign
from support.streaming import STATIC, Clock, local_aws, utcnow
from support.tokens import segment

ROLE = "arn:aws:iam::210987654321:role/path/vend"
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def local(clock: Clock) -> AsyncIterator[LocalAws]:
    async with local_aws(clock=clock) as local:
        yield local


async def test_who_am_i(local: LocalAws) -> None:
    """The static pair is a user of account 123456789012."""
    answer = await call(client(local), "get_caller_identity")
    assert answer["Account"] == "123456789012"
    assert answer["Arn"] == "arn:aws:iam::123456789012:user/scribepass"
    assert (
        answer["ResponseMetadata"]["RequestId"]
        == answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
    )


async def test_assume_role(local: LocalAws, clock: Clock) -> None:
    """Credentials for an hour, for the role in its own account, and they work."""
    answer = await call(
        client(local), "assume_role", RoleArn=ROLE, RoleSessionName="me", Policy=POLICY, SourceIdentity="you"
    )
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::210987654321:assumed-role/vend/me"
    assert answer["Credentials"]["Expiration"] == clock.now.replace(microsecond=0) + timedelta(hours=1)
    assert 0 < answer["PackedPolicySize"] <= 100
    assert answer["SourceIdentity"] == "you"
    identity = await call(client(local, keys_of(answer)), "get_caller_identity")
    assert (identity["Account"], identity["Arn"]) == ("210987654321", answer["AssumedRoleUser"]["Arn"])
    assert identity["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]


async def test_tags(local: LocalAws) -> None:
    """Tags and source identity are sealed in the session, and count in its packed size."""
    tags = [{"Key": f"scribepass:{number}", "Value": "a b" * number} for number in range(3)]
    plain = await call(client(local), "assume_role", RoleArn=ROLE, RoleSessionName="me", Policy=POLICY)
    answer = await call(
        client(local),
        "assume_role",
        RoleArn=ROLE,
        RoleSessionName="me",
        Policy=POLICY,
        SourceIdentity="you",
        Tags=tags,
    )
    assert answer["PackedPolicySize"] > plain["PackedPolicySize"]
    keys = local._sts._keys
    key, _, token = keys_of(answer)
    principal = keys.principal(keys.lookup(key, token))
    assert principal.tags == tuple((tag["Key"], tag["Value"]) for tag in tags)
    assert (principal.source_identity, principal.session_policy) == ("you", POLICY)


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        pytest.param([("a", "1"), ("A", "2")], "InvalidParameterValue", id="twice, but for case"),
        pytest.param([("aws:a", "1")], "InvalidParameterValue", id="a reserved prefix"),
        pytest.param([("", "1")], "ValidationError", id="no key"),
        pytest.param([("k" * 129, "1")], "ValidationError", id="a long key"),
        pytest.param([("k", "1" * 257)], "ValidationError", id="a long value"),
        pytest.param([("k", "a&b")], "ValidationError", id="a value with another character"),
        pytest.param([(f"k{number}", "1") for number in range(51)], "ValidationError", id="51"),
        pytest.param(
            [(f"k{number}", "1" * 256) for number in range(9)], "PackedPolicyTooLarge", id="too much"
        ),
    ],
)
async def test_tags_that_are_refused(local: LocalAws, tags: list[tuple[str, str]], code: str) -> None:
    """What AWS's service model and its documentation say of them."""
    wanted = [{"Key": key, "Value": value} for key, value in tags]
    refused, _, status = await fault(
        client(local), "assume_role", RoleArn=ROLE, RoleSessionName="me", Tags=wanted
    )
    assert (refused, status) == (code, 400)


async def test_get_session_token(local: LocalAws, clock: Clock) -> None:
    """The same user for twelve hours, or as long as was asked."""
    answer = await call(client(local), "get_session_token")
    assert answer["Credentials"]["Expiration"] == clock.now.replace(microsecond=0) + timedelta(hours=12)
    answer = await call(client(local), "get_session_token", DurationSeconds=900)
    assert answer["Credentials"]["Expiration"] == clock.now.replace(microsecond=0) + timedelta(minutes=15)
    identity = await call(client(local, keys_of(answer)), "get_caller_identity")
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/scribepass"


async def test_chaining_is_limited_to_an_hour(local: LocalAws) -> None:
    """Whoever comes with temporary credentials gets one hour at most, and no session token."""
    sts = client(local, keys_of(await call(client(local), "get_session_token")))
    assert await call(sts, "assume_role", RoleArn=ROLE, RoleSessionName="me", DurationSeconds=3600)
    assert await fault(sts, "assume_role", RoleArn=ROLE, RoleSessionName="me", DurationSeconds=3601) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        400,
    )
    assert await fault(sts, "get_session_token") == (
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
        403,
    )
    assert await call(
        client(local), "assume_role", RoleArn=ROLE, RoleSessionName="me", DurationSeconds=43_200
    )


async def test_a_session_policy_holds_for_sts_too(local: LocalAws) -> None:
    """A role session whose policy does not allow sts:AssumeRole may not."""
    session = await call(client(local), "assume_role", RoleArn=ROLE, RoleSessionName="me", Policy=POLICY)
    code, message, status = await fault(
        client(local, keys_of(session)), "assume_role", RoleArn=ROLE, RoleSessionName="me"
    )
    assert (code, status) == ("AccessDenied", 403)
    assert message == (
        "User: arn:aws:sts::210987654321:assumed-role/vend/me is not authorized to perform: "
        f"sts:AssumeRole on resource: {ROLE}"
    )


def broken(value: str, at: str, constraint: str) -> str:
    """AWS's words for a value that breaks a constraint."""
    return f"Value {value} at '{at}' failed to satisfy constraint: Member must {constraint}"


def invalid(*faults: str) -> tuple[str, str]:
    number = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected"
    return "ValidationError", f"{number}: {'; '.join(faults)}"


NAME_PATTERN = r"satisfy regular expression pattern: [\w+=,.@-]*"
SHORT_NAME = broken("'a'", "roleSessionName", "have length greater than or equal to 2")

REFUSED: dict[str, tuple[dict[str, object], tuple[str, str]]] = {
    "role arn missing": ({"RoleArn": None}, invalid(broken("null", "roleArn", "not be null"))),
    "role arn short": (
        {"RoleArn": "arn"},
        invalid(broken("'arn'", "roleArn", "have length greater than or equal to 20")),
    ),
    "role arn of a user": (
        {"RoleArn": "arn:aws:iam::123456789012:user/me"},
        ("ValidationError", "Request ARN is invalid"),
    ),
    "role arn with eleven digits": (
        {"RoleArn": "arn:aws:iam::12345678901:role/me"},
        ("ValidationError", "Request ARN is invalid"),
    ),
    "session name with a slash": (
        {"RoleSessionName": "a/b"},
        invalid(broken("'a/b'", "roleSessionName", NAME_PATTERN)),
    ),
    "session name short": ({"RoleSessionName": "a"}, invalid(SHORT_NAME)),
    "session name long": (
        {"RoleSessionName": "a" * 65},
        invalid(broken(f"'{'a' * 65}'", "roleSessionName", "have length less than or equal to 64")),
    ),
    "too short a life": (
        {"DurationSeconds": 899},
        invalid(broken("'899'", "durationSeconds", "have value greater than or equal to 900")),
    ),
    "too long a life": (
        {"DurationSeconds": 43_201},
        invalid(broken("'43201'", "durationSeconds", "have value less than or equal to 43200")),
    ),
    "a life that is no number": (
        {"DurationSeconds": "1e3"},
        invalid(broken("'1e3'", "durationSeconds", "be an integer")),
    ),
    "source identity": (
        {"SourceIdentity": "a b"},
        invalid(broken("'a b'", "sourceIdentity", NAME_PATTERN)),
    ),
    "two faults": (
        {"RoleSessionName": "a", "DurationSeconds": 1},
        invalid(SHORT_NAME, broken("'1'", "durationSeconds", "have value greater than or equal to 900")),
    ),
    "policy too long": (
        {"Policy": "x" * 2049},
        invalid(broken(f"'{'x' * 2049}'", "policy", "have length less than or equal to 2048")),
    ),
    "policy not JSON": (
        {"Policy": "{"},
        ("MalformedPolicyDocument", "The policy is not in the valid JSON format."),
    ),
    "policy with another effect": (
        {"Policy": POLICY.replace("Allow", "Maybe")},
        ("MalformedPolicyDocument", "Syntax errors in policy."),
    ),
    "a managed policy that is not described": (
        {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]},
        (
            "MalformedPolicyDocument",
            "The policy arn:aws:iam::aws:policy/ReadOnlyAccess does not exist.",
        ),
    ),
    "eleven managed policies": (
        {"PolicyArns": [{"arn": f"arn:aws:iam::aws:policy/P{number}"} for number in range(11)]},
        invalid(
            "Value at 'policyArns' failed to satisfy constraint: "
            "Member must have length less than or equal to 10"
        ),
    ),
    "a source identity of AWS": (
        {"SourceIdentity": "aws:me"},
        invalid(broken("'aws:me'", "sourceIdentity", NAME_PATTERN)),
    ),
    "a device": (
        {"SerialNumber": "arn:aws:iam::123456789012:mfa/me", "TokenCode": "123456"},
        ("UnsupportedParameter", "The local STS does not act on SerialNumber."),
    ),
    "a size of token": (
        {"MinimumSessionTokenSize": 4096},
        ("UnsupportedParameter", "The local STS does not act on MinimumSessionTokenSize."),
    ),
    "contexts": (
        {
            "ProvidedContexts": [
                {"ProviderArn": "arn:aws:iam::aws:contextProvider/x", "ContextAssertion": "abcd"}
            ]
        },
        ("UnsupportedParameter", "The local STS does not act on ProvidedContexts."),
    ),
}


@pytest.mark.parametrize(("parameters", "expected"), REFUSED.values(), ids=REFUSED)
async def test_validation(local: LocalAws, parameters: dict[str, object], expected: tuple[str, str]) -> None:
    """What the service model forbids is refused with AWS's words; botocore itself lets it through."""
    given = {"RoleArn": ROLE, "RoleSessionName": "me", **parameters}
    given = {name: value for name, value in given.items() if value is not None}
    assert (await fault(client(local), "assume_role", **given))[:2] == expected


async def test_wrong_key(local: LocalAws) -> None:
    """An unknown key id, a token that was tampered with, or one that is missing."""
    key, secret, token = keys_of(await call(client(local), "get_session_token"))
    unknown = ("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    for keys in [
        ("AKIAIOSFODNN7EXAMPLE", secret, None),
        (key, secret, None),
        (key, secret, token[:-8] + "AAAAAAA="),
        (STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY, token),
    ]:
        assert await fault(client(local, keys), "get_caller_identity") == unknown


async def test_wrong_secret(local: LocalAws) -> None:
    """The right key id with another secret."""
    keys = (STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY[::-1], None)
    code, message, status = await fault(client(local, keys), "get_caller_identity")
    assert (code, status) == ("SignatureDoesNotMatch", 403)
    assert message.startswith(
        "The request signature we calculated does not match the signature you provided."
    )


async def test_expired_token(local: LocalAws, clock: Clock) -> None:
    """Credentials end at their expiration, to the second."""
    keys = keys_of(await call(client(local), "get_session_token", DurationSeconds=900))
    clock.move(seconds=899)
    sts = client(local, keys)
    shifted(sts, clock)
    assert await call(sts, "get_caller_identity")
    clock.move(seconds=1)
    assert await fault(sts, "get_caller_identity") == (
        "ExpiredToken",
        "The security token included in the request is expired",
        403,
    )


async def test_clocks_that_differ(local: LocalAws, clock: Clock) -> None:
    """Five minutes either way; then the answer says both times, and its Date header lets SDKs correct."""
    sts = client(local)
    clock.move(minutes=6)
    code, message, status = await fault(sts, "get_caller_identity")
    assert (code, status) == ("SignatureDoesNotMatch", 403)
    assert message.startswith("Signature expired: ")
    assert message.endswith(f"({clock.now:%Y%m%dT%H%M%SZ} - 5 min.)")
    clock.move(minutes=-12)
    code, message, _ = await fault(client(local), "get_caller_identity")
    assert message.startswith("Signature not yet current: ")
    assert message.endswith(f"({clock.now:%Y%m%dT%H%M%SZ} + 5 min.)")


async def test_another_service(local: LocalAws, clock: Clock) -> None:
    """A signature for another service is none for STS."""
    answer = await post(local, clock, {"Action": "GetCallerIdentity", "Version": "2011-06-15"}, service="iam")
    assert answer.status_code == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in answer.text
    assert "signed for service iam, not sts" in answer.text


FORMS = {
    "no action": (b"Version=2011-06-15", "InvalidAction"),
    "unknown action": (b"Action=GetFederationToken&Version=2011-06-15", "InvalidAction"),
    "markup in the action": (b"Action=%3Cb%3E&Version=2011-06-15", "InvalidAction"),
    "another version": (b"Action=GetCallerIdentity&Version=2020-01-01", "InvalidAction"),
    "a field twice": (b"Action=GetCallerIdentity&Action=AssumeRole&Version=2011-06-15", "MalformedInput"),
    "not UTF-8": (b"Action=%ff", "MalformedInput"),
    "not ASCII": (b"\xff", "MalformedInput"),
    "too many fields": (b"&".join(b"a%d=" % number for number in range(300)), "MalformedInput"),
}


@pytest.mark.parametrize(("body", "code"), FORMS.values(), ids=FORMS)
async def test_forms(local: LocalAws, clock: Clock, body: bytes, code: str) -> None:
    """Signed, but not a call: refused by code, as well-formed XML."""
    answer = await post(local, clock, body)
    assert answer.status_code == 400
    assert f"<Code>{code}</Code>" in answer.text
    assert "<b>" not in answer.text
    assert f"<RequestId>{answer.headers['x-amzn-requestid']}</RequestId>" in answer.text


OTHERS = {
    "a member of another action": b"Action=GetCallerIdentity&DurationSeconds=900",
    "a list's member without a number": b"Action=AssumeRole&Tags.member.Key=a",
    "a list's member of number nought": b"Action=AssumeRole&Tags.member.0.Key=a",
    "a list that is no list": b"Action=AssumeRole&Tags.1.Key=a",
    "below a text": b"Action=AssumeRole&RoleArn.x=a",
    "a structure that is a text": b"Action=AssumeRole&Tags.member.1=a",
    "no name": b"Action=AssumeRole&=a",
}


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS)
async def test_what_no_action_takes(local: LocalAws, clock: Clock, body: bytes) -> None:
    """A field that would be ignored is refused by name, with a status that nobody takes for AWS's."""
    answer = await post(local, clock, body + b"&Version=2011-06-15")
    assert answer.status_code == 501
    assert (
        f"The local STS does not act on {body.partition(b'&')[2].partition(b'=')[0].decode()}." in answer.text
    )


def test_whatever_is_sent_is_answered() -> None:
    """Fields, claims and policies at random: an answer that is XML, and no exception."""
    draw = random.Random(5)
    sts = Sts(keys=Keys(b"secret"), clock=utcnow)
    junk = ["", "*", "\x00", "\ufffe", "é" * 70, "900", "{", "[]", "a.b", "${aws:username}", "\U0010ffff"]
    names = [
        *INPUTS["AssumeRole"].members,
        "WebIdentityToken",
        "Tags.member.1.Key",
        "PolicyArns.member.1.arn",
    ]
    good = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": ROLE,
        "RoleSessionName": "me",
        "Policy": POLICY,
    }
    for _ in range(500):
        odd = {draw.choice(["x", "aud", "sub"]): draw.choice([7, [], {}, None, "\ud800"])}
        claims = {"iss": "https://a", "aud": "b", "sub": "c", "exp": 2**40, **odd}
        fields = {**good, "WebIdentityToken": f"{segment({})}.{segment(claims)}."}
        if draw.random() < 0.8:
            fields[draw.choice(names)] = draw.choice(junk)
        request = SignedRequest(method="POST", target="/", headers=[], body=urlencode(fields).encode())
        answer = sts.answer(request, source_ip="127.0.0.1")
        assert ET.fromstring(answer.body).tag.endswith("Response")  # noqa: S314 - of our own making


async def test_unsigned(local: LocalAws) -> None:
    """A request without a signature, and one with half of one."""
    async with httpx.AsyncClient() as web:
        answer = await web.post(local.url, content="Action=GetCallerIdentity&Version=2011-06-15")
        assert (answer.status_code, "<Code>MissingAuthenticationToken</Code>" in answer.text) == (403, True)
        answer = await web.post(local.url, headers={"authorization": "AWS4-HMAC-SHA256 Credential=x"})
        assert (answer.status_code, "<Code>IncompleteSignature</Code>" in answer.text) == (400, True)


async def test_the_body_is_signed(local: LocalAws, clock: Clock) -> None:
    """What was signed is what is answered: another body is another request."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    answer = await post(local, clock, body, send=body.replace(b"CallerIdentity", b"SessionToken"))
    assert (answer.status_code, "<Code>SignatureDoesNotMatch</Code>" in answer.text) == (403, True)


async def test_tokens_outlive_a_server_with_the_same_secret(clock: Clock) -> None:
    """Nothing is stored: what one server issued, the next one knows, if it is given the same secret."""
    async with local_aws(clock=clock, signing_secret=b"shared") as first:
        keys = keys_of(await call(client(first), "get_session_token"))
    async with local_aws(clock=clock, signing_secret=b"shared") as second:
        assert await call(client(second, keys), "get_caller_identity")
    async with local_aws(clock=clock) as third:
        assert (await fault(client(third, keys), "get_caller_identity"))[0] == "InvalidClientTokenId"


async def test_body_limit(clock: Clock) -> None:
    """A body beyond the limit is answered 413, however it is framed."""
    async with (
        local_aws(clock=clock, limits=Limits(http_body_bytes=1000)) as local,
        httpx.AsyncClient() as web,
    ):
        for content in (b"x" * 1001, _pieces()):
            answer = await web.post(local.url, content=content)
            assert answer.status_code == 413
            assert answer.headers["x-amzn-errortype"] == "RequestEntityTooLargeException"


async def _pieces() -> AsyncIterator[bytes]:
    for _ in range(50):
        yield b"x" * 100


def shifted(sts: Any, clock: Callable[[], datetime]) -> None:
    """Sign what this client sends at the time of ``clock``."""
    real = sts._request_signer.sign

    def sign(operation: str, request: Any, *args: Any, **kwargs: Any) -> None:
        real(operation, request, *args, **kwargs)
        key: BotoCredentials = sts._request_signer._credentials
        again = botocore_sign(
            method="POST",
            url=request.url,
            headers={"x-amz-security-token": key.token, "host": request.url.split("/")[2]},
            body=request.data if isinstance(request.data, bytes) else request.body,
            credentials=_credentials(key),
            region="eu-west-1",
            service="sts",
            now=clock(),
        )
        for name, value in again.headers:
            del request.headers[name]
            request.headers[name] = value

    sts._request_signer.sign = sign


def _credentials(key: BotoCredentials) -> Any:
    return type(STATIC)(
        access_key_id=key.access_key, secret_access_key=key.secret_key, session_token=key.token
    )


async def post(
    local: LocalAws,
    clock: Clock,
    body: bytes | dict[str, str],
    *,
    service: str = "sts",
    send: bytes | None = None,
) -> httpx.Response:
    """A form signed by botocore, and then ``send`` instead of it if given."""
    content = httpx.QueryParams(body).__str__().encode() if isinstance(body, dict) else body
    signed = botocore_sign(
        method="POST",
        url=f"{local.url}/",
        headers={"x-amz-content-sha256": hashlib.sha256(content).hexdigest()},
        body=content,
        credentials=STATIC,
        region="us-east-1",
        service=service,
        now=clock.now,
    )
    async with httpx.AsyncClient() as web:
        return await web.post(local.url, headers=dict(signed.headers), content=send or content)
