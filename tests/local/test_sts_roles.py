"""Roles that a file describes: who may begin a session, and what it may then do."""

import json
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from scribepass.local.server import LocalAws
from scribepass.local.sts import Roles, RolesMalformed, roles_document, roles_of
from scribepass.local.sts.roles_file import load
from scribepass.sigv4 import Credentials
from support.local_sts import STATIC_KEYS, call, client, fault, keys_of
from support.streaming import END, Heard, local_aws, signed, stream, unsigned_url

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/scribepass"
STREAM = "transcribe:StartStreamTranscriptionWebSocket"
ALL = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
Document = dict[str, Any]


def arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def policy(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: object = ALL, **members: object) -> Document:
    return {"Effect": "Allow", "Action": action, **members}


def trusting(*principals: str, action: object = ALL, **members: object) -> Document:
    return policy(allow(action, Principal={"AWS": list(principals)}, **members))


def under(operator: str, key: str, value: object) -> Document:
    return {"Condition": {operator: {key: value}}}


def toml(document: Document) -> str:
    """Enough TOML for such a file: policies as text."""
    lines = []
    for role in document.get("roles", ()):
        lines += ["[[roles]]", *(f"{key} = {_value(value)}" for key, value in role.items())]
    lines += ["[policies]", *(f'"{key}" = {_value(each)}' for key, each in document["policies"].items())]
    return "\n".join(lines)


def _value(value: object) -> str:
    return f"'''{json.dumps(value)}'''" if isinstance(value, dict) else json.dumps(value)


@asynccontextmanager
async def aws(
    folder: Path, *roles: Document, policies: Document | None = None, **options: object
) -> AsyncIterator[LocalAws]:
    """A server that has been given a file with these roles."""
    path = folder / "roles.toml"
    path.write_text(toml({"roles": roles, "policies": policies or {}}))
    async with local_aws(roles=path, **options) as local:
        yield local


async def assumed(
    local: LocalAws, name: str, keys: tuple[str, str, str | None] = STATIC_KEYS, **parameters: object
) -> tuple[str, str, str]:
    answer = await call(
        client(local, keys), "assume_role", RoleArn=arn(name), RoleSessionName="me", **parameters
    )
    return keys_of(answer)


async def refusal(
    local: LocalAws,
    name: str,
    keys: tuple[str, str, str | None] = STATIC_KEYS,
    *,
    account: str = ACCOUNT,
    **parameters: object,
) -> tuple[str, str, int]:
    return await fault(
        client(local, keys), "assume_role", RoleArn=arn(name, account), RoleSessionName="me", **parameters
    )


def denied(action: str, name: str, who: str = USER, account: str = ACCOUNT) -> tuple[str, str, int]:
    message = f"User: {who} is not authorized to perform: {action} on resource: {arn(name, account)}"
    return "AccessDenied", message, 403


async def test_a_role_that_is_not_described_does_not_exist(tmp_path: Path) -> None:
    """AWS does not tell it from one that trusts somebody else."""
    async with aws(tmp_path, {"name": "vend"}) as local:
        assert await assumed(local, "vend")
        assert await refusal(local, "other") == denied("sts:AssumeRole", "other")
        assert await refusal(local, "vend", account="210987654321") == denied(
            "sts:AssumeRole", "vend", account="210987654321"
        )


