"""boto3 against an STS, and a container's metadata, that speak real HTTP on loopback."""

import contextlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scribepass.credentials.answers import BoundedAnswers
from scribepass.credentials.session_policy import Conditions
from scribepass.credentials.sessions import session_of
from scribepass.credentials.skew import ClockSkew
from scribepass.credentials.sts import AssumeRole, ProviderChain
from scribepass.errors import CredentialsUnavailable
from support.environment import no_aws
from support.logs import captured
from support.sts import SECRET, TOKEN, Stub, issued, refusal, sts

ROLE = "arn:aws:iam::111122223333:role/scribepass-vending"
ACTION = "transcribe:StartStreamTranscriptionWebSocket"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    no_aws(monkeypatch, home=tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-environment")


@pytest.fixture
def stub() -> Iterator[Stub]:
    with sts() as server:
        yield server


def role(stub: Stub, **changed: object) -> AssumeRole:
    options = {
        "session_name": "scribepass",
        "actions": (ACTION,),
        "region": "eu-west-1",
        "endpoint_url": stub.url,
    }
    return AssumeRole(ROLE, **{**options, **changed})


def test_it_assumes_the_role_scoped_to_the_action(stub: Stub) -> None:
    """Role, session name, duration and a policy of one action reach STS, signed for the region."""
    credentials = role(stub).fetch()
    (asked,) = stub.asked
    assert json.loads(asked.pop("Policy")) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": [ACTION], "Resource": "*"}],
    }
    assert asked == {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": ROLE,
        "RoleSessionName": "scribepass",
        "DurationSeconds": "3600",
    }
    assert "AKIDEXAMPLE/" in stub.authorization[0]
    assert "/eu-west-1/sts/aws4_request" in stub.authorization[0]
    assert credentials.access_key_id == "ASIAEXAMPLE"
    assert (credentials.secret_access_key, credentials.session_token) == (SECRET, TOKEN)
    assert credentials.expires_at is not None
    assert timedelta(minutes=59) < credentials.expires_at - datetime.now(UTC) <= timedelta(hours=1)


def test_what_a_caller_is_bound_to_reaches_sts(stub: Stub) -> None:
    """External id, source identity, tags, duration, and every condition."""
    role(
        stub,
        external_id="tenant-7",
        source_identity="sp-web-1f2e3d4c",
        tags=(("scribepass:caller", "sp-web-1f2e3d4c"), ("scribepass:class", "default")),
        duration=900,
        conditions=Conditions(source_ip="::ffff:192.0.2.7", regions=("eu-west-1",), secure_transport=True),
    ).fetch()
    (asked,) = stub.asked
    (statement,) = json.loads(asked["Policy"])["Statement"]
    assert statement["Condition"] == {
        "IpAddress": {"aws:SourceIp": "192.0.2.7/32"},
        "StringEquals": {"aws:RequestedRegion": ["eu-west-1"]},
        "Bool": {"aws:SecureTransport": "true"},
    }
    assert {name: asked[name] for name in asked if name not in {"Policy", "Action", "Version"}} == {
        "RoleArn": ROLE,
        "RoleSessionName": "scribepass",
        "DurationSeconds": "900",
        "ExternalId": "tenant-7",
        "SourceIdentity": "sp-web-1f2e3d4c",
        "Tags.member.1.Key": "scribepass:caller",
        "Tags.member.1.Value": "sp-web-1f2e3d4c",
        "Tags.member.2.Key": "scribepass:class",
        "Tags.member.2.Value": "default",
    }


def test_sources_of_one_sts_share_a_client(stub: Stub) -> None:
    """One for each caller would take 50 ms and a megabyte each."""
    assert role(stub)._sts is role(stub, session_name="another", actions=("a:b",))._sts is not None
    kept = role(stub)
    assert kept._sts is not role(stub, region="us-east-1")._sts


