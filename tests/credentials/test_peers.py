"""Peers: moto's STS and the local AWS as real processes, and where Fargate and EKS put credentials."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from scribepass.credentials.session_policy import Conditions
from scribepass.credentials.skew import ClockSkew
from scribepass.credentials.sts import AssumeRole, ProviderChain
from scribepass.errors import CredentialsUnavailable
from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from support.environment import no_aws
from support.stack import environment, free_port, scribepass, stop, wait_until_ready
from support.streaming import END, local_aws, signed, stream, unsigned_url
from support.sts import Stub, issued, sts

ACTION = "transcribe:StartStreamTranscriptionWebSocket"
ROLE = "arn:aws:iam::123456789012:role/scribepass-vending"
TAGS = (("scribepass:caller", "sp-web-1f2e3d4c"), ("scribepass:class", "default"))


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    no_aws(monkeypatch, home=tmp_path)
    as_user(monkeypatch, "AKIDEXAMPLE", "secret-of-the-environment")


def as_user(monkeypatch: pytest.MonkeyPatch, key: str, secret: str) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)


def running(command: list[str], url: str, folder: Path, **settings: str) -> Iterator[str]:
    output = folder / "peer.log"
    with output.open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink, env=environment(**settings))
        try:
            wait_until_ready(url, process, output)
            yield url.rpartition("/")[0]
        finally:
            stop(process)


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    yield from running(command, f"http://127.0.0.1:{port}/moto-api", tmp_path_factory.mktemp("moto"))


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    command = scribepass("local", "--no-tls", "--port", str(port))
    yield from running(command, f"http://127.0.0.1:{port}/healthz", tmp_path_factory.mktemp("local"))


def post(url: str, body: str) -> None:
    headers = {"Content-Type": "text/plain"}
    request = urllib.request.Request(url, data=body.encode(), headers=headers, method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def role(url: str, **changed: object) -> AssumeRole:
    options = {
        "session_name": "sp-web-1f2e3d4c",
        "actions": (ACTION,),
        "region": "eu-west-1",
        "endpoint_url": url,
        "duration": 900,
        "external_id": "tenant-7",
        "source_identity": "sp-web-1f2e3d4c",
        "tags": TAGS,
        "conditions": Conditions(
            source_ip="192.0.2.7", regions=("eu-west-1", "us-east-1"), secure_transport=True
        ),
    }
    return AssumeRole(ROLE, **{**options, **changed})


def whoami(url: str, fetched: object) -> str:
    client = boto3.Session().client(
        "sts",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id=fetched.access_key_id,
        aws_secret_access_key=fetched.secret_access_key,
        aws_session_token=fetched.session_token,
    )
    return client.get_caller_identity()["Arn"]


@pytest.mark.e2e
def test_moto_takes_all_of_it(moto: str) -> None:
    """Policy, tags, source identity, external id; the session is that of the role, for 15 minutes."""
    skew = ClockSkew()
    fetched = role(moto, skew=skew).fetch()
    assert fetched.expires_at is not None
    assert timedelta(minutes=14) < fetched.expires_at - datetime.now(UTC) <= timedelta(minutes=15)
    assert whoami(moto, fetched).endswith(":assumed-role/scribepass-vending/sp-web-1f2e3d4c")
    assert skew.seconds == pytest.approx(0, abs=5)


@pytest.mark.e2e
def test_moto_verifies_the_signature(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its checks on, an unknown key is a lasting fault and the right one is let in."""
    user = boto3.Session().client("iam", endpoint_url=moto, region_name="us-east-1")
    user.create_user(UserName="task")
    key = user.create_access_key(UserName="task")["AccessKey"]
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
    }
    user.put_user_policy(UserName="task", PolicyName="assume", PolicyDocument=json.dumps(document))
    post(f"{moto}/moto-api/reset-auth", "0")
    try:
        with pytest.raises(CredentialsUnavailable) as raised:
            role(moto).fetch()
        assert raised.value.permanent
        as_user(monkeypatch, key["AccessKeyId"], "not-the-secret")
        with pytest.raises(CredentialsUnavailable) as raised:
            role(moto).fetch()
        assert raised.value.permanent
        as_user(monkeypatch, key["AccessKeyId"], key["SecretAccessKey"])
        assert role(moto).fetch().access_key_id.startswith("ASIA")
    finally:
        post(f"{moto}/moto-api/reset-auth", "inf")