IP = "127.0.0.1/32"
TRUST: dict[str, tuple[Document, Document, str | None]] = {
    "the account": (trusting(ACCOUNT), {}, None),
    "the account's root": (trusting(f"arn:aws:iam::{ACCOUNT}:root"), {}, None),
    "the user": (trusting(USER), {}, None),
    "everyone": (policy(allow(Principal="*")), {}, None),
    "any AWS principal": (trusting("*"), {}, None),
    "another account": (trusting("210987654321"), {}, "sts:AssumeRole"),
    "another user": (trusting(f"{USER}2"), {}, "sts:AssumeRole"),
    "a pattern is no name": (trusting(f"arn:aws:iam::{ACCOUNT}:user/*"), {}, "sts:AssumeRole"),
    "a service": (policy(allow(Principal={"Service": "ec2.amazonaws.com"})), {}, "sts:AssumeRole"),
    "a provider": (policy(allow(Principal={"Federated": USER})), {}, "sts:AssumeRole"),
    "another action": (trusting(ACCOUNT, action="sts:TagSession"), {}, "sts:AssumeRole"),
    "a deny beside": (
        policy(allow(Principal="*"), {**allow(Principal={"AWS": USER}), "Effect": "Deny"}),
        {},
        "sts:AssumeRole",
    ),
    "a deny for all others": (
        policy(allow(Principal="*"), {**allow(NotPrincipal={"AWS": USER}), "Effect": "Deny"}),
        {},
        None,
    ),
    "its external id": (
        trusting(ACCOUNT, **under("StringEquals", "sts:ExternalId", "tenant-7")),
        {"ExternalId": "tenant-7"},
        None,
    ),
    "another external id": (
        trusting(ACCOUNT, **under("StringEquals", "sts:ExternalId", "tenant-7")),
        {"ExternalId": "tenant-8"},
        "sts:AssumeRole",
    ),
    "no external id": (
        trusting(ACCOUNT, **under("StringEquals", "sts:ExternalId", "tenant-7")),
        {},
        "sts:AssumeRole",
    ),
    "its address": (trusting(ACCOUNT, **under("IpAddress", "aws:SourceIp", IP)), {}, None),
    "another address": (
        trusting(ACCOUNT, **under("NotIpAddress", "aws:SourceIp", IP)),
        {},
        "sts:AssumeRole",
    ),
    "its region": (trusting(ACCOUNT, **under("StringEquals", "aws:RequestedRegion", "eu-west-1")), {}, None),
    "its ARN": (
        trusting("*", **under("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/scribe*")),
        {},
        None,
    ),
    "its name": (trusting("*", **under("StringEquals", "aws:username", "scribepass")), {}, None),
    "its agent": (trusting("*", **under("StringLike", "aws:UserAgent", "Boto3/*")), {}, None),
    "over TLS": (trusting(ACCOUNT, **under("Bool", "aws:SecureTransport", "true")), {}, "sts:AssumeRole"),
    "with a device": (
        trusting(ACCOUNT, **under("Bool", "aws:MultiFactorAuthPresent", "true")),
        {},
        "sts:AssumeRole",
    ),
    "a session's name": (
        trusting(ACCOUNT, **under("StringEquals", "sts:RoleSessionName", "${aws:username}")),
        {},
        "sts:AssumeRole",
    ),
    "tags, untrusted": (
        trusting(ACCOUNT, action="sts:AssumeRole"),
        {"Tags": [{"Key": "team", "Value": "red"}]},
        "sts:TagSession",
    ),
    "a tag of this value": (
        trusting(ACCOUNT, **under("StringEquals", "aws:RequestTag/team", ["red", "blue"])),
        {"Tags": [{"Key": "Team", "Value": "red"}]},
        None,
    ),
    "a tag of another value": (
        trusting(ACCOUNT, **under("StringEquals", "aws:RequestTag/team", "blue")),
        {"Tags": [{"Key": "team", "Value": "red"}]},
        "sts:AssumeRole",
    ),
    "tags by key": (
        trusting(ACCOUNT, **under("ForAllValues:StringEquals", "aws:TagKeys", ["team", "cost"])),
        {"Tags": [{"Key": "team", "Value": "red"}, {"Key": "admin", "Value": "1"}]},
        "sts:AssumeRole",
    ),
    "a transitive tag": (
        trusting(ACCOUNT, **under("ForAnyValue:StringEquals", "sts:TransitiveTagKeys", "team")),
        {"Tags": [{"Key": "team", "Value": "red"}], "TransitiveTagKeys": ["team"]},
        None,
    ),
    "a source identity, untrusted": (
        trusting(ACCOUNT, action="sts:AssumeRole"),
        {"SourceIdentity": "alice"},
        "sts:SetSourceIdentity",
    ),
    "a source identity of this pattern": (
        trusting(ACCOUNT, **under("StringLike", "sts:SourceIdentity", "al*")),
        {"SourceIdentity": "alice"},
        None,
    ),
}


