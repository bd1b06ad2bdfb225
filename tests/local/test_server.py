"""The server as a whole: one port, what it answers, how it stops, and what it never says."""

import asyncio
import contextlib
import json
import logging
import socket
import sys
import threading

import boto3
import httpx
import pytest
from botocore.config import Config
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from scribepass.local.limits import Limits
from scribepass.local.server import serve
from scribepass.sigv4 import Credentials
from scribepass.telemetry import configure
from scribepass.transcribe import Operation
from support.engines import Counting
from support.http2 import connected, signed_headers
from support.streaming import (
    END,
    SCRIPT,
    audio,
    listen,
    local_aws,
    signed,
    signed_url,
    stream,
    unsigned_url,
)

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "transcribe:StartStreamTranscriptionWebSocket", "Resource": "*"}
    ],
}


async def assume_role(url: str, policy: object = None) -> Credentials:
    sts = boto3.client(
        "sts",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=STATIC_ACCESS_KEY_ID,
        aws_secret_access_key=STATIC_SECRET_ACCESS_KEY,
        config=Config(retries={"total_max_attempts": 1}),
    )
    more = {} if policy is None else {"Policy": json.dumps(policy)}
    answer = await asyncio.to_thread(
        sts.assume_role, RoleArn="arn:aws:iam::123456789012:role/vend", RoleSessionName="vend", **more
    )
    issued = answer["Credentials"]
    return Credentials(
        access_key_id=issued["AccessKeyId"],
        secret_access_key=issued["SecretAccessKey"],
        session_token=issued["SessionToken"],
        expires_at=issued["Expiration"],
    )


async def test_both_halves_on_one_port() -> None:
    """Credentials from the STS open a stream at the same address, but only one that their policy names."""
    async with local_aws() as local:
        assert local.endpoint == local.url.replace("http", "ws")
        credentials = await assume_role(local.url, POLICY)
        heard = await stream(signed(unsigned_url(local), credentials=credentials), [*[audio()] * 8, END])
        assert heard.finals == ["one two"]
        medical = signed(unsigned_url(local, Operation.MEDICAL), credentials=credentials)
        heard = await stream(medical, [])
        assert heard.failure is not None
        assert heard.failure.kind == "AccessDeniedException"


async def test_plain_gets() -> None:
    """Health, and nothing else, is for everybody; each answer has a request id."""
    async with local_aws() as local, httpx.AsyncClient(base_url=local.url) as web:
        for path, status in [("/healthz", 200), ("/", 404), ("/stream-transcription", 404)]:
            answer = await web.get(path)
            assert answer.status_code == status
            assert isinstance(answer.json(), dict)
            assert answer.headers["x-amzn-requestid"]
        answer = await web.get("/stream-transcription-websocket")
        assert answer.status_code == 426
        assert answer.headers["x-amzn-requestid"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "localhost", "example.com"])  # noqa: S104
async def test_loopback_only(host: str) -> None:
    """It listens for this machine and for nobody else."""
    with pytest.raises(ValueError, match=r"loopback|address"):
        async with serve(host, 0, recogniser=SCRIPT):
            pass


async def test_ipv6() -> None:
    """The other loopback address works as well."""
    with contextlib.closing(socket.socket(socket.AF_INET6)) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 loopback here")
    async with serve("::1", 0, recogniser=SCRIPT) as local:
        assert local.url.startswith("http://[::1]:")
        assert (await stream(signed_url(local), [END])).failure is None


async def test_a_port_that_is_taken() -> None:
    """Is said at once."""
    async with local_aws() as local:
        with pytest.raises(OSError, match="ddress already in use"):
            async with serve(port=local.port, recogniser=SCRIPT):
                pass


async def test_closing_ends_everything() -> None:
    """Streams get 1001, recognisers end, idle connections are dropped, and the port is free again."""
    async with local_aws(recogniser=Counting()) as local:
        port = local.port
        socket_ = await connect(signed_url(local), compression=None)
        await socket_.recv()
        await socket_.send(audio())
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        silent_reader, silent = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nhost: localhost\r\n")
        await asyncio.sleep(0.05)
    heard = await listen(socket_)
    assert heard.close_code == 1001
    for each in (reader, silent_reader):
        with contextlib.suppress(ConnectionResetError):
            assert await each.read() == b""
    for each in (writer, silent):
        each.close()
    async with serve(port=port, recogniser=SCRIPT):
        pass


async def test_one_connection_too_many() -> None:
    """Is dropped; when another ends, there is room again."""
    async with local_aws(limits=Limits(connections=1, close_gap_seconds=0)) as local:
        async with connect(signed_url(local), compression=None) as first:
            with pytest.raises((ConnectionError, httpx.HTTPError)):
                async with httpx.AsyncClient() as web:
                    await web.get(f"{local.url}/healthz")
            await first.send(END)
            await listen(first)
        async with httpx.AsyncClient() as web:
            assert (await web.get(f"{local.url}/healthz")).status_code == 200


async def test_a_message_beyond_the_limit() -> None:
    """A file sent as one event is answered by an exception; a message beyond all bounds closes with 1009."""
    async with local_aws() as local:
        heard = await stream(signed_url(local), [audio(bytes(96_000))])
        assert heard.failure is not None
        assert heard.failure.message.startswith("Your stream is too big.")
        with contextlib.suppress(ConnectionClosed):
            heard = await stream(signed_url(local), [bytes(2 * 1024 * 1024)])
        assert heard.close_code == 1009


async def test_no_secret_at_any_level(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every logger at DEBUG, neither URL, signature, token nor key is written, whatever goes wrong."""
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    # Those of this test's own clients write what they like.
    loggers = [
        logging.getLogger(name)
        for name in logging.Logger.manager.loggerDict
        if not name.startswith(("boto", "urllib3", "http", "websockets.client"))
    ]
    levels = [logger.level for logger in loggers]
    for hooked in (sys, threading):
        monkeypatch.setattr(hooked, "excepthook", hooked.excepthook)  # put back what configure replaces
    configure("debug")
    try:
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
        async with local_aws() as local:
            credentials = await assume_role(local.url)
            good = signed(unsigned_url(local), credentials=credentials)
            bad = good.replace("en-US", "en-GB")
            for url in (good, bad, good[:-3]):
                async with connect(url, compression=None) as client:
                    with contextlib.suppress(ConnectionClosed):
                        await client.send(END)
                    await listen(client)
            async with connected(local) as client_:
                headers = signed_headers(local, credentials=credentials)
                await client_.answered(client_.request(headers, end=True))
            async with httpx.AsyncClient() as web:
                await web.post(local.url, headers={"authorization": "AWS4-HMAC-SHA256 " + good})
    finally:
        root.level, root.handlers[:] = before
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        logging.captureWarnings(capture=False)
    written = "".join(capfd.readouterr())
    assert "signature_mismatch" in written
    token = credentials.session_token or ""
    signature = good.rpartition("X-Amz-Signature=")[2]
    assert "hpack" not in written  # it writes header blocks, compressed or not
    for secret in (
        signature,
        dict(headers)["authorization"].rpartition("=")[2],
        token[:30],
        token[60:90],
        credentials.secret_access_key,
        "X-Amz-Expires=60&X-Amz-Si",
    ):
        assert secret not in written
