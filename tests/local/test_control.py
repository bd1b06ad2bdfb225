"""The control API as a test in any language uses it, with real streams beside it."""

import asyncio
import io
import json
import re
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from websockets.asyncio.client import connect

import scribepass.local.control
from scribepass.eventstream import Header, HeaderType, Message
from scribepass.local.control import ROUTES
from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY
from scribepass.local.server import LocalAws
from scribepass.sigv4 import Credentials
from scribepass.sigv4.chunks import ChunkSigner
from support.streaming import (
    CHUNK,
    END,
    STATIC,
    audio,
    listen,
    local_aws,
    signed,
    signed_url,
    stream,
    unsigned_url,
    utcnow,
)

SECOND = [audio()] * 10


@dataclass
class Desk:
    """A client of the control API, and the local AWS that it controls."""

    local: LocalAws
    web: httpx.AsyncClient

    async def ask(self, method: str, path: str, body: object = None, *, status: int = 200) -> httpx.Response:
        answer = await self.web.request(method, path, content=None if body is None else json.dumps(body))
        assert answer.status_code == status, answer.text
        return answer

    async def get(self, path: str) -> dict[str, object]:
        answer = await self.ask("GET", path)
        assert isinstance(answer.json(), dict)
        return answer.json()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with local_aws(control_port=0) as local, httpx.AsyncClient() as web:
        web.base_url = str(local.control_url)
        yield Desk(local, web)


def test_its_description_is_its_table() -> None:
    """Every route is in the module's docstring, and no other."""
    document = scribepass.local.control.__doc__ or ""
    described = re.findall(r"^(GET|POST|PUT|DELETE) +(/\S+)", document, re.MULTILINE)
    assert described == [(route.method, route.path) for route in ROUTES]


async def test_where_everything_is(desk: Desk) -> None:
    """Ports, region, recogniser, limits."""
    state = await desk.get("/state")
    assert (state["sts"], state["transcribe"]) == (desk.local.url, desk.local.endpoint)
    assert (state["region"], state["recogniser"], state["clock_shift_seconds"]) == (
        "us-east-1",
        "scripted",
        0,
    )
    assert state["limits"]["concurrent_streams"] == 25  # type: ignore[index]


