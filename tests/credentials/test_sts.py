"""boto3 against an STS, and a container's metadata, that speak real HTTP on loopback."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scribepass.credentials.sts import AssumeRole, ProviderChain, session_policy
from scribepass.errors import CredentialsUnavailable
from support.environment import no_aws
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


def test_a_client_is_made_once(stub: Stub) -> None:
    """The next refresh uses it again; making one costs as much as hundreds of requests."""
    source = role(stub)
    source.fetch()
    client = source._client()
    source.fetch()
    assert source._client() is client


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
    assert role(stub, endpoint_url=None)._client().meta.endpoint_url == "https://sts.eu-west-1.amazonaws.com"


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


def test_a_policy_that_aws_would_find_too_long_is_refused() -> None:
    """2,048 characters is STS's limit; better at the start than at the first request."""
    assert len(session_policy([ACTION])) < 2048
    with pytest.raises(ValueError, match="2048"):
        session_policy([ACTION] * 60)