def test_a_client_is_made_once(stub: Stub) -> None:
    """The next refresh uses it again; making one costs as much as hundreds of requests."""
    source = role(stub)
    source.fetch()
    client = source._sts.client()
    source.fetch()
    assert source._sts.client() is client


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(403, refusal("AccessDenied", "not authorized to perform sts:AssumeRole"), id="denied"),
        pytest.param(400, refusal("ExpiredTokenException", "expired"), id="expired caller"),
        pytest.param(200, "<html>login to the hotel's network</html>", id="a captive portal"),
        pytest.param(200, issued()[:400], id="truncated"),
        pytest.param(200, "", id="empty"),
        pytest.param(200, issued(SessionToken=""), id="no token"),
        pytest.param(200, issued(Expiration=""), id="no end"),
        pytest.param(200, issued(Expiration="tomorrow"), id="an end that is no time"),
        pytest.param(200, issued(AccessKeyId="a b"), id="a key id with a space"),
        pytest.param(302, "", id="a redirect"),
    ],
)
def test_whatever_sts_answers_is_one_error(stub: Stub, status: int, body: str) -> None:
    """A refusal, garbage or a redirect is CredentialsUnavailable, and the next good answer is taken."""
    source = role(stub)
    stub.status, stub.body = status, body
    with pytest.raises(CredentialsUnavailable) as raised:
        source.fetch()
    assert raised.value.source == ROLE
    assert SECRET not in str(raised.value)
    stub.status, stub.body = 200, issued()
    assert source.fetch().access_key_id == "ASIAEXAMPLE"


def test_an_answer_has_at_most_64_kib(stub: Stub) -> None:
    """However sound it is: a worker must not grow with what somebody answers in the place of STS."""
    source = role(stub)
    stub.body = issued() + " " * 65536
    with pytest.raises(CredentialsUnavailable):
        source.fetch()
    stub.body = issued() + " " * 60000
    assert source.fetch().access_key_id == "ASIAEXAMPLE"


def test_nobody_there_is_the_same_error(stub: Stub) -> None:
    """A refused connection too, after the two attempts that are allowed."""
    source = role(stub, endpoint_url="http://127.0.0.1:9")
    with pytest.raises(CredentialsUnavailable):
        source.fetch()


def test_a_throttled_call_is_repeated_once(stub: Stub) -> None:
    """Two attempts in all: more would hold up the thread and add to the load."""
    stub.status, stub.body = 503, refusal("ServiceUnavailable", "try again")
    with pytest.raises(CredentialsUnavailable):
        role(stub).fetch()
    assert len(stub.asked) == 2