async def test_what_a_stream_was(desk: Desk) -> None:
    """Who signed it, what it asked for, what came and what was said; its sound is a WAV file."""
    sound = bytes(range(256)) * 12 + bytes(128)
    await stream(signed_url(desk.local), [audio(sound), *SECOND, END])
    (listed,) = (await desk.get("/streams"))["streams"]  # type: ignore[misc]
    whole = await desk.get("/streams/1")
    expected = {
        "number": 1,
        "operation": "standard",
        "transport": "websocket",
        "signer": "arn:aws:iam::123456789012:user/scribepass",
        "parameters": {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": "16000"},
        "frames": 12,
        "resumed": 0,
        "signed_frames": 0,
        "audio_seconds": 1.1,
        "channels": 1,
        "transcripts": ["one two"],
        "partial": "",
        "outcome": "finished",
    }
    assert expected.items() <= listed.items()
    assert expected.items() <= whole.items()
    assert [each["type"] for each in whole["events"]] == ["Transcript"] * 4  # type: ignore[index,attr-defined]
    answer = await desk.ask("GET", "/streams/1/audio")
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        assert file.readframes(file.getnframes()) == sound + CHUNK * 10


async def test_stereo_is_stereo(desk: Desk) -> None:
    """The file has the channels of the stream."""
    stereo = {"enable_channel_identification": True, "number_of_channels": 2}
    await stream(signed_url(desk.local, **stereo), [audio(CHUNK * 2), END])
    with wave.open(io.BytesIO((await desk.ask("GET", "/streams/1/audio")).content)) as file:
        assert (file.getnchannels(), file.getnframes()) == (2, len(CHUNK) // 2)


async def test_faults(desk: Desk) -> None:
    """One, several at once for several streams, and none any more."""
    await desk.ask(
        "POST", "/faults", {"kind": "exception", "exception": "ConflictException", "message": "so"}
    )
    state = (await desk.ask("POST", "/faults", {"faults": [{"kind": "close"}], "times": 2})).json()
    assert state["faults"] == [
        {
            "faults": [
                {"kind": "exception", "after": 0.0, "exception": "ConflictException", "message": "so"}
            ],
            "times": 1,
        },
        {"faults": [{"kind": "close", "after": 0.0}], "times": 2},
    ]
    heard = await stream(signed_url(desk.local), [END])
    assert heard.failure is not None
    assert (heard.failure.kind, heard.failure.message) == ("ConflictException", "so")
    assert (await stream(signed_url(desk.local), [END])).messages == []
    assert (await desk.ask("DELETE", "/faults")).json()["faults"] == []
    assert (await stream(signed_url(desk.local), [*SECOND, END])).finals == ["one two"]


async def test_faults_for_every_stream_of_a_session(desk: Desk) -> None:
    """Until they are taken back."""
    session = "8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30"
    await desk.ask("POST", "/faults", [{"kind": "close", "times": "all", "session_id": session}])
    assert (await stream(signed_url(desk.local), [*SECOND, END])).finals == ["one two"]
    for _ in range(2):
        assert (await stream(signed_url(desk.local, session_id=session), [END])).messages == []


BAD = {
    "nothing": ("POST", "/faults", b"", [("", "json")]),
    "no JSON": ("POST", "/faults", b"{", [("", "json")]),
    "deep": ("POST", "/faults", b"[" * 100_000, [("", "json")]),
    "no object": ("POST", "/faults", b"3", [("", "type")]),
    "no kind": ("POST", "/faults", b"{}", [("kind", "required")]),
    "everything": (
        "POST",
        "/faults",
        b'{"kind": "fire", "after": -1, "times": 0, "seconds": 1, "colour": "red"}',
        [
            ("kind", "value"),
            ("after", "value"),
            ("times", "value"),
            ("colour", "unknown"),
            ("seconds", "conflict"),
        ],
    ),
    "not a number": ("POST", "/faults", b'{"kind": "drop", "after": NaN}', [("after", "value")]),
    "no number that ends": (
        "POST",
        "/faults",
        b'{"kind": "drop", "after": 1' + b"0" * 400 + b"}",
        [("after", "value")],
    ),
    "half of a character": (
        "POST",
        "/faults",
        b'{"kind": "exception", "message": "\\ud800"}',
        [("message", "value")],
    ),
    "half of a character in a script": ("PUT", "/script", b'["\\ud800"]', [("", "script")]),
    "a status of nobody's": ("POST", "/sts/faults", b'{"status": 298}', [("status", "value")]),
    "a status without a body": ("POST", "/sts/faults", b'{"status": 204}', [("status", "value")]),
    "slow by nothing": ("POST", "/faults", b'{"kind": "slow"}', [("seconds", "required")]),
    "no faults": ("POST", "/faults", b'{"faults": []}', [("faults", "value")]),
    "the second of several": (
        "POST",
        "/faults",
        b'[{"kind": "drop"}, {"faults": [{"kind": "drop"}, {"kind": 3}]}]',
        [("1.faults.1.kind", "value")],
    ),
    "a fault of STS": (
        "POST",
        "/sts/faults",
        b'{"kind": "fire", "status": 42}',
        [("kind", "value"), ("status", "value")],
    ),
    "no script": ("PUT", "/script", b"3", [("", "script")]),
    "a line without text": ("PUT", "/script", b'["hello", ""]', [("", "script")]),
    "no shift": ("POST", "/clock", b"{}", [("shift_seconds", "required")]),
    "another shift": (
        "POST",
        "/clock",
        b'{"shift_seconds": true, "x": 1}',
        [("shift_seconds", "value"), ("x", "unknown")],
    ),
}


@pytest.mark.parametrize(("method", "path", "body", "faults"), BAD.values(), ids=BAD)
async def test_what_is_not_understood(
    desk: Desk, method: str, path: str, body: bytes, faults: list[tuple[str, str]]
) -> None:
    """Problem details with all faults at once, and nothing is done."""
    before = await desk.get("/state")
    answer = await desk.web.request(method, path, content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert [(each["field"], each["code"]) for each in answer.json()["problems"]] == faults
    assert all(each["message"] for each in answer.json()["problems"])
    assert await desk.get("/state") == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/streams/", 404),
        ("GET", "/streams/7", 404),
        ("GET", "/streams/7/audio", 404),
        ("GET", "/streams/99999999999", 404),
        ("PATCH", "/state", 405),
        ("POST", "/state", 405),
        ("GET", "/reset", 405),
    ],
)
async def test_what_is_not_there(desk: Desk, method: str, path: str, status: int) -> None:
    """Problem details too."""
    answer = await desk.ask(method, path, status=status)
    assert (answer.json()["status"], answer.headers["content-type"]) == (status, "application/problem+json")


async def test_a_script(desk: Desk) -> None:
    """The streams to come hear it, whatever the recogniser was; a reset brings that back."""
    await desk.ask("PUT", "/script", ["alpha", {"text": "beta", "confidence": 0.5}])
    assert (await stream(signed_url(desk.local), [*SECOND, *SECOND, END])).finals == ["alpha", "beta"]
    await desk.ask("PUT", "/script", {"lines": ["gamma"]})
    assert (await stream(signed_url(desk.local), [*SECOND, END])).finals == ["gamma"]
    await desk.ask("POST", "/reset")
    assert (await stream(signed_url(desk.local), [*SECOND, END])).finals == ["one two"]


def sts_of(local: LocalAws) -> object:
    return boto3.client(
        "sts",
        endpoint_url=local.url,
        region_name="us-east-1",
        aws_access_key_id=STATIC_ACCESS_KEY_ID,
        aws_secret_access_key=STATIC_SECRET_ACCESS_KEY,
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.mark.parametrize(
    ("seconds", "sts", "stream_"),
    [
        (400, "Signature expired: ", "Request has expired"),
        (-400, "Signature not yet current: ", "Signature not yet current: "),
    ],
)
async def test_a_clock_that_is_wrong(desk: Desk, seconds: float, sts: str, stream_: str) -> None:
    """STS and handshakes refuse as AWS does, and Date headers show by how much; a reset sets it right."""
    await desk.ask("POST", "/clock", {"shift_seconds": seconds})
    with pytest.raises(ClientError, match=sts) as refused:
        await asyncio.to_thread(sts_of(desk.local).get_caller_identity)  # type: ignore[attr-defined]
    assert refused.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
    heard = await stream(signed_url(desk.local), [END])
    assert heard.failure is not None
    assert heard.failure.message.startswith(stream_)
    await desk.ask("POST", "/reset")
    assert (await stream(signed_url(desk.local), [END])).failure is None


async def test_a_clock_that_goes_wrong_in_a_stream(desk: Desk) -> None:
    """A signed event that was in time is expired all of a sudden, in AWS's words."""
    url = signed_url(desk.local)
    seed = url.rpartition("X-Amz-Signature=")[2]
    chain = ChunkSigner(STATIC, region="us-east-1", seed_signature=seed)

    def event() -> bytes:
        now = utcnow().replace(microsecond=0)
        signature = chain.sign(date=now, payload=audio())
        date = Header(name=":date", type=HeaderType.TIMESTAMP, value=now)
        signed_ = Header(name=":chunk-signature", type=HeaderType.BYTES, value=signature)
        return Message((date, signed_), audio()).encode()

    async with connect(url, compression=None) as socket:
        await socket.send(event())
        await socket.recv()
        while not next(iter(desk.local.journal)).signed:  # noqa: ASYNC110 - read by others too
            await asyncio.sleep(0.01)
        await desk.ask("POST", "/clock", {"shift_seconds": 400})
        await socket.send(event())
        heard = await listen(socket)
    assert heard.failure is not None
    assert (heard.failure.kind, heard.failure.message[:19]) == ("BadRequestException", "Signature expired: ")
    assert (await desk.get("/streams/1"))["signed_frames"] == 1


async def test_a_fault_of_sts_waits_for_its_call(desk: Desk) -> None:
    """A known code has AWS's text and status; each call of its action takes one."""
    await desk.ask("POST", "/sts/faults", {"code": "Throttling", "times": 2, "action": "AssumeRole"})
    faults = desk.local.sts_faults
    assert faults.take("GetCallerIdentity") is None
    taken = [faults.take("AssumeRole") for _ in range(3)]
    assert [each and (each.code, each.status, each.message) for each in taken] == [
        ("Throttling", 400, "Rate exceeded"),
        ("Throttling", 400, "Rate exceeded"),
        None,
    ]
    await desk.ask("POST", "/sts/faults", {"kind": "slow", "delay_seconds": 3})
    await desk.ask("DELETE", "/sts/faults")
    assert faults.take("AssumeRole") is None


async def test_refusals_and_what_is_forgotten(desk: Desk) -> None:
    """A refused handshake is told with its reason; streams and refusals can be forgotten."""
    url = signed_url(desk.local).replace("127.0.0.1", "localhost")
    heard = await stream(url, [])
    assert heard.failure is not None
    (refused,) = (await desk.get("/refusals"))["refusals"]  # type: ignore[misc]
    assert refused["exception"] == "InvalidSignatureException"
    assert refused["because"].startswith(f"127.0.0.1:{desk.local.port} was signed")
    await stream(signed_url(desk.local), [END])
    await desk.ask("DELETE", "/streams")
    assert await desk.get("/streams") == {"streams": []}
    assert await desk.get("/refusals") == {"refusals": []}


async def test_no_answer_opens_a_door(desk: Desk) -> None:
    """With temporary credentials in good and bad streams, neither token nor signature is in any answer."""
    answer = await asyncio.to_thread(sts_of(desk.local).get_session_token)  # type: ignore[attr-defined]
    issued = Credentials(
        access_key_id=answer["Credentials"]["AccessKeyId"],
        secret_access_key=answer["Credentials"]["SecretAccessKey"],
        session_token=answer["Credentials"]["SessionToken"],
    )
    good = signed(unsigned_url(desk.local), credentials=issued)
    for url in (good, good.replace("en-US", "en-GB"), good[:-3]):
        await stream(url, [END])
    answers = [
        (await desk.ask("GET", path)).text for path in ("/state", "/streams", "/streams/1", "/refusals")
    ]
    written = "".join(answers)
    assert "InvalidSignatureException" in written
    for secret in (
        good.rpartition("X-Amz-Signature=")[2],
        str(issued.session_token)[:30],
        issued.secret_access_key,
        STATIC_SECRET_ACCESS_KEY,
        "X-Amz-",
    ):
        assert secret not in written


async def test_there_is_none_unless_asked() -> None:
    """A local AWS has no control API of its own accord, and on the port of AWS there is none."""
    async with local_aws() as local, httpx.AsyncClient() as web:
        assert local.control_url is None
        assert (await web.get(f"{local.url}/state")).status_code == 404
        assert (await web.post(f"{local.url}/reset")).status_code == 404
