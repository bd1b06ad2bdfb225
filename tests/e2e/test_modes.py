"""A role session for each caller, held to its address, region and action: enforced where AWS would."""

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen

import boto3
import pytest
from websockets.asyncio.client import connect

from scribepass.callers import Caller
from scribepass.callers.api_keys import new_key
from scribepass.callers.key_file import add_key
from scribepass.eventstream import Message
from scribepass.local.sts import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from scribepass.sigv4 import Credentials, presign
from scribepass.transcribe import Operation
from scribepass.vending import CallerNames
from support.gunicorn import UNLIMITED, Running, running
from support.stack import environment, free_port, scribepass, stop, wait_until_ready

ROLE_ARN = "arn:aws:iam::000000000000:role/scribepass-vending"
SECRET = "a-secret-of-the-deployment-0123456789abcdef"
ASKED = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16000}
PATHS = {
    Operation.STANDARD: "/stream-transcription-websocket",
    Operation.MEDICAL: "/medical-stream-transcription-websocket",
}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a local AWS."""
    port, log = free_port(), tmp_path_factory.mktemp("local") / "local.log"
    with log.open("wb") as sink:
        process = Popen(
            scribepass("local", "--no-tls", "--port", str(port)), stdout=sink, stderr=sink, env=environment()
        )
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/healthz", process, log)
            yield port
        finally:
            stop(process)


@dataclass(frozen=True, slots=True, kw_only=True)
class PerCaller:
    """A service with a session for each of two callers."""

    service: Running
    keys: dict[str, str]

    def ticket(self, caller: str, *, address: str) -> dict[str, str]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.service.port}/presign",
            data=json.dumps(ASKED).encode(),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Bearer {self.keys[caller]}",
                "X-Forwarded-For": f"6.6.6.6, {address}",
            },
        )
        with urllib.request.urlopen(request) as answer:
            found: dict[str, str] = json.load(answer)
            return found


def start(local: int, folder: Path, *, conditions: str) -> Iterator[PerCaller]:
    keys = {}
    for caller in ("ward-7", "ward-8"):
        keys[caller], record = new_key("test", caller=caller)
        add_key(folder / "keys.json", record=record)
    settings = {
        "SCRIBEPASS_ENV": "local",
        "SCRIBEPASS_API_KEYS_FILE": str(folder / "keys.json"),
        "SCRIBEPASS_CREDENTIAL_MODE": "assume-role-per-caller",
        "SCRIBEPASS_ROLE_ARN": ROLE_ARN,
        "SCRIBEPASS_SECRET": SECRET,
        "SCRIBEPASS_SESSION_CONDITIONS": conditions,
        "SCRIBEPASS_SOURCE_IDENTITY": "true",
        "SCRIBEPASS_SESSION_TAGS": "true",
        "SCRIBEPASS_STS_ENDPOINT": f"http://127.0.0.1:{local}",
        "SCRIBEPASS_TRANSCRIBE_ENDPOINT": f"ws://127.0.0.1:{local}",
        "SCRIBEPASS_TRUSTED_HOPS": "1",
        "SCRIBEPASS_FORWARDED_ALLOW_IPS": "127.0.0.1",
        "AWS_ACCESS_KEY_ID": STATIC_ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": STATIC_SECRET_ACCESS_KEY,
        **UNLIMITED,
    }
    with running(folder, **settings) as service:
        yield PerCaller(service=service, keys=keys)


@pytest.fixture(scope="module")
def bound(local: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PerCaller]:
    """Sessions that are held to the caller's address and the deployment's regions."""
    yield from start(local, tmp_path_factory.mktemp("bound"), conditions="source-ip,requested-region")


async def _opened(url: str) -> str:
    async with connect(url, compression=None, close_timeout=0.5) as socket:
        try:
            message = Message.decode(await asyncio.wait_for(socket.recv(), 1.0))
        except TimeoutError:
            return "open"
    return str(message.get(":exception-type") or "open")


def opened(url: str) -> str:
    """``open``, or the exception's name."""
    return asyncio.run(_opened(url))


def test_a_url_is_good_from_its_callers_address_alone(bound: PerCaller) -> None:
    """aws:SourceIp: vended to this machine it opens here; vended to another address it is refused."""
    assert opened(bound.ticket("ward-7", address="127.0.0.1")["url"]) == "open"
    assert opened(bound.ticket("ward-7", address="203.0.113.9")["url"]) == "AccessDeniedException"


def test_each_caller_has_a_session_of_its_own(bound: PerCaller) -> None:
    """Other credentials for other callers and other addresses; the same ones for the same."""
    asked = [("ward-7", "127.0.0.1"), ("ward-8", "127.0.0.1"), ("ward-7", "203.0.113.9")]
    urls = [bound.ticket(caller, address=address)["url"] for caller, address in asked * 2]
    used = [url.partition("X-Amz-Credential=")[2].partition("%2F")[0] for url in urls]
    assert used[:3] == used[3:]
    assert len(set(used)) == 3


def test_the_audit_line_leads_to_the_session(bound: PerCaller) -> None:
    """Caller, policy and address are in the log; the name in CloudTrail follows from the same secret."""
    ticket = bound.ticket("ward-8", address="127.0.0.1")
    (line,) = [each for each in bound.service.lines() if each.get("ticket_id") == ticket["ticket_id"]]
    names = CallerNames(SECRET.encode())
    assert line["caller"] == names.hash_of(Caller(id="ward-8"))
    assert names.session_name(Caller(id="ward-8")).endswith(line["caller"])
    assert (line["policy"], line["address"], line["event"]) == ("default", "127.0.0.1", "ticket_issued")


def test_secure_transport_keeps_plain_sockets_out(local: int, tmp_path: Path) -> None:
    """aws:SecureTransport: over ws:// the same session policy allows nothing."""
    for service in start(local, tmp_path, conditions="secure-transport"):
        assert opened(service.ticket("ward-7", address="127.0.0.1")["url"]) == "AccessDeniedException"


@pytest.mark.parametrize("operation", PATHS)
def test_credentials_for_one_action_open_no_other_stream(local: int, operation: Operation) -> None:
    """The action in the session policy: what may open standard streams may open nothing else."""
    from scribepass.credentials.session_policy import session_policy

    sts = boto3.client(
        "sts",
        endpoint_url=f"http://127.0.0.1:{local}",
        region_name="us-east-1",
        aws_access_key_id=STATIC_ACCESS_KEY_ID,
        aws_secret_access_key=STATIC_SECRET_ACCESS_KEY,
    )
    issued = sts.assume_role(
        RoleArn=ROLE_ARN, RoleSessionName="tester", Policy=session_policy([Operation.STANDARD.action])
    )["Credentials"]
    query = "language-code=en-US&media-encoding=pcm&sample-rate=16000"
    if operation is Operation.MEDICAL:
        query += "&specialty=PRIMARYCARE&type=DICTATION"
    url = presign(
        f"ws://127.0.0.1:{local}{PATHS[operation]}?{query}",
        credentials=Credentials(
            access_key_id=issued["AccessKeyId"],
            secret_access_key=issued["SecretAccessKey"],
            session_token=issued["SessionToken"],
            expires_at=issued["Expiration"],
        ),
        region="us-east-1",
        now=datetime.now(UTC),
        expires=60,
    )
    assert opened(url) == ("open" if operation is Operation.STANDARD else "AccessDeniedException")