def test_a_client_made_without_credentials_does_not_stay(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that starts before its own credentials are there recovers when they come."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    source = role(stub)
    with pytest.raises(CredentialsUnavailable):
        source.fetch()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDLATER")
    assert source.fetch().access_key_id == "ASIAEXAMPLE"


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"])
def test_no_variable_moves_the_sts(stub: Stub, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Only the settings name another STS; otherwise it is the regional one."""
    monkeypatch.setenv(variable, stub.url)
    assert (
        role(stub, endpoint_url=None)._sts.client().meta.endpoint_url == "https://sts.eu-west-1.amazonaws.com"
    )


def test_the_chain_finds_the_environment() -> None:
    """Static keys have no end."""
    credentials = ProviderChain("us-east-1").fetch()
    assert (credentials.access_key_id, credentials.expires_at) == ("AKIDEXAMPLE", None)


def test_the_chain_asks_the_container_each_time(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetch brings what the container has now, not what an earlier session still holds."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{stub.url}/credentials")
    source = ProviderChain("us-east-1")
    stub.kind = "application/json"
    for number in (1, 2):
        stub.body = json.dumps(
            {
                "AccessKeyId": f"ASIA{number}",
                "SecretAccessKey": "secret",
                "Token": "token",
                "Expiration": (datetime.now(UTC) + timedelta(hours=6)).isoformat(),
            }
        )
        credentials = source.fetch()
        assert credentials.access_key_id == f"ASIA{number}"
        assert credentials.expires_at is not None
    assert len(stub.asked) == 2


def test_an_empty_chain_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """No provider has anything: there is no fallback."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(CredentialsUnavailable):
        ProviderChain("us-east-1").fetch()


def test_a_broken_chain_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that fails does not let another identity take its place."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/credentials")
    with pytest.raises(CredentialsUnavailable):
        ProviderChain("us-east-1").fetch()


class Counts:
    """Metrics that are looked at."""

    def __init__(self) -> None:
        self.results: list[str] = []
        self.observed = 0

    def count(self, name: str, /, **labels: str) -> None:
        assert name == "sts_calls"
        self.results.append(labels["result"])

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        assert (name, labels) == ("sts_seconds", {})
        assert seconds >= 0
        self.observed += 1

    def gauge(self, name: str, _value: float, /, **_labels: str) -> None:
        raise AssertionError(name)


@pytest.mark.parametrize(
    ("status", "body", "results", "permanent"),
    [
        pytest.param(200, issued(), ["ok"], None, id="ok"),
        pytest.param(403, refusal("AccessDenied", "no"), ["denied"], True, id="denied"),
        pytest.param(400, refusal("ValidationError", "no"), ["denied"], True, id="invalid"),
        pytest.param(403, refusal("InvalidClientTokenId", "no"), ["denied"], True, id="a deleted key"),
        pytest.param(403, refusal("RegionDisabledException", "no"), ["denied"], True, id="a region"),
        pytest.param(
            403, refusal("SignatureDoesNotMatch", "The request signature"), ["denied"], True, id="a wrong key"
        ),
        pytest.param(
            403,
            refusal("SignatureDoesNotMatch", "Signature expired: 1"),
            ["failed"],
            False,
            id="a wrong clock",
        ),
        pytest.param(400, refusal("Throttling", "Rate exceeded"), ["throttled"], False, id="throttled"),
        pytest.param(429, refusal("SlowDown", "no"), ["throttled"], False, id="throttled by a front"),
        pytest.param(400, refusal("ExpiredToken", "no"), ["failed"], False, id="expired"),
        pytest.param(503, refusal("ServiceUnavailable", "no"), ["failed"] * 2, False, id="ill, asked twice"),
        pytest.param(200, "<html>", ["unreadable"], False, id="unreadable"),
    ],
)
def test_each_call_is_counted_by_its_result(
    stub: Stub, status: int, body: str, results: list[str], permanent: bool | None
) -> None:
    """And timed; a lasting fault says so, and only what may succeed at once is repeated at once."""
    metrics = Counts()
    stub.status, stub.body = status, body
    source = role(stub, metrics=metrics)
    if permanent is None:
        source.fetch()
    else:
        with pytest.raises(CredentialsUnavailable) as raised:
            source.fetch()
        assert raised.value.permanent is permanent
    assert metrics.results == results
    assert metrics.observed == len(stub.asked) == len(results)


def test_nobody_there_is_unreachable() -> None:
    """And not repeated at once."""
    metrics = Counts()
    source = AssumeRole(
        ROLE,
        session_name="scribepass",
        actions=(ACTION,),
        region="eu-west-1",
        endpoint_url="http://127.0.0.1:9",
        metrics=metrics,
    )
    with pytest.raises(CredentialsUnavailable):
        source.fetch()
    assert metrics.results == ["unreachable"]


@pytest.mark.parametrize("ahead", [-600, 0, 600])
@pytest.mark.parametrize(
    ("status", "body"), [(200, issued()), (403, refusal("SignatureDoesNotMatch", "Signature expired: 1"))]
)
def test_every_answer_tells_the_time(stub: Stub, ahead: float, status: int, body: str) -> None:
    """A refusal too: a clock that is far off is why it was refused."""
    skew = ClockSkew()
    stub.now, stub.status, stub.body = lambda: time.time() + ahead, status, body
    with contextlib.suppress(CredentialsUnavailable):
        role(stub, skew=skew).fetch()
    assert skew.seconds == pytest.approx(-ahead, abs=5)


@pytest.mark.parametrize(("packed", "warned"), [(79, False), (80, True), (99, True)])
def test_a_policy_that_is_nearly_too_long_is_warned_of(stub: Stub, packed: int, warned: bool) -> None:
    """Tags count too, and what STS packs them into cannot be computed here."""
    size = f"<PackedPolicySize>{packed}</PackedPolicySize></AssumeRoleResult>"
    stub.body = issued().replace("</AssumeRoleResult>", size)
    with captured() as lines:
        role(stub).fetch()
    assert [line["per_cent"] for line in lines.named("session_policy_nearly_full")] == [packed] * warned


def test_a_lasting_fault_is_logged_as_an_error_in_awss_words(stub: Stub) -> None:
    """The operator must see what to change; the caller must not."""
    said = "User: arn:aws:sts::111122223333:assumed-role/task is not authorized to perform: sts:AssumeRole"
    stub.status, stub.body = 403, refusal("AccessDenied", said)
    with captured() as lines, pytest.raises(CredentialsUnavailable) as raised:
        role(stub).fetch()
    (line,) = lines.named("credentials_fetch_failed")
    assert (line["level"], line["aws_code"], line["aws_message"]) == ("error", "AccessDenied", said)
    assert "task" not in str(raised.value)


@pytest.mark.parametrize("changed", [{"actions": ("a:b" * 700,)}, {"conditions": Conditions(source_ip="x")}])
def test_a_policy_that_cannot_be_is_refused_at_once(stub: Stub, changed: dict[str, object]) -> None:
    """Better at the start than at the first request."""
    with pytest.raises(ValueError, match=r"policy|address"):
        role(stub, **changed)


def test_web_identity_reads_bounded_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The provider chain's own clients of STS are bounded too."""
    assert isinstance(session_of("eu-west-1").create_client("sts")._endpoint.http_session, BoundedAnswers)