@pytest.mark.parametrize(("trust", "parameters", "lacking"), TRUST.values(), ids=TRUST)
async def test_trust(tmp_path: Path, trust: Document, parameters: Document, lacking: str | None) -> None:
    """A role's trust policy decides, for each action that a request needs."""
    async with aws(tmp_path, {"name": "vend", "trust": trust}) as local:
        if lacking is None:
            assert await assumed(local, "vend", **parameters)
        else:
            assert await refusal(local, "vend", **parameters) == denied(lacking, "vend")


async def test_the_longest_session(tmp_path: Path) -> None:
    """A role's own limit; an hour where none is said, as in IAM."""
    async with aws(tmp_path, {"name": "short"}, {"name": "long", "max_session_duration": 7200}) as local:
        assert await assumed(local, "short", DurationSeconds=3600)
        assert await assumed(local, "long", DurationSeconds=7200)
        for name, seconds in (("short", 3601), ("long", 7201)):
            assert await refusal(local, name, DurationSeconds=seconds) == (
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
                400,
            )


FIRST = f"arn:aws:sts::{ACCOUNT}:assumed-role/first/me"
CHAINS: dict[str, tuple[Document | None, Document, str | None, bool]] = {
    "both agree": (policy(allow(Resource="*")), trusting(ACCOUNT), None, True),
    "all permissions": (None, trusting(ACCOUNT), None, True),
    "only the trust": (policy(allow("s3:*", Resource="*")), trusting(ACCOUNT), None, False),
    "a trust that names the role": (policy(allow("s3:*", Resource="*")), trusting(arn("first")), None, True),
    "a trust that names the session": (policy(allow("s3:*", Resource="*")), trusting(FIRST), None, True),
    "against its own deny": (
        policy({**allow(Resource="*"), "Effect": "Deny"}),
        trusting(arn("first")),
        None,
        False,
    ),
    "against its session policy": (
        None,
        trusting(arn("first")),
        json.dumps(policy(allow("s3:*", Resource="*"))),
        False,
    ),
    "on another resource": (policy(allow(Resource=arn("third"))), trusting(ACCOUNT), None, False),
    "on this resource": (policy(allow(Resource=arn("sec*"))), trusting(ACCOUNT), None, True),
    "only the permissions": (policy(allow(Resource="*")), trusting(USER), None, False),
}


@pytest.mark.parametrize(("permissions", "trust", "session", "opens"), CHAINS.values(), ids=CHAINS)
async def test_chains(
    tmp_path: Path, permissions: Document | None, trust: Document, session: str | None, *, opens: bool
) -> None:
    """From role to role: what the first may do, and whom the second trusts, both decide."""
    first = {"name": "first"} if permissions is None else {"name": "first", "policy": permissions}
    async with aws(tmp_path, first, {"name": "second", "trust": trust}) as local:
        keys = await assumed(local, "first", **({} if session is None else {"Policy": session}))
        if opens:
            assert await assumed(local, "second", keys)
        else:
            assert await refusal(local, "second", keys) == denied("sts:AssumeRole", "second", FIRST)


CONFLICT = (
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
    "from the calling session."
)


