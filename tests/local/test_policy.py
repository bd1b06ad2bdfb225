"""Policies: which texts are one, and what they let happen."""

import json
from datetime import UTC, datetime

import pytest

from scribepass.local.policy import Context, Decision, MalformedPolicy, decide, parse, parse_trust
from scribepass.local.policy.wildcards import like

STREAM = "transcribe:StartStreamTranscriptionWebSocket"
CONTEXT = Context(
    source_ip="203.0.113.7",
    region="eu-west-1",
    secure_transport=False,
    now=datetime(2026, 1, 15, 12, tzinfo=UTC),
    keys={
        "aws:principalarn": ("arn:aws:iam::123456789012:role/team/vending",),
        "aws:principaltag/team": ("red*",),
        "aws:sourceidentity": ("alice",),
        "aws:tokenissuetime": ("2026-01-15T11:59:00+00:00",),
        "aws:useragent": ("aws-sdk-js/3.1141 os/linux",),
        "aws:tagkeys": ("team", "cost"),
        "aws:userid": ("AROAEXAMPLE:me",),
        "sts:externalid": ("tenant-7",),
        "login.example.com:aud": ("sts.amazonaws.com",),
    },
)


def policy(*statements: object, **members: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **members})


def allow(**members: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": STREAM, "Resource": "*", **members}


def deny(**members: object) -> dict[str, object]:
    return {**allow(**members), "Effect": "Deny"}


def under(operator: str, key: str, value: object) -> dict[str, object]:
    return {"Condition": {operator: {key: value}}}


def said(text: str, **asked: str) -> Decision:
    return decide([parse(text)], action=STREAM, context=CONTEXT, **asked)


AGENT, ARN, TEAM = "aws:UserAgent", "aws:PrincipalArn", "aws:PrincipalTag/team"

HOLDS = {
    "inside a network": under("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
    "one of several networks": under("IpAddress", "aws:SourceIp", ["198.51.100.0/24", "203.0.113.7/32"]),
    "an address without a length": under("IpAddress", "aws:SourceIp", "203.0.113.7"),
    "outside a network": under("NotIpAddress", "aws:SourceIp", "198.51.100.0/24"),
    "outside IPv6": under("NotIpAddress", "aws:SourceIp", "2001:db8::/32"),
    "an address as text": under("StringEquals", "aws:SourceIp", "203.0.113.7"),
    "the region": under("StringEquals", "aws:RequestedRegion", ["us-east-1", "eu-west-1"]),
    "keys are not case-sensitive": under("StringEquals", "AWS:requestedregion", "eu-west-1"),
    "whatever its case": under("StringEqualsIgnoreCase", "aws:RequestedRegion", "EU-West-1"),
    "another region": under("StringNotEquals", "aws:RequestedRegion", ["us-east-1", "us-west-2"]),
    "another, whatever its case": under("StringNotEqualsIgnoreCase", "aws:RequestedRegion", "US-EAST-1"),
    "a pattern": under("StringLike", AGENT, "aws-sdk-js/3.*"),
    "not this pattern": under("StringNotLike", AGENT, "Boto3/*"),
    "an ARN": under("ArnEquals", ARN, "arn:aws:iam::123456789012:role/team/vending"),
    "a pattern of ARNs": under("ArnLike", ARN, "arn:aws:iam::*:role/*/vending"),
    "not this pattern of ARNs": under("ArnNotLike", ARN, "arn:aws:iam::*:user/*"),
    "not this ARN": under("ArnNotEquals", ARN, "arn:aws:iam::123456789012:role/other"),
    "plain transport, JSON": under("Bool", "aws:SecureTransport", value=False),
    "plain transport, text": under("Bool", "aws:SecureTransport", "False"),
    "before": under("DateLessThan", "aws:CurrentTime", "2026-01-15T12:00:01Z"),
    "after": under("DateGreaterThan", "aws:CurrentTime", "2026-01-15"),
    "at": under("DateEquals", "aws:CurrentTime", "2026-01-15T12:00:00Z"),
    "not at": under("DateNotEquals", "aws:CurrentTime", "2026-01-15T12:00:01Z"),
    "until": under("DateLessThanEquals", "aws:CurrentTime", "2026-01-15T12:00:00Z"),
    "from": under("DateGreaterThanEquals", "aws:CurrentTime", "2026-01-15T12:00:00Z"),
    "a date in seconds": under("DateLessThan", "aws:CurrentTime", "1768478401"),
    "seconds": under("NumericEquals", "aws:EpochTime", 1_768_478_400),
    "fewer seconds": under("NumericLessThan", "aws:EpochTime", "1768478401"),
    "seconds at most": under("NumericLessThanEquals", "aws:EpochTime", "1768478400"),
    "more seconds": under("NumericGreaterThan", "aws:EpochTime", "1768478399"),
    "seconds at least": under("NumericGreaterThanEquals", "aws:EpochTime", "1768478400.0"),
    "other seconds": under("NumericNotEquals", "aws:EpochTime", "1"),
    "a young session": under("DateGreaterThan", "aws:TokenIssueTime", "2026-01-15T11:00:00Z"),
    "a tag": under("StringEquals", TEAM, "red*"),
    "a source identity": under("StringEquals", "aws:SourceIdentity", "alice"),
    "a key of STS": under("StringEquals", "sts:ExternalId", "tenant-7"),
    "a key of a provider": under("StringEquals", "login.example.com:aud", "sts.amazonaws.com"),
    "a key that is there": under("Null", TEAM, value=False),
    "a key that is not there": under("Null", "aws:Referer", "true"),
    "absent, if it exists": under("StringEqualsIfExists", "aws:Referer", "https://example.com/"),
    "absent, negated": under("StringNotEquals", "aws:Referer", "https://example.com/"),
    "there, if it exists": under("StringEqualsIfExists", "aws:SourceIdentity", "alice"),
    "one of its values": under("ForAnyValue:StringEquals", "aws:TagKeys", ["cost", "other"]),
    "all of its values": under("ForAllValues:StringLike", "aws:TagKeys", ["t*", "c*"]),
    "all of none": under("ForAllValues:StringEquals", "sts:TransitiveTagKeys", "team"),
    "all of them something else": under("ForAllValues:StringNotEquals", "aws:TagKeys", "other"),
    "one of them something else": under("ForAnyValue:StringNotEquals", "aws:TagKeys", "team"),
    "several values, without a quantifier": under("StringEquals", "aws:TagKeys", "cost"),
    "a variable": under("StringEquals", "aws:SourceIdentity", "${aws:SourceIdentity}"),
    "a variable inside": under("StringLike", "aws:userid", "*:${aws:username, 'me'}"),
    "a star in a variable is a star": under("StringLike", TEAM, "${aws:PrincipalTag/team}"),
    "a star that is one": under("StringLike", TEAM, "red${*}"),
}
FAILS = {
    "outside a network": under("IpAddress", "aws:SourceIp", "203.0.113.8/32"),
    "inside a network": under("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    "another region": under("StringEquals", "aws:RequestedRegion", "us-east-1"),
    "another case": under("StringEquals", "aws:RequestedRegion", "EU-WEST-1"),
    "one of these regions": under("StringNotEquals", "aws:RequestedRegion", ["us-east-1", "eu-west-1"]),
    "no pattern": under("StringEquals", AGENT, "aws-sdk-js/3.*"),
    "this pattern": under("StringNotLike", AGENT, ["Boto3/*", "aws-sdk-js/*"]),
    "a star over a colon of an ARN": under("ArnLike", ARN, "arn:*:role/team/vending"),
    "an ARN of fewer parts": under("ArnLike", ARN, "*"),
    "this pattern of ARNs": under("ArnNotLike", ARN, "arn:aws:iam::*:role/*"),
    "encrypted only": under("Bool", "aws:SecureTransport", "true"),
    "too late": under("DateLessThan", "aws:CurrentTime", "2026-01-15T12:00:00Z"),
    "too early": under("DateGreaterThan", "aws:CurrentTime", "2026-01-15T12:00:00Z"),
    "too many seconds": under("NumericLessThan", "aws:EpochTime", "1768478400"),
    "an old session": under("DateGreaterThan", "aws:TokenIssueTime", "2026-01-15T12:00:00Z"),
    "another tag": under("StringEquals", "aws:PrincipalTag/Team", "blue"),
    "absent": under("StringEquals", "aws:Referer", "https://example.com/"),
    "absent tag": under("StringLike", "aws:PrincipalTag/cost", "*"),
    "absent, of another service": under("StringEquals", "s3:prefix", "x"),
    "there, and another": under("StringEqualsIfExists", "aws:SourceIdentity", "bob"),
    "a key that is there": under("Null", TEAM, "true"),
    "a key that is not there": under("Null", "aws:Referer", value=False),
    "none of its values": under("ForAnyValue:StringEquals", "aws:TagKeys", ["other"]),
    "any of none": under("ForAnyValue:StringNotEquals", "sts:TransitiveTagKeys", "team"),
    "not all of its values": under("ForAllValues:StringEquals", "aws:TagKeys", ["team", "other"]),
    "one of them this": under("ForAllValues:StringNotEquals", "aws:TagKeys", "team"),
    "several values, negated": under("StringNotEquals", "aws:TagKeys", "cost"),
    "a star in a variable is no wildcard": under(
        "StringLike", "aws:SourceIdentity", "${aws:PrincipalTag/team}"
    ),
    "a number is another": under("StringEquals", "aws:RequestedRegion", 7),
    "one of two conditions": {
        "Condition": {
            "Bool": {"aws:SecureTransport": "false"},
            "IpAddress": {"aws:SourceIp": "198.51.100.0/24"},
        }
    },
}
UNKNOWN = {
    "key": under("StringEquals", "aws:SourceVpc", "vpc-1"),
    "key, negated": under("StringNotEquals", "aws:SourceVpc", "vpc-1"),
    "key, if it exists": under("StringEqualsIfExists", "aws:SourceVpc", "vpc-1"),
    "operator for this key": under("NumericEquals", "aws:SourceIp", "1"),
    "network": under("IpAddress", "aws:SourceIp", "everywhere"),
    "date": under("DateLessThan", "aws:CurrentTime", "tomorrow"),
    "truth": under("Bool", "aws:SecureTransport", "perhaps"),
    "variable": under("StringEquals", "aws:RequestedRegion", "${aws:Referer}"),
    "variable of several values": under("StringEquals", "aws:RequestedRegion", "${aws:TagKeys}"),
    "variable in a resource": {"Resource": "${aws:username}"},
}


@pytest.mark.parametrize("condition", HOLDS.values(), ids=HOLDS)
def test_a_condition_that_holds(condition: dict[str, object]) -> None:
    """Then the statement applies, be it an Allow or a Deny."""
    assert said(policy(allow(**condition))) is Decision.ALLOWED
    assert said(policy(allow(), deny(**condition))) is Decision.DENIED


@pytest.mark.parametrize("condition", FAILS.values(), ids=FAILS)
def test_a_condition_that_does_not_hold(condition: dict[str, object]) -> None:
    """Then the statement says nothing."""
    assert said(policy(allow(**condition))) is Decision.NOT_ALLOWED
    assert said(policy(allow(), deny(**condition))) is Decision.ALLOWED


@pytest.mark.parametrize("members", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_understood_fails_closed(members: dict[str, object]) -> None:
    """An Allow with it does not apply, a Deny with it does."""
    assert said(policy(allow(**members))) is Decision.NOT_ALLOWED
    assert said(policy(allow(), deny(**members))) is Decision.DENIED


STARS = {
    "one": ("a*c", "abc", True),
    "none of it": ("a*c", "ac", True),
    "several": ("a*b*c*d", "a-b-b-c-c-d", True),
    "in another order": ("a*b*c*d", "a-c-b-d", False),
    "the first place is not the last": ("*ab", "abab", True),
    "the end is said": ("*a", "ab", False),
    "two in a row": ("a**b", "a\nb", True),
    "with a question mark": ("a*?c", "abc", True),
    "with a question mark for nothing": ("a*?c", "ac", False),
    "a pattern that regular expressions go back over": ("*a" * 60 + "*b", "a" * 5000, False),
}


@pytest.mark.parametrize(("pattern", "text", "fits"), STARS.values(), ids=STARS)
def test_stars(pattern: str, text: str, *, fits: bool) -> None:
    """They stand for any text, and however many there are, there is an answer."""
    assert like(pattern, text) is fits


def test_the_old_version_has_no_variables() -> None:
    """There ``${`` is text like any other."""
    condition = under("StringEquals", "aws:SourceIdentity", "${aws:SourceIdentity}")
    assert said(policy(allow(**condition), Version="2008-10-17")) is Decision.NOT_ALLOWED
    assert said(policy(allow(), deny(**condition), Version="2008-10-17")) is Decision.ALLOWED


STATEMENTS = {
    "the action": (allow(), Decision.ALLOWED),
    "another action": (allow(Action="transcribe:StartStreamTranscription"), Decision.NOT_ALLOWED),
    "another service": (allow(Action="s3:*"), Decision.NOT_ALLOWED),
    "one of several": (allow(Action=["s3:*", STREAM]), Decision.ALLOWED),
    "actions are not case-sensitive": (allow(Action=STREAM.upper()), Decision.ALLOWED),
    "a star": (allow(Action="transcribe:Start*WebSocket"), Decision.ALLOWED),
    "question marks": (allow(Action="transcribe:StartStreamTranscriptionWebSock??"), Decision.ALLOWED),
    "a dot is a dot": (allow(Action="transcribe:*", Resource="."), Decision.NOT_ALLOWED),
    "everything": (allow(Action="*"), Decision.ALLOWED),
    "a resource that streams do not have": (allow(Resource="arn:aws:transcribe:*"), Decision.NOT_ALLOWED),
    "all actions but others": (allow(NotAction="s3:*", Action=None), Decision.ALLOWED),
    "all actions but this": (allow(NotAction=["s3:*", "transcribe:*"], Action=None), Decision.NOT_ALLOWED),
    "all resources but others": (allow(NotResource="arn:aws:s3:::x", Resource=None), Decision.ALLOWED),
    "all resources but any": (allow(NotResource="*", Resource=None), Decision.NOT_ALLOWED),
    "a deny of all actions but this": (deny(NotAction=STREAM, Action=None), Decision.NOT_ALLOWED),
    "a deny of all actions but others": (deny(NotAction="s3:*", Action=None), Decision.DENIED),
    "a deny beside nothing": (deny(), Decision.DENIED),
}


@pytest.mark.parametrize(("statement", "expected"), STATEMENTS.values(), ids=STATEMENTS)
def test_statements(statement: dict[str, object], expected: Decision) -> None:
    """Actions and resources match by wildcards, or by not matching what is left out."""
    statement = {name: value for name, value in statement.items() if value is not None}
    assert said(policy(statement)) is expected


def test_a_resource() -> None:
    """Of AssumeRole it is the role, and may have variables."""
    text = policy(allow(Resource="arn:aws:iam::*:role/${aws:SourceIdentity}-*"))
    assert said(text, resource="arn:aws:iam::123456789012:role/alice-1") is Decision.ALLOWED
    assert said(text, resource="arn:aws:iam::123456789012:role/bob-1") is Decision.NOT_ALLOWED


def test_several_policies() -> None:
    """One of them may allow, and any of them may deny."""
    apart = [parse(policy(allow(Action="s3:*"))), parse(policy(allow()))]
    assert decide(apart, action=STREAM, context=CONTEXT) is Decision.ALLOWED
    assert decide([*apart, parse(policy(deny()))], action=STREAM, context=CONTEXT) is Decision.DENIED
    assert decide([], action=STREAM, context=CONTEXT) is Decision.NOT_ALLOWED


def test_a_single_statement_needs_no_list() -> None:
    """As IAM has it."""
    assert said(json.dumps({"Version": "2012-10-17", "Statement": allow()})) is Decision.ALLOWED


ME = ("AWS", "arn:aws:iam::123456789012:user/me")
PRINCIPALS = {
    "everyone": ({"Principal": "*"}, Decision.NOT_ALLOWED),
    "me": ({"Principal": {"AWS": ME[1]}}, Decision.ALLOWED),
    "one of several": (
        {"Principal": {"Service": "ec2.amazonaws.com", "AWS": ["1", ME[1]]}},
        Decision.ALLOWED,
    ),
    "of another kind": ({"Principal": {"Federated": ME[1]}}, Decision.NOT_ALLOWED),
    "everyone but me": ({"NotPrincipal": {"AWS": ME[1]}}, Decision.NOT_ALLOWED),
    "everyone but another": ({"NotPrincipal": {"AWS": "1"}}, Decision.ALLOWED),
}


@pytest.mark.parametrize(("who", "expected"), PRINCIPALS.values(), ids=PRINCIPALS)
def test_principals(who: dict[str, object], expected: Decision) -> None:
    """Whoever asks says by which names; nothing else is a name, not even a star."""
    trust = parse_trust(policy({"Effect": "Allow", "Action": "sts:AssumeRole", **who}))
    decision = decide(
        [trust], action="sts:AssumeRole", context=CONTEXT, names=lambda kind, name: (kind, name) == ME
    )
    assert decision is expected


VERSION = "The policy must contain a valid version string."
SYNTAX = "Syntax errors in policy."
MALFORMED = {
    "not JSON": ("{", "The policy is not in the valid JSON format."),
    "too deep": ("[" * 100_000, "The policy is not in the valid JSON format."),
    "a list": ("[]", SYNTAX),
    "unknown member": (policy(allow(), Extra=1), SYNTAX),
    "unknown version": (policy(allow(), Version="2020-01-01"), VERSION),
    "no statement": ('{"Version": "2012-10-17"}', SYNTAX),
    "empty": (policy(), SYNTAX),
    "statement is text": (policy("Allow"), SYNTAX),
    "effect": (policy(allow(Effect="Maybe")), SYNTAX),
    "an effect that is a list": (policy(allow(Effect=["Allow"])), SYNTAX),
    "a version that is a list": (policy(allow(), Version=["2012-10-17"]), VERSION),
    "no action": (policy({"Effect": "Allow", "Resource": "*"}), SYNTAX),
    "both actions": (policy(allow(NotAction="s3:*")), SYNTAX),
    "no resource": (policy({"Effect": "Allow", "Action": STREAM}), SYNTAX),
    "a principal": (policy(allow(Principal="*")), SYNTAX),
    "an action without service": (policy(allow(Action="StartStream")), SYNTAX),
    "an empty list": (policy(allow(Action=[])), SYNTAX),
    "a number": (policy(allow(Resource=7)), SYNTAX),
    "a condition that is a list": (policy(allow(Condition=[])), SYNTAX),
    "a condition without keys": (policy(allow(Condition={"Bool": "true"})), SYNTAX),
    "a condition without values": (policy(allow(**under("Bool", "aws:SecureTransport", []))), SYNTAX),
    "an object for a value": (policy(allow(**under("Bool", "aws:SecureTransport", {}))), SYNTAX),
    "an operator": (policy(allow(**under("StringAlmost", "aws:UserAgent", "x"))), SYNTAX),
    "a quantifier": (policy(allow(**under("ForSome:StringLike", "aws:UserAgent", "x"))), SYNTAX),
    "null, if it exists": (policy(allow(**under("NullIfExists", "aws:UserAgent", "true"))), SYNTAX),
}


@pytest.mark.parametrize(("text", "message"), MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_policy(text: str, message: str) -> None:
    """It is refused when it is given, with AWS's words."""
    with pytest.raises(MalformedPolicy) as raised:
        parse(text)
    assert str(raised.value) == message


TRUST = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
NO_TRUST = {
    "a resource": {**TRUST, "Resource": "*"},
    "no principal": {"Effect": "Allow", "Action": "sts:AssumeRole"},
    "a principal of no kind": {**TRUST, "Principal": "123456789012"},
    "a principal of an unknown kind": {**TRUST, "Principal": {"Aws": "*"}},
    "no principals": {**TRUST, "Principal": {}},
    "a number": {**TRUST, "Principal": {"AWS": 123456789012}},
}


@pytest.mark.parametrize("statement", NO_TRUST.values(), ids=NO_TRUST)
def test_what_is_no_trust_policy(statement: dict[str, object]) -> None:
    """It has principals instead of resources."""
    with pytest.raises(MalformedPolicy, match=SYNTAX):
        parse_trust(policy(statement))
    parse_trust(policy(TRUST))