@pytest.mark.e2e
def test_the_local_aws_takes_all_of_it(local: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing that AWS would refuse, nor anything unsigned."""
    as_user(monkeypatch, STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY)
    fetched = role(local).fetch()
    assert whoami(local, fetched) == (
        "arn:aws:sts::123456789012:assumed-role/scribepass-vending/sp-web-1f2e3d4c"
    )
    for changed in ({"tags": (("aws:reserved", "1"),)}, {"external_id": "x"}, {"duration": 60_000}):
        with pytest.raises(CredentialsUnavailable) as raised:
            role(local, **changed).fetch()
        assert raised.value.permanent


HERE = Conditions(source_ip="127.0.0.1", regions=("us-east-1",))


@pytest.mark.parametrize(
    ("changed", "opens"),
    [
        pytest.param({"conditions": HERE}, True, id="bound to this address and region"),
        pytest.param({"conditions": Conditions(source_ip="::ffff:127.0.0.1")}, True, id="a mapped address"),
        pytest.param({"conditions": Conditions(source_ip="192.0.2.7")}, False, id="another address"),
        pytest.param({"conditions": Conditions(regions=("eu-west-1",))}, False, id="another region"),
        pytest.param({"conditions": Conditions(secure_transport=True)}, False, id="TLS only"),
        pytest.param({"actions": ("transcribe:StartMedicalStream*",)}, False, id="another action"),
    ],
)
async def test_what_a_session_is_bound_to_is_enforced(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, object], opens: bool
) -> None:
    """Sealed in its token by the local STS, and held to at the handshake of a stream."""
    as_user(monkeypatch, STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY)
    async with local_aws() as aws:
        fetched = await asyncio.to_thread(role(aws.url, **{"conditions": None, **changed}).fetch)
        principal = aws._sts._keys.principal(fetched)
        assert (principal.source_identity, principal.tags) == ("sp-web-1f2e3d4c", TAGS)
        heard = await stream(signed(unsigned_url(aws), credentials=fetched), [END])
    assert (heard.failure is None) is opens
    assert opens or heard.failure.kind == "AccessDeniedException"


def metadata(key: str, *, life: float = 21_600) -> str:
    ends = (datetime.now(UTC) + timedelta(seconds=life)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"AccessKeyId": key, "SecretAccessKey": "secret", "Token": "token", "Expiration": ends})


@pytest.fixture
def stub() -> Iterator[Stub]:
    with sts() as server:
        yield server


CHAIN = """
    import json, sys
    from scribepass.credentials.sts import ProviderChain
    found = ProviderChain("eu-west-1").fetch()
    ends = found.expires_at and found.expires_at.isoformat()
    print(json.dumps([found.access_key_id, found.session_token, ends]))
"""


def chain(folder: Path, **settings: str) -> tuple[str, str | None, datetime | None]:
    """What boto3's chain finds in a process of its own, with nothing in its environment but this."""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(line.strip() for line in CHAIN.splitlines())],
        env=environment(
            HOME=str(folder),
            AWS_CONFIG_FILE=str(folder / "config"),
            AWS_SHARED_CREDENTIALS_FILE=str(folder / "credentials"),
            **settings,
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    key, token, ends = json.loads(done.stdout)
    return key, token, ends and datetime.fromisoformat(ends)


def test_fargates_container_credentials(stub: Stub, tmp_path: Path) -> None:
    """A URI on loopback and a token in a file, which is sent along and read again each time."""
    stub.kind, stub.body = "application/json", metadata("ASIACONTAINER")
    token = tmp_path / "token"
    token.write_text("token-of-the-task")
    key, _, ends = chain(
        tmp_path,
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{stub.url}/v2/credentials",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(token),
    )
    assert key == "ASIACONTAINER"
    assert ends is not None
    assert stub.authorization == ["token-of-the-task"]


def test_container_credentials_sign_for_a_role(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As on Fargate: the task's role assumes the vending role."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with sts() as container:
        container.kind, container.body = "application/json", metadata("ASIACONTAINER")
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url)
        assert role(stub.url).fetch().access_key_id == "ASIAEXAMPLE"
    assert "ASIACONTAINER/" in stub.authorization[0]


def web_identity(body: str) -> str:
    return body.replace("AssumeRoleRe", "AssumeRoleWithWebIdentityRe")


def test_no_variable_moves_web_identity(moto: str, tmp_path: Path) -> None:
    """The token of a pod goes to the regional STS, or to nobody."""
    token = tmp_path / "token"
    token.write_text("header.payload.signature")
    with pytest.raises(AssertionError, match="SourceFailed"):
        chain(
            tmp_path,
            AWS_WEB_IDENTITY_TOKEN_FILE=str(token),
            AWS_ROLE_ARN=ROLE,
            AWS_ENDPOINT_URL_STS=moto,
            HTTPS_PROXY="http://127.0.0.1:9",
        )


def test_web_identity(moto: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As on EKS: a token in a file for a role's session, with moto in the place of the regional STS."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    token = tmp_path / "token"
    token.write_text("header.payload.signature")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_ROLE_SESSION_NAME", "pod")
    redirect(monkeypatch, to=moto)
    fetched = ProviderChain("eu-west-1").fetch()
    assert fetched.session_token
    assert fetched.expires_at is not None
    assert whoami(moto, fetched).endswith("assumed-role/scribepass-vending/pod")


def redirect(monkeypatch: pytest.MonkeyPatch, *, to: str) -> None:
    """Let the sessions that the chain makes ask this STS. No setting can: that is a promise."""
    from scribepass.credentials import sessions

    make = sessions._Session.create_client

    def create_client(self: object, name: str, *args: object, **options: object) -> object:
        return make(self, name, *args, **{**options, "endpoint_url": to})

    monkeypatch.setattr(sessions._Session, "create_client", create_client)


def test_web_identity_cannot_read_without_end(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The chain's own answers of STS have at most 64 KiB too."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    (tmp_path / "token").write_text("header.payload.signature")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    redirect(monkeypatch, to=stub.url)
    stub.body = web_identity(issued()) + " " * 65536
    with pytest.raises(CredentialsUnavailable):
        ProviderChain("eu-west-1").fetch()
    stub.body = web_identity(issued())
    assert ProviderChain("eu-west-1").fetch().access_key_id == "ASIAEXAMPLE"


def test_a_profile_of_static_keys(tmp_path: Path) -> None:
    """From the shared credentials file, by the name in AWS_PROFILE."""
    (tmp_path / "credentials").write_text(
        "[vending]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = secret\n"
    )
    assert chain(tmp_path, AWS_PROFILE="vending") == ("AKIAPROFILE", None, None)


def test_a_profile_that_assumes_a_role(local: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """``role_arn`` with ``source_profile``: the chain makes one session, which signs for the next."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    (tmp_path / "credentials").write_text(
        f"[base]\naws_access_key_id = {STATIC_ACCESS_KEY_ID}\n"
        f"aws_secret_access_key = {STATIC_SECRET_ACCESS_KEY}\n"
    )
    (tmp_path / "config").write_text(
        "[profile task]\nrole_arn = arn:aws:iam::123456789012:role/task\n"
        "source_profile = base\nrole_session_name = me\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "task")
    redirect(monkeypatch, to=local)
    fetched = ProviderChain("eu-west-1").fetch()
    assert whoami(local, fetched) == "arn:aws:sts::123456789012:assumed-role/task/me"
    chained = role(local).fetch()
    assert whoami(local, chained).endswith("assumed-role/scribepass-vending/sp-web-1f2e3d4c")


def test_a_process_that_gives_credentials(tmp_path: Path) -> None:
    """``credential_process`` of a profile, as many companies have one."""
    said = json.dumps({"Version": 1, **json.loads(metadata("ASIAPROCESS"))}).replace(
        '"Token"', '"SessionToken"'
    )
    (tmp_path / "said.json").write_text(said)
    (tmp_path / "config").write_text(f"[default]\ncredential_process = cat {tmp_path / 'said.json'}\n")
    key, token, ends = chain(tmp_path, PATH=os.environ["PATH"])
    assert (key, token) == ("ASIAPROCESS", "token")
    assert ends is not None