async def test_what_is_passed_on(tmp_path: Path) -> None:
    """Transitive tags and the source identity go on, cannot be set anew, and need the actions for them."""
    roles = [{"name": name} for name in ("first", "second")]
    strict = {"name": "strict", "trust": trusting(ACCOUNT, action="sts:AssumeRole")}
    tags = [{"Key": "Team", "Value": "red"}, {"Key": "cost", "Value": "7"}]
    async with aws(tmp_path, *roles, strict) as local:
        first = await assumed(local, "first", Tags=tags, TransitiveTagKeys=["team"], SourceIdentity="alice")
        more = [{"Key": "cost", "Value": "8"}]
        second = await assumed(local, "second", first, Tags=more, SourceIdentity="alice")
        third = await assumed(local, "second", second)
        for keys, carried in ((second, (("Team", "red"), ("cost", "8"))), (third, (("Team", "red"),))):
            principal = local._sts._keys.principal(local._sts._keys.lookup(keys[0], keys[2]))
            assert (principal.tags, principal.transitive) == (carried, ("team",))
            assert principal.source_identity == "alice"
        assert await refusal(local, "second", third, Tags=[{"Key": "TEAM", "Value": "blue"}]) == (
            "InvalidParameterValue",
            CONFLICT,
            400,
        )
        assert await refusal(local, "second", third, SourceIdentity="bob") == (
            "ValidationError",
            "The source identity is already set for this assume role session",
            400,
        )
        assert await refusal(local, "strict", first) == denied("sts:TagSession", "strict", FIRST)


async def test_transitive_keys_are_of_tags(tmp_path: Path) -> None:
    """Those that the request itself sets."""
    async with aws(tmp_path, {"name": "vend"}) as local:
        assert await refusal(local, "vend", TransitiveTagKeys=["team"]) == (
            "InvalidParameterValue",
            "The specified transitive tag key must be included in the requested tags.",
            400,
        )


ONLY = f"arn:aws:iam::{ACCOUNT}:policy/only-streams"
NEVER = f"arn:aws:iam::{ACCOUNT}:policy/never"
MANAGED = {
    ONLY: policy(allow("transcribe:*", Resource="*")),
    NEVER: policy({**allow("transcribe:*", Resource="*"), "Effect": "Deny"}),
}
STREAMS = policy(allow(STREAM, Resource="*"))
S3 = policy(allow("s3:*", Resource="*"))
NO_STREAMS = policy(allow("*", Resource="*"), {**allow(STREAM, Resource="*"), "Effect": "Deny"})
TAGGED = policy(allow(STREAM, Resource="*", **under("StringEquals", "aws:PrincipalTag/team", "red")))
NOT = f"because no {{}} allows the {STREAM} action"
PERMISSIONS: dict[str, tuple[Document | None, Document, str | None]] = {
    "everything": (None, {}, None),
    "a role that may": (STREAMS, {}, None),
    "both may": (STREAMS, {"Policy": json.dumps(STREAMS)}, None),
    "a role that may not": (S3, {}, NOT.format("identity-based policy")),
    "a role that may not, with a session that may": (
        S3,
        {"Policy": json.dumps(STREAMS)},
        NOT.format("identity-based policy"),
    ),
    "a session that may not": (STREAMS, {"Policy": json.dumps(S3)}, NOT.format("session policy")),
    "a role that must not": (NO_STREAMS, {}, "with an explicit deny in an identity-based policy"),
    "a session that must not": (
        STREAMS,
        {"Policy": json.dumps(NO_STREAMS)},
        "with an explicit deny in a session policy",
    ),
    "a managed session policy": (STREAMS, {"PolicyArns": [{"arn": ONLY}]}, None),
    "one of two session policies": (
        STREAMS,
        {"PolicyArns": [{"arn": ONLY}], "Policy": json.dumps(S3)},
        None,
    ),
    "a managed one that must not": (
        STREAMS,
        {"PolicyArns": [{"arn": ONLY}, {"arn": NEVER}]},
        "with an explicit deny in a session policy",
    ),
    "a tag of the session": (TAGGED, {"Tags": [{"Key": "team", "Value": "red"}]}, None),
    "another tag": (
        TAGGED,
        {"Tags": [{"Key": "team", "Value": "blue"}]},
        NOT.format("identity-based policy"),
    ),
    "the ARN of the role": (
        policy(allow(STREAM, Resource="*", **under("ArnEquals", "aws:PrincipalArn", arn("vend")))),
        {},
        None,
    ),
    "a source identity": (
        policy(allow(STREAM, Resource="*", **under("StringEquals", "aws:SourceIdentity", "alice"))),
        {"SourceIdentity": "alice"},
        None,
    ),
    "a session that has begun too early": (
        policy(allow(STREAM, Resource="*", **under("DateGreaterThan", "aws:TokenIssueTime", "2099-01-01"))),
        {},
        NOT.format("identity-based policy"),
    ),
}


