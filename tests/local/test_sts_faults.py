"""Faults on demand, as boto3 meets them over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import botocore.exceptions
import botocore.parsers
import httpx
import pytest

from scribepass.local.server import LocalAws
from scribepass.local.sts import NAMED, FaultKind, StsFault, StsFaults
from support.local_sts import call, client, fault
from support.streaming import local_aws


@pytest.fixture
async def local() -> AsyncIterator[LocalAws]:
    async with local_aws() as local:
        yield local


@pytest.mark.parametrize("name", NAMED)
async def test_errors(local: LocalAws, name: str) -> None:
    """Each has the code, the status and the text that it was given, once; then all is as before."""
    planned = NAMED[name]
    local.sts_faults.add(planned)
    sts = client(local)
    assert await fault(sts, "get_caller_identity") == (name, planned.message, planned.status)
    assert await call(sts, "get_caller_identity")


async def test_errors_of_the_model_have_botocores_classes(local: LocalAws) -> None:
    """A client can catch them by name."""
    local.sts_faults.add(NAMED["RegionDisabledException"])
    sts = client(local)
    with pytest.raises(sts.exceptions.RegionDisabledException):
        await call(sts, "get_session_token")


async def test_an_error_of_ones_own(local: LocalAws) -> None:
    """Any code; markup in its text arrives as text, and who is to blame goes by the status."""
    local.sts_faults.add(StsFault(code="Odd", status=503, message="<b>&\x00"))
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        await call(client(local), "get_caller_identity")
    assert raised.value.response["Error"] == {"Type": "Receiver", "Code": "Odd", "Message": "<b>&\ufffd"}


async def test_boto3_tries_again(local: LocalAws) -> None:
    """Throttled once, a client with its usual retries has its answer."""
    local.sts_faults.add(NAMED["Throttling"])
    answer = await call(client(local, retries=2), "get_caller_identity")
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


async def test_hang(local: LocalAws) -> None:
    """No answer comes; the client gives up, and the server serves on."""
    local.sts_faults.add(StsFault(kind=FaultKind.HANG))
    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        await call(client(local, read_timeout=0.2), "get_caller_identity")
    assert await call(client(local), "get_caller_identity")


async def test_a_hanging_connection_ends_with_the_clients(local: LocalAws) -> None:
    """Whatever else is sent on it is not read, and its end is seen."""
    local.sts_faults.add(StsFault(kind=FaultKind.HANG))
    body = b"Action=GetCallerIdentity"
    request = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    reader, writer = await asyncio.open_connection("127.0.0.1", local.port)
    writer.write(request * 2)
    await writer.drain()
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()


async def test_slow(local: LocalAws) -> None:
    """The true answer, later than a client waits for it, or than one that waits longer."""
    local.sts_faults.add(StsFault(kind=FaultKind.SLOW, delay_seconds=0.4), times=2)
    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        await call(client(local, read_timeout=0.1), "get_caller_identity")
    assert (await call(client(local), "get_caller_identity"))["Account"] == "123456789012"


async def test_slow_answers_keep_their_order(local: LocalAws) -> None:
    """What comes after a slow one on the same connection is answered after it, though it is half closed."""
    local.sts_faults.add(StsFault(kind=FaultKind.SLOW, delay_seconds=0.05), action="A")
    requests = [
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 8\r\n\r\nAction=" + name
        for name in (b"A", b"B")
    ]
    local.sts_faults.add(StsFault(code="Second", status=400), action="B")
    reader, writer = await asyncio.open_connection("127.0.0.1", local.port)
    writer.write(b"".join(requests))
    writer.write_eof()
    answers = await reader.read()
    writer.close()
    assert answers.count(b"HTTP/1.1 ") == 2
    assert answers.index(b"MissingAuthenticationToken") < answers.index(b"<Code>Second</Code>")


@pytest.mark.parametrize(
    ("planned", "error"),
    [
        pytest.param(StsFault(kind=FaultKind.RESET), botocore.exceptions.ConnectionClosedError, id="reset"),
        pytest.param(
            StsFault(kind=FaultKind.RESET, delay_seconds=0.01),
            botocore.exceptions.ConnectionClosedError,
            id="reset, later",
        ),
        pytest.param(StsFault(kind=FaultKind.TRUNCATED), botocore.parsers.ResponseParserError, id="half"),
        pytest.param(
            StsFault(kind=FaultKind.GARBAGE, status=502), botocore.parsers.ResponseParserError, id="garbage"
        ),
        pytest.param(
            StsFault(kind=FaultKind.GARBAGE, status=200),
            botocore.parsers.ResponseParserError,
            id="garbage that says it is well",
        ),
    ],
)
async def test_answers_that_are_none(local: LocalAws, planned: StsFault, error: type[Exception]) -> None:
    """Each as botocore tells them apart; the next call is answered."""
    local.sts_faults.add(planned)
    sts = client(local)
    with pytest.raises(error):
        await call(sts, "get_caller_identity")
    assert await call(sts, "get_caller_identity")


async def test_half_of_an_answer(local: LocalAws) -> None:
    """The head promises all of it; half of the body comes, of an answer that is true as far as it goes."""
    local.sts_faults.add(StsFault(kind=FaultKind.TRUNCATED))
    async with httpx.AsyncClient() as web:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            await web.post(local.url, content="Action=GetCallerIdentity&Version=2011-06-15")


async def test_one_action_only(local: LocalAws) -> None:
    """Others are answered meanwhile, until it comes."""
    local.sts_faults.add(NAMED["AccessDenied"], action="GetSessionToken")
    sts = client(local)
    assert await call(sts, "get_caller_identity")
    assert (await fault(sts, "get_session_token"))[0] == "AccessDenied"
    assert await call(sts, "get_session_token")


async def test_a_caller_without_keys_meets_them_too(local: LocalAws) -> None:
    """They come before the signature is looked at, as throttling does."""
    local.sts_faults.add(NAMED["Throttling"], action="AssumeRoleWithWebIdentity")
    parameters: dict[str, Any] = {
        "RoleArn": "arn:aws:iam::123456789012:role/vend",
        "RoleSessionName": "me",
        "WebIdentityToken": "none",
    }
    sts = client(local)
    assert (await fault(sts, "assume_role_with_web_identity", **parameters))[0] == "Throttling"
    assert (await fault(sts, "assume_role_with_web_identity", **parameters))[0] != "Throttling"


def test_the_queue() -> None:
    """First in, first out, each as often as was said and for whom; until it is cleared."""
    faults = StsFaults()
    first, second, third = (StsFault(code=name) for name in "abc")
    faults.add(first, times=2, action="A")
    faults.add(second)
    faults.add(third, action="B")
    assert [faults.take(action) for action in "ABBABA"] == [first, second, third, first, None, None]
    faults.add(first, times=5)
    faults.clear()
    assert faults.take("A") is None


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"status": 101}, id="a status of no answer"),
        pytest.param({"status": 99}, id="no status"),
        pytest.param({"status": 600}, id="a status beyond"),
        pytest.param({"delay_seconds": -1}, id="before it is asked"),
        pytest.param({"delay_seconds": 1e9}, id="never"),
        pytest.param({"delay_seconds": float("nan")}, id="no number"),
    ],
)
def test_what_is_no_fault(members: dict[str, float]) -> None:
    """It is refused when it is made."""
    with pytest.raises(ValueError, match=r"status|delay_seconds|HTTPStatus"):
        StsFault(**members)  # type: ignore[arg-type]


def test_no_times() -> None:
    """Never is no number of times."""
    with pytest.raises(ValueError, match="at least 1"):
        StsFaults().add(StsFault(), times=0)
