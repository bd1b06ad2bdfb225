"""Session policies: which texts are one, and what they let happen."""

import json
from datetime import UTC, datetime

import pytest

from scribepass.local.policy import Context, Decision, MalformedPolicy, check, decide

STREAM = "transcribe:StartStreamTranscriptionWebSocket"
CONTEXT = Context(
    source_ip="203.0.113.7",
    region="eu-west-1",
    secure_transport=False,
    now=datetime(2026, 1, 15, 12, tzinfo=UTC),
)


def policy(*statements: dict[str, object], **members: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **members})


def allow(**members: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": STREAM, "Resource": "*", **members}


def deny(**members: object) -> dict[str, object]:
    return {**allow(**members), "Effect": "Deny"}


def under(operator: str, key: str, value: object) -> dict[str, object]:
    return {"Condition": {operator: {key: value}}}


HOLDS = {
    "inside a network": under("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
    "one of several networks": under("IpAddress", "aws:SourceIp", ["198.51.100.0/24", "203.0.113.7/32"]),
    "an address without a length": under("IpAddress", "aws:SourceIp", "203.0.113.7"),
    "outside a network": under("NotIpAddress", "aws:SourceIp", "198.51.100.0/24"),
    "outside IPv6": under("NotIpAddress", "aws:SourceIp", "2001:db8::/32"),
    "the region": under("StringEquals", "aws:RequestedRegion", ["us-east-1", "eu-west-1"]),
    "keys are not case-sensitive": under("StringEquals", "AWS:requestedregion", "eu-west-1"),
    "plain transport, JSON": under("Bool", "aws:SecureTransport", value=False),
    "plain transport, text": under("Bool", "aws:SecureTransport", "False"),
    "before": under("DateLessThan", "aws:CurrentTime", "2026-01-15T12:00:01Z"),
    "after": under("DateGreaterThan", "aws:CurrentTime", "2026-01-15"),
}
FAILS = {
    "outside a network": under("IpAddress", "aws:SourceIp", "203.0.113.8/32"),
    "inside a network": under("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    "another region": under("StringEquals", "aws:RequestedRegion", "us-east-1"),
    "encrypted only": under("Bool", "aws:SecureTransport", "true"),
    "too late": under("DateLessThan", "aws:CurrentTime", "2026-01-15T12:00:00Z"),
    "too early": under("DateGreaterThan", "aws:CurrentTime", "2026-01-15T12:00:00Z"),
    "one of two conditions": {
        "Condition": {
            "Bool": {"aws:SecureTransport": "false"},
            "IpAddress": {"aws:SourceIp": "198.51.100.0/24"},
        }
    },
}
UNKNOWN = {
    "operator": under("StringLike", "aws:RequestedRegion", "eu-*"),
    "key": under("StringEquals", "aws:UserAgent", "x"),
    "operator for this key": under("StringEquals", "aws:SourceIp", "203.0.113.7"),
    "network": under("IpAddress", "aws:SourceIp", "everywhere"),
    "date": under("DateLessThan", "aws:CurrentTime", "tomorrow"),
    "variable": under("StringEquals", "aws:RequestedRegion", "${aws:RequestedRegion}"),
    "value": under("StringEquals", "aws:RequestedRegion", 7),
}


@pytest.mark.parametrize("condition", HOLDS.values(), ids=HOLDS)
def test_a_condition_that_holds(condition: dict[str, object]) -> None:
    """Then the statement applies, be it an Allow or a Deny."""
    assert decide(policy(allow(**condition)), action=STREAM, context=CONTEXT) is Decision.ALLOWED
    assert decide(policy(allow(), deny(**condition)), action=STREAM, context=CONTEXT) is Decision.DENIED


@pytest.mark.parametrize("condition", FAILS.values(), ids=FAILS)
def test_a_condition_that_does_not_hold(condition: dict[str, object]) -> None:
    """Then the statement says nothing."""
    assert decide(policy(allow(**condition)), action=STREAM, context=CONTEXT) is Decision.NOT_ALLOWED
    assert decide(policy(allow(), deny(**condition)), action=STREAM, context=CONTEXT) is Decision.ALLOWED


@pytest.mark.parametrize("condition", UNKNOWN.values(), ids=UNKNOWN)
def test_a_condition_that_is_not_understood_fails_closed(condition: dict[str, object]) -> None:
    """An Allow with it does not apply, a Deny with it does."""
    assert decide(policy(allow(**condition)), action=STREAM, context=CONTEXT) is Decision.NOT_ALLOWED
    assert decide(policy(allow(), deny(**condition)), action=STREAM, context=CONTEXT) is Decision.DENIED


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
    "all actions but": ({**allow(), "NotAction": "s3:*", "Action": None}, Decision.NOT_ALLOWED),
    "a deny beside nothing": (deny(), Decision.DENIED),
}


@pytest.mark.parametrize(("statement", "expected"), STATEMENTS.values(), ids=STATEMENTS)
def test_statements(statement: dict[str, object], expected: Decision) -> None:
    """Actions and resources match by wildcards; what is only described by its opposite is never an Allow."""
    statement = {name: value for name, value in statement.items() if value is not None}
    text = policy(statement)
    check(text)
    assert decide(text, action=STREAM, context=CONTEXT) is expected


def test_no_policy_lets_everything_pass() -> None:
    """A session policy only takes away: without one, nothing is taken."""
    assert decide(None, action=STREAM, context=CONTEXT) is Decision.ALLOWED


def test_a_single_statement_needs_no_list() -> None:
    """As IAM has it."""
    text = json.dumps({"Version": "2012-10-17", "Statement": allow()})
    check(text)
    assert decide(text, action=STREAM, context=CONTEXT) is Decision.ALLOWED


MALFORMED = {
    "not JSON": ("{", "The policy is not in the valid JSON format."),
    "too deep": ("[" * 100_000, "The policy is not in the valid JSON format."),
    "a list": ("[]", "Syntax errors in policy."),
    "unknown member": (policy(allow(), Extra=1), "Syntax errors in policy."),
    "unknown version": (
        policy(allow(), Version="2020-01-01"),
        "The policy must contain a valid version string.",
    ),
    "no statement": ('{"Version": "2012-10-17"}', "Syntax errors in policy."),
    "empty": (policy(), "Syntax errors in policy."),
    "statement is text": (policy("Allow"), "Syntax errors in policy."),  # type: ignore[arg-type]
    "effect": (policy(allow(Effect="Maybe")), "Syntax errors in policy."),
    "no action": (policy({"Effect": "Allow", "Resource": "*"}), "Syntax errors in policy."),
    "both actions": (policy(allow(NotAction="s3:*")), "Syntax errors in policy."),
    "no resource": (policy({"Effect": "Allow", "Action": STREAM}), "Syntax errors in policy."),
    "a principal": (policy(allow(Principal="*")), "Syntax errors in policy."),
    "an action without service": (policy(allow(Action="StartStream")), "Syntax errors in policy."),
    "an empty list": (policy(allow(Action=[])), "Syntax errors in policy."),
    "a number": (policy(allow(Resource=7)), "Syntax errors in policy."),
    "a condition that is a list": (policy(allow(Condition=[])), "Syntax errors in policy."),
    "a condition without keys": (policy(allow(Condition={"Bool": "true"})), "Syntax errors in policy."),
}


@pytest.mark.parametrize(("text", "message"), MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_policy(text: str, message: str) -> None:
    """It is refused when it is given, with AWS's words."""
    with pytest.raises(MalformedPolicy, match=message.replace(".", r"\.")):
        check(text)