@pytest.mark.parametrize(("permissions", "parameters", "because"), PERMISSIONS.values(), ids=PERMISSIONS)
async def test_what_a_session_may_do(
    tmp_path: Path, permissions: Document | None, parameters: Document, because: str | None
) -> None:
    """At the handshake of a stream: the role's policy and the session's own both have to allow it."""
    role = {"name": "vend"} if permissions is None else {"name": "vend", "policy": permissions}
    async with aws(tmp_path, role, policies=MANAGED) as local:
        heard = await opened(local, await assumed(local, "vend", **parameters))
    if because is None:
        assert heard.failure is None
    else:
        assert heard.failure is not None
        who = f"arn:aws:sts::{ACCOUNT}:assumed-role/vend/me"
        message = f"User: {who} is not authorized to perform: {STREAM} {because}"
        assert (heard.failure.kind, heard.failure.message) == ("AccessDeniedException", message)


async def test_a_session_does_not_outlive_its_role(tmp_path: Path) -> None:
    """Where the next server's file does not have the role, or the managed policy, it may nothing."""
    secret = {"signing_secret": b"shared"}
    async with aws(tmp_path, {"name": "vend"}, policies=MANAGED, **secret) as local:
        keys = await assumed(local, "vend")
        bound = await assumed(local, "vend", PolicyArns=[{"arn": ONLY}])
        assert (await opened(local, bound)).failure is None
    async with aws(tmp_path, {"name": "other"}, **secret) as local:
        assert (await opened(local, keys)).failure is not None
        assert await call(client(local, keys), "get_caller_identity")
    async with aws(tmp_path, {"name": "vend"}, **secret) as local:
        assert (await opened(local, keys)).failure is None
        assert (await opened(local, bound)).failure is not None


async def opened(local: LocalAws, keys: tuple[str, str, str]) -> Heard:
    key, secret, token = keys
    credentials = Credentials(access_key_id=key, secret_access_key=secret, session_token=token)
    return await stream(signed(unsigned_url(local), credentials=credentials), [END])


