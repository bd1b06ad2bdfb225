"""Those who visit a local AWS during its soak, each in a way of their own. ``AssertionError``: ill received.

To add one, write a coroutine that takes the server's endpoint and name it in ``VISITS``.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import httpx

from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from scribepass.sigv4 import Credentials, presign
from scribepass.transcribe import (
    NEED_DATA,
    Failure,
    Operation,
    Role,
    StreamSession,
    Transcript,
    parse,
    stream_url,
)
from support.frames import BINARY, TEXT, close, frame
from support.raw_socket import RawSocket, opening
from support.signing import botocore_sign
from support.streaming import CHUNK, END, RATE, REGION, audio

STATIC = Credentials(access_key_id=STATIC_ACCESS_KEY_ID, secret_access_key=STATIC_SECRET_ACCESS_KEY)
ROLE = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/vend&RoleSessionName=soak"
CHUNKS = 8


def url(endpoint: str, *, credentials: Credentials = STATIC, ago: float = 0.0) -> str:
    """A URL signed so many seconds ago, good for five minutes."""
    given = {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": RATE}
    params = parse(Operation.STANDARD, given)
    unsigned = stream_url(Operation.STANDARD, region=REGION, params=params, endpoint=endpoint)
    signed_at = datetime.now(UTC) - timedelta(seconds=ago)
    return presign(unsigned, credentials=credentials, region=REGION, now=signed_at, expires=300)


async def heard(socket: RawSocket) -> list[str | Failure]:
    """The finals and the failure of a stream, until the server closes; then the connection is closed."""
    session, found = StreamSession(Role.CLIENT), []
    while (message := await socket.message()) is not None:
        session.receive_data(message.payload)
        while (event := session.next_event()) is not NEED_DATA:
            if isinstance(event, Transcript):
                found += [each.alternatives[0].transcript for each in event.results]
            elif isinstance(event, Failure):
                found.append(event)
    assert found, f"nothing was said, but {socket.last}"
    await socket.send(close(1000))
    await socket.rest()
    await socket.close()
    return found


async def good(endpoint: str, credentials: Credentials = STATIC) -> None:
    """A stream from its beginning to its end; every byte of it is heard, or there are too many just now."""
    socket = await RawSocket.open(url(endpoint, credentials=credentials))
    for _ in range(CHUNKS):
        await socket.send(frame(BINARY, audio()))
        await asyncio.sleep(0.01)
    await socket.send(frame(BINARY, END))
    found = await heard(socket)
    refused = isinstance(found[-1], Failure) and found[-1].kind == "LimitExceededException"
    assert refused or found[-1] == str(CHUNKS * len(CHUNK)), found


async def faulty(endpoint: str) -> None:
    """A frame with a wrong checksum, or text: refused with AWS's own exception."""
    socket = await RawSocket.open(url(endpoint))
    await socket.send(frame(BINARY, audio()))
    wrong = frame(BINARY, audio()[:-1] + b"!") if random.random() < 0.5 else frame(TEXT, b"hello")
    await socket.send(wrong)
    found = await heard(socket)
    assert isinstance(found[-1], Failure), found
    assert found[-1].kind in {"BadRequestException", "LimitExceededException"}, found


async def vanished(endpoint: str) -> None:
    """Gone in the middle of a stream, mostly without a word."""
    socket = await RawSocket.open(url(endpoint))
    await socket.send(frame(BINARY, audio()) * random.randrange(4))
    await asyncio.sleep(random.random() / 10)
    match random.randrange(3):
        case 0:
            socket.end()
            await socket.rest()
            await socket.close()
        case 1:
            await socket.send(close(1001))
            await socket.close()
        case _:
            socket.vanish()


async def refused(endpoint: str) -> None:
    """A signature that is too old or of another secret; a path where nothing is; half a request."""
    match random.randrange(4):
        case 0:
            found = await heard(await RawSocket.open(url(endpoint, ago=3600)))
        case 1:
            other = Credentials(access_key_id=STATIC_ACCESS_KEY_ID, secret_access_key="of somebody else")
            found = await heard(await RawSocket.open(url(endpoint, credentials=other)))
        case 2:
            socket = await RawSocket.connect(endpoint)
            assert (await socket.request(opening(f"{endpoint}/nothing"))).status == 404
            await socket.close()
            return
        case _:
            socket = await RawSocket.connect(endpoint)
            await socket.send(opening(url(endpoint))[: random.randrange(100)])
            await asyncio.sleep(random.random() / 10)
            socket.vanish()
            return
    assert isinstance(found[-1], Failure), found


async def assumed(endpoint: str) -> None:
    """Credentials of the STS, and a stream with them."""
    where = endpoint.replace("ws:", "http:")
    signed = botocore_sign(
        method="POST",
        url=f"{where}/",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=ROLE.encode(),
        credentials=STATIC,
        region=REGION,
        service="sts",
        now=datetime.now(UTC),
    )
    async with httpx.AsyncClient(timeout=60) as web:
        answer = await web.post(f"{where}/", headers=list(signed.headers), content=signed.body)
    assert answer.status_code == 200, answer.text
    issued = {
        each.tag.partition("}")[2]: each.text or ""
        for each in ET.fromstring(answer.text).iter()  # noqa: S314
    }
    credentials = Credentials(
        access_key_id=issued["AccessKeyId"],
        secret_access_key=issued["SecretAccessKey"],
        session_token=issued["SessionToken"],
    )
    await good(endpoint, credentials)


async def lost(endpoint: str) -> None:
    """Bytes that are no protocol at all."""
    socket = await RawSocket.connect(endpoint)
    await socket.send(random.randbytes(random.randrange(1, 2000)))
    socket.end()
    with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        assert 400 <= (await socket.head()).status < 506
    socket.vanish()


VISITS: Mapping[Callable[[str], Awaitable[None]], int] = {
    good: 4,
    faulty: 2,
    vanished: 3,
    refused: 4,
    assumed: 1,
    lost: 1,
}
"""The visits and how often each comes among the others."""
