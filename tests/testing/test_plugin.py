"""The plugin as other people's projects have it: in a process of its own, with their clients."""

import subprocess
import sys
import tomllib

import pytest

import scribepass.testing
from support.readme import CHECKOUT
from support.stack import environment

pytest_plugins = "pytester"

PREAMBLE = """
import asyncio
import json
import urllib.request

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from scribepass.transcribe import Audio, EndOfAudio, encode

CHUNK = bytes(3200)
END = encode(EndOfAudio()).encode()


async def talk(url, *chunks):
    heard = []
    async with connect(url, compression=None) as socket:
        for chunk in chunks:
            await socket.send(encode(Audio(chunk=chunk)).encode())
        await socket.send(END)
        try:
            while True:
                heard.append(await socket.recv())
        except ConnectionClosed:
            return heard, socket.close_code


@pytest.fixture
def sts(local_aws, monkeypatch):
    for name, value in local_aws.environment.items():
        monkeypatch.setenv(name, value)
    return boto3.client("sts", config=Config(retries={"total_max_attempts": 1}))
"""


@pytest.fixture(autouse=True)
def _no_other_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def passed(pytester: pytest.Pytester, program: str, *, count: int) -> None:
    """All of ``program`` passes in a process that knows nothing of this project's own settings."""
    pytester.makepyfile(PREAMBLE + program)
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    done = pytester.runpytest_subprocess("-p", "scribepass.testing", timeout=100)
    done.assert_outcomes(passed=count)


def test_a_plain_client(pytester: pytest.Pytester) -> None:
    """What it sent can be asserted on, what it was told was scripted, and no test sees another's."""
    passed(
        pytester,
        """
def test_first(local_aws):
    local_aws.script(["go forward", {"text": "ten meters", "confidence": 0.5}])
    chunks = [bytes([number]) * 3200 for number in range(20)]
    url = local_aws.presigned_url(vocabulary_name="words")
    heard, code = asyncio.run(talk(url, *chunks))
    assert code == 1000
    (stream,) = local_aws.wait()
    assert stream.audio == b"".join(chunks)
    assert stream.parameters == {
        "language-code": "en-US", "media-encoding": "pcm", "sample-rate": "16000", "vocabulary-name": "words"
    }
    assert stream.transcripts == ("go forward", "ten meters")
    assert (stream.outcome, stream.frames, stream.signed_frames) == ("finished", 21, 0)
    assert (stream.operation, stream.transport, stream.audio_seconds) == ("standard", "websocket", 2.0)
    assert b"go forward" in b"".join(heard)


def test_second(local_aws):
    assert local_aws.streams == []
    url = local_aws.presigned_url("medical", specialty="CARDIOLOGY", type="DICTATION")
    asyncio.run(talk(url, *[CHUNK] * 10))
    (stream,) = local_aws.wait()
    assert (stream.operation, stream.transcripts) == ("medical", ("hello world",))
    with pytest.raises(TimeoutError):
        local_aws.wait(2, seconds=0.05)


def test_faults(local_aws):
    local_aws.fail("drop", after=0.1)
    local_aws.fail("exception", exception="LimitExceededException")
    local_aws.fail("wrong-crc", times="all")
    assert asyncio.run(talk_and_wait(local_aws.presigned_url()))[1] == 1006
    heard, code = asyncio.run(talk(local_aws.presigned_url(), CHUNK))
    assert b"LimitExceededException" in heard[0]
    asyncio.run(talk(local_aws.presigned_url(), CHUNK))
    assert [stream.outcome for stream in local_aws.wait(3)] == ["drop", "LimitExceededException", "finished"]
    with pytest.raises(ValueError, match="kind: must be one of"):
        local_aws.fail("fire")
    with pytest.raises(ValueError, match="status: must be a status of HTTP"):
        local_aws.sts_fail(status=42)


async def talk_and_wait(url):
    async with connect(url, compression=None) as socket:
        try:
            while True:
                await socket.recv()
        except ConnectionClosed:
            return [], socket.close_code


def test_nothing_is_left_of_the_faults(local_aws):
    asyncio.run(talk(local_aws.presigned_url(), CHUNK))
    assert local_aws.wait()[0].outcome == "finished"


def test_a_refusal_says_why(local_aws):
    url = local_aws.presigned_url().replace("127.0.0.1", "localhost")
    asyncio.run(talk(url))
    (refused,) = local_aws.refusals
    assert "was signed" in refused.diagnosis.because
""",
        count=5,
    )


def test_boto3(pytester: pytest.Pytester) -> None:
    """The environment leads it here; a wrong clock is what it is with AWS, and right for the next test."""
    passed(
        pytester,
        """
def test_identity(sts, local_aws):
    assert sts.get_caller_identity()["Account"] == "123456789012"
    session = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/r", RoleSessionName="me")
    assert session["Credentials"]["AccessKeyId"].startswith("ASIA")
    local_aws.shift_clock(3600)
    with pytest.raises(ClientError, match="Signature expired"):
        sts.get_caller_identity()
    local_aws.shift_clock(-3600)
    with pytest.raises(ClientError, match="Signature not yet current"):
        sts.get_caller_identity()


def test_right_again(sts):
    sts.get_caller_identity()


def test_faults(sts, local_aws):
    local_aws.sts_fail("Throttling", times=2, action="GetCallerIdentity")
    for _ in range(2):
        with pytest.raises(ClientError, match="Rate exceeded"):
            sts.get_caller_identity()
    sts.get_caller_identity()
    local_aws.sts_fail("Throttling", times=100)


def test_no_fault_is_left(sts):
    sts.get_caller_identity()


def test_tls(local_aws):
    tls = boto3.client("sts", endpoint_url=local_aws.tls_url, verify=str(local_aws.ca),
                       region_name="us-east-1", aws_access_key_id=local_aws.credentials.access_key_id,
                       aws_secret_access_key=local_aws.credentials.secret_access_key)
    assert tls.get_caller_identity()["Account"] == "123456789012"
    assert local_aws.tls_endpoint == local_aws.tls_url.replace("https", "wss")
""",
        count=5,
    )


def test_the_service_and_its_client(pytester: pytest.Pytester) -> None:
    """A service that vends for it, also after a test that broke its clock, and this project's own client."""
    passed(
        pytester,
        """
from scribepass.client import HttpTickets, transcribe


def test_clock(local_aws):
    local_aws.shift_clock(4000)


def test_client(scribepass_url, local_aws):
    local_aws.script(["go forward ten meters"])

    async def audio():
        for _ in range(20):
            yield CHUNK

    async def run():
        params = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16000}
        tickets = HttpTickets(scribepass_url)
        return [heard async for heard in transcribe(audio(), tickets=tickets, params=params)]

    assert asyncio.run(run())
    (stream,) = local_aws.wait()
    assert stream.signer == "arn:aws:sts::123456789012:assumed-role/scribepass-vending/scribepass"
    assert (stream.transcripts, stream.outcome) == (("go forward ten meters",), "finished")
""",
        count=2,
    )


def test_it_costs_nothing_until_it_is_used() -> None:
    """`import scribepass.testing` brings neither server nor framework: pytest does it everywhere."""
    program = "import sys, scribepass.testing; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment()
    ).stdout.split()
    heavy = {"boto3", "flask", "h11", "numpy", "rich", "scribepass.local", "structlog", "websockets"}
    assert "scribepass.testing" in loaded
    assert not heavy & set(loaded)


def test_pytest_finds_it() -> None:
    """It is an entry point of pytest's group, so that installing the project is all."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"scribepass": scribepass.testing.__name__}