async def test_policies_and_tags_together_have_a_size(tmp_path: Path) -> None:
    """Names of managed policies and tags that were passed on count in it."""
    async with aws(tmp_path, {"name": "vend"}, policies=MANAGED) as local:
        tags = [{"Key": f"k{number}", "Value": "v" * 256} for number in range(7)]
        keys = await assumed(local, "vend", Tags=tags, TransitiveTagKeys=["k0", "k1", "k2", "k3", "k4", "k5"])
        answer = await call(
            client(local, keys),
            "assume_role",
            RoleArn=arn("vend"),
            RoleSessionName="me",
            PolicyArns=[{"arn": ONLY}],
        )
        assert answer["PackedPolicySize"] == -(-100 * (6 * 258 + len(ONLY)) // 2048)
        text = json.dumps(policy(*[allow("s3:*", Resource="*")] * 9))
        code, message, status = await refusal(local, "vend", keys, Policy=text)
        assert (code, status) == ("PackedPolicyTooLarge", 400)
        assert message.startswith("Packed policy consumes 1")


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    """What the docstring shows is a file that is understood, with everything that a file can have."""
    documented = roles_document.__doc__ or ""
    _, _, rest = documented.partition("::\n")
    example = textwrap.dedent(rest.rpartition("\n\n")[0])
    path = tmp_path / "roles.toml"
    path.write_text(example)
    (tmp_path / "jwks.json").write_text(JWKS)
    roles = load(path)
    role = roles.role(arn("vending"))
    assert role is not None
    assert role.max_session_seconds == 7200
    assert role.trust is not None
    assert len(role.trust.statements) == 2
    assert role.permissions is not None
    assert roles.providers is not None
    provider = roles.providers["https://login.example.com"]
    assert provider.audiences == ("sts.amazonaws.com",)
    assert provider.subjects == ("system:serviceaccount:*",)
    assert provider.keys is not None
    assert set(provider.keys.keys) == {"one"}
    assert set(roles.policies) == {ONLY}


JWKS = json.dumps({"keys": [{"kty": "RSA", "kid": "one", "e": "AQAB", "n": "3" * 342 + "w"}]})
ISSUER = {"issuer": "https://login.example.com", "audiences": ["a"]}
NONE: dict[str, tuple[Document, str]] = {
    "another table": ({"role": []}, "the file has role, which is not known"),
    "roles that are a table": ({"roles": {}}, r"each under \[\[roles\]\]"),
    "a role without a name": ({"roles": [{}]}, "either the arn of a role, or a name"),
    "a role with both": ({"roles": [{"name": "a", "arn": arn("a")}]}, "either the arn of a role, or a name"),
    "a user": ({"roles": [{"arn": USER}]}, "either the arn of a role, or a name"),
    "a name with a space": ({"roles": [{"name": "a b"}]}, "either the arn of a role, or a name"),
    "a member of no role": ({"roles": [{"name": "a", "polices": ""}]}, "a role has polices"),
    "too short": ({"roles": [{"name": "a", "max_session_duration": 3599}]}, "between 3600 and 43200"),
    "too long": ({"roles": [{"name": "a", "max_session_duration": 43_201}]}, "between 3600 and 43200"),
    "no seconds": ({"roles": [{"name": "a", "max_session_duration": True}]}, "between 3600 and 43200"),
    "no trust": ({"roles": [{"name": "a", "trust": policy(allow(Resource="*"))}]}, "trust of .*Syntax"),
    "no policy": ({"roles": [{"name": "a", "policy": "{"}]}, "policy of .*not in the valid JSON format"),
    "a date": ({"policies": {ONLY: {"Version": object()}}}, "policy arn"),
    "policies that are a list": ({"policies": []}, "policies must be a table"),
    "a provider without an issuer": ({"providers": [{"audiences": []}]}, "has an issuer"),
    "an issuer that is no URL": ({"providers": [{**ISSUER, "issuer": "login"}]}, "has an issuer"),
    "no audiences": ({"providers": [{"issuer": "https://a"}]}, "audiences of https://a must be a list"),
    "a subject": ({"providers": [{**ISSUER, "subjects": "*"}]}, "subjects of .* must be a list"),
    "no key set": ({"providers": [{**ISSUER, "jwks": "{"}]}, "the key set of .* is none"),
    "an empty key set": ({"providers": [{**ISSUER, "jwks": '{"keys": []}'}]}, "no RSA or P-256 key"),
    "keys that are a number": ({"providers": [{**ISSUER, "jwks": '{"keys": 7}'}]}, "the key set of"),
    "a key without numbers": (
        {"providers": [{**ISSUER, "jwks": '{"keys": [{"kty": "RSA"}]}'}]},
        "a key lacks its numbers",
    ),
    "a point off the curve": (
        {
            "providers": [
                {**ISSUER, "jwks": '{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}'}
            ]
        },
        "the key set of",
    ),
}


@pytest.mark.parametrize(("document", "message"), NONE.values(), ids=NONE)
def test_what_describes_nothing(document: Document, message: str) -> None:
    """It is refused when the server starts, and is said where it is wrong."""
    with pytest.raises(RolesMalformed, match=message):
        roles_of(document)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[[roles", "is no TOML", id="TOML"),
        pytest.param("providers = 7", "must be tables", id="providers"),
        pytest.param("[[providers]]\njwks_file = 7", "must be the path of a file", id="a path"),
    ],
)
def test_what_is_no_file(tmp_path: Path, text: str, message: str) -> None:
    """A server is not started with it."""
    path = tmp_path / "roles.toml"
    path.write_text(text)
    with pytest.raises(RolesMalformed, match=message):
        load(path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.toml")


def test_without_a_file() -> None:
    """Every role exists, and no managed policy."""
    assert Roles().role(arn("any")) is not None
    assert roles_of({}).role(arn("any")) is None
