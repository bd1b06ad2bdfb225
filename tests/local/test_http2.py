"""Streams over HTTP/2, through real sockets: what opens one, what it says, how it ends."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from h2.settings import SettingCodes

from scribepass.local import refusals
from scribepass.local.keys import Keys, Principal
from scribepass.local.limits import Limits
from scribepass.local.recognisers.scripted import Line, Scripted
from scribepass.local.server import LocalAws
from scribepass.sigv4 import Credentials
from scribepass.transcribe import Configuration, Operation, Transcript, Utterance, encode
from support.engines import Counting
from support.http2 import (
    GOAWAY,
    Client,
    EventSigner,
    connected,
    heard_in,
    signed_headers,
    stream,
)
from support.signing import botocore_sign
from support.streaming import CHUNK, END, RATE, STATIC, audio, local_aws, signed, unsigned_url, utcnow
from support.streaming import stream as websocket_stream

SECRET = b"the servers of this module share it"
ARN = "arn:aws:sts::123456789012:assumed-role/vend/me"
SECOND = [audio()] * 10


@pytest.fixture
async def local() -> AsyncIterator[LocalAws]:
    async with local_aws(signing_secret=SECRET) as local:
        yield local


@pytest.fixture
async def client(local: LocalAws) -> AsyncIterator[Client]:
    async with connected(local) as client:
        yield client


def session(action: str, **members: object) -> Credentials:
    """Credentials of a role session that may do one thing."""
    statement = {"Effect": "Allow", "Action": f"transcribe:{action}", "Resource": "*", **members}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    principal = Principal(arn=ARN, user_id="AROA:me", session_policy=policy)
    return Keys(SECRET).issue(principal, expires_at=utcnow() + timedelta(hours=1))


def changed(headers: list[tuple[str, str]], **values: str) -> list[tuple[str, str]]:
    """The same head with other values of its parameters."""
    named = {f"x-amzn-transcribe-{name.replace('_', '-')}": value for name, value in values.items()}
    return [(name, named.get(name, value)) for name, value in headers]


async def test_a_stream(local: LocalAws, client: Client) -> None:
    """An event without results at once, then partials, then the final; the answer ends with END_STREAM."""
    heard = await stream(client, signed_headers(local), SECOND)
    assert heard.events[0] == Transcript(results=())
    assert [each.alternatives[0].transcript for each in heard.results] == ["one", "one two", "one two"]
    assert (heard.finals, heard.failure) == (["one two"], None)
    record = next(iter(local.journal))
    assert (record.transport, record.outcome, bytes(record.audio)) == ("http2", "finished", CHUNK * 10)


async def test_the_head_of_the_answer_comes_first(local: LocalAws, client: Client) -> None:
    """Before any audio: AWS's headers, and an echo of every parameter."""
    headers = signed_headers(
        local, session_id="8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30", show_speaker_label="True"
    )
    stream_id = client.request(headers)
    answer = client.answers[stream_id]
    await client.until(lambda: bool(answer.headers))
    request_id = answer.headers["x-amzn-request-id"]
    assert answer.headers.pop("date")
    assert answer.headers == {
        ":status": "200",
        "content-type": "application/vnd.amazon.eventstream",
        "x-amzn-request-id": request_id,
        "x-amzn-requestid": request_id,
        "x-amzn-transcribe-language-code": "en-US",
        "x-amzn-transcribe-media-encoding": "pcm",
        "x-amzn-transcribe-sample-rate": "16000",
        "x-amzn-transcribe-show-speaker-label": "true",
        "x-amzn-transcribe-session-id": "8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30",
    }


async def test_medical(local: LocalAws, client: Client) -> None:
    """Medical streams have a path of their own."""
    headers = signed_headers(local, Operation.MEDICAL)
    heard = await stream(client, headers, SECOND, operation=Operation.MEDICAL)
    assert heard.finals == ["one two"]


async def test_call_analytics(local: LocalAws, client: Client) -> None:
    """Calls have a configuration, two channels and utterances."""
    operation = Operation.CALL_ANALYTICS
    events = [encode(Configuration()).encode(), *[audio(CHUNK * 2)] * 10]
    heard = await stream(client, signed_headers(local, operation), events, operation=operation)
    said = [each for each in heard.events if isinstance(each, Utterance) and not each.is_partial]
    assert {(each.participant_role, each.transcript) for each in said} >= {("AGENT", "one two")}


async def test_a_question_mark_without_a_query(local: LocalAws, client: Client) -> None:
    """AWS's newest Python SDK sends one, and signs the path without it."""
    headers = [(name, f"{value}?" if name == ":path" else value) for name, value in signed_headers(local)]
    assert (await stream(client, headers, SECOND)).finals == ["one two"]


async def test_headers_of_any_bytes(local: LocalAws, client: Client) -> None:
    """Node sends what is not ASCII as Latin-1; others send UTF-8. Neither breaks the connection."""
    for value in ("café".encode("latin-1"), "café".encode(), bytes(range(0x80, 0x100))):
        headers: list[Any] = [*signed_headers(local), (b"x-note", value)]
        assert (await client.answered(client.request(headers, end=True))).status == 200


Head = Callable[[LocalAws], list[tuple[str, str]]]
REFUSED: dict[str, tuple[Head, int, str, str]] = {
    "no signature": (
        lambda local: [pair for pair in signed_headers(local) if pair[0] != "authorization"],
        400,
        "IncompleteSignature",
        "there is no signature",
    ),
    "a parameter changed": (
        lambda local: changed(signed_headers(local), language_code="en-GB"),
        403,
        "InvalidSignatureException",
        "The request signature we calculated does not match",
    ),
    "a parameter that is not signed": (
        lambda local: [*signed_headers(local), ("x-amzn-transcribe-show-speaker-label", "true")],
        400,
        "IncompleteSignature",
        "not signed",
    ),
    "an old signature": (
        lambda local: signed_headers(local, now=utcnow() - timedelta(minutes=6)),
        400,
        "RequestExpired",
        "Request has expired",
    ),
    "another key": (
        lambda local: signed_headers(
            local, credentials=Credentials(access_key_id="AKIDEXAMPLE", secret_access_key="x")
        ),
        403,
        "UnrecognizedClientException",
        refusals.TOKEN_INVALID,
    ),
    "the action of WebSockets": (
        lambda local: signed_headers(local, credentials=session("StartStreamTranscriptionWebSocket")),
        403,
        "AccessDeniedException",
        "is not authorized to perform: transcribe:StartStreamTranscription because",
    ),
    "parameters": (
        lambda local: signed_headers(local, sample_rate="7", language_code="xx-XX"),
        400,
        "BadRequestException",
        "2 validation errors detected: ",
    ),
    "an encoding that is not taken": (
        lambda local: signed_headers(local, media_encoding="flac"),
        400,
        "BadRequestException",
        refusals.UNDECODABLE.message,
    ),
}


@pytest.mark.parametrize(("head", "status", "kind", "message"), REFUSED.values(), ids=REFUSED)
async def test_refused(
    local: LocalAws, client: Client, head: Head, status: int, kind: str, message: str
) -> None:
    """A request that opens no stream is answered by a status, the exception's name and its text."""
    stream_id = client.request(head(local))
    answer = await client.answered(stream_id)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (status, kind)
    assert message in json.loads(answer.body)["Message"]
    assert answer.headers["x-amzn-requestid"]
    assert (await stream(client, signed_headers(local), SECOND)).finals == ["one two"]


async def test_its_own_action(local: LocalAws, client: Client) -> None:
    """Who may stream over HTTP/2 may not over WebSocket for that."""
    credentials = session("StartStreamTranscription")
    headers = signed_headers(local, credentials=credentials)
    stream_id, sign = client.request(headers), EventSigner(headers, credentials=credentials)
    await client.send(stream_id, sign(b""), end=True)
    assert heard_in(await client.answered(stream_id)).failure is None
    heard = await websocket_stream(signed(unsigned_url(local), credentials=credentials), [])
    assert heard.failure is not None
    assert heard.failure.kind == "AccessDeniedException"


BAD: dict[str, tuple[Callable[[EventSigner], list[bytes]], str]] = {
    "an unsigned event": (lambda _: [audio()], "the event is not signed"),
    "an unsigned event later": (lambda sign: [sign(audio()), audio()], "the event is not signed"),
    "an event left out": (lambda sign: [sign(audio()), sign(audio())][1:], "does not match"),
    "an event twice": (lambda sign: [sign(audio())] * 2, "does not match"),
    "garbage": (lambda _: [b"RIFF....WAVEfmt "], refusals.UNEXPECTED_FRAME.message),
    "more than a second": (lambda sign: [sign(audio(bytes(RATE * 2 + 2)))], refusals.TOO_BIG.message),
}


@pytest.mark.parametrize(("events", "message"), BAD.values(), ids=BAD)
async def test_what_ends_a_stream(
    local: LocalAws, client: Client, events: Callable[[EventSigner], list[bytes]], message: str
) -> None:
    """What goes wrong later is an exception frame, and then the end of the answer."""
    headers = signed_headers(local)
    stream_id = client.request(headers)
    await client.send(stream_id, b"".join(events(EventSigner(headers))), end=True)
    answer = await client.answered(stream_id)
    failure = heard_in(answer).failure
    assert (answer.status, answer.ended) == (200, True)
    assert failure is not None
    assert failure.kind == "BadRequestException"
    assert message in failure.message


ENDS: dict[str, Callable[[EventSigner], bytes]] = {
    "END_STREAM alone": lambda _: b"",
    "a signed message without payload": lambda sign: sign(b""),
    "a signed empty event": lambda sign: sign(END),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_ways_to_end(local: LocalAws, client: Client, end: Callable[[EventSigner], bytes]) -> None:
    """However a client says that its audio is over, it gets its final."""
    headers = signed_headers(local)
    stream_id, sign = client.request(headers), EventSigner(headers)
    await client.send(stream_id, b"".join([*(sign(each) for each in SECOND), end(sign)]), end=True)
    heard = heard_in(await client.answered(stream_id))
    assert (heard.finals, heard.failure) == (["one two"], None)


async def test_a_client_that_goes_on_is_told_to_stop() -> None:
    """After the end of the answer its audio is forgotten, and then the stream is reset without an error."""
    async with local_aws(limits=Limits(close_seconds=0.1)) as local, connected(local) as client:
        stream_id = client.request(signed_headers(local))
        await client.send(stream_id, b"not an event stream at all")
        answer = client.answers[stream_id]
        await client.until(lambda: answer.reset is not None)
        assert (answer.ended, answer.reset) == (True, 0)
        assert heard_in(answer).failure is not None
        assert (await stream(client, signed_headers(local), SECOND)).finals == ["one two"]


async def test_fifty_streams_on_one_connection() -> None:
    """All at once, each with its own words in its own order."""
    lines = [Line(text=f"word{number}", start=number / 5, end=number / 5 + 0.1) for number in range(5)]
    limits = Limits(concurrent_streams=50, starts_per_second=50)
    async with local_aws(recogniser=Scripted(lines), limits=limits) as local, connected(local) as client:
        heard = await asyncio.gather(*(stream(client, signed_headers(local), SECOND) for _ in range(50)))
    assert [each.finals for each in heard] == [[line.text for line in lines]] * 50


async def test_goaway_in_mid_stream(local: LocalAws, client: Client) -> None:
    """The JavaScript SDK says it as soon as it is answered. The stream goes on; then the server closes."""
    headers = signed_headers(local)
    stream_id, sign = client.request(headers), EventSigner(headers)
    await client.send(stream_id, sign(audio()))
    await client.until(lambda: bool(client.answers[stream_id].body))
    for at in range(len(GOAWAY)):  # cut anywhere
        client.writer.write(GOAWAY[at : at + 1])
        await client.writer.drain()
    await client.send(stream_id, b"".join([*(sign(each) for each in SECOND), sign(b"")]), end=True)
    assert heard_in(await client.answered(stream_id)).finals == ["one two"]
    await client.until(lambda: client.closed)


async def test_reset(local: LocalAws, client: Client) -> None:
    """A stream that the client resets is over, and the others on its connection are not."""
    headers = signed_headers(local)
    other, sign = client.request(headers), EventSigner(headers)
    await client.send(other, sign(audio()))
    gone = client.request(signed_headers(local))
    await client.until(lambda: bool(client.answers[gone].body))
    client.h2.reset_stream(gone)
    client.flush()
    await client.send(other, b"".join([*(sign(each) for each in SECOND), sign(b"")]), end=True)
    assert heard_in(await client.answered(other)).finals == ["one two"]
    outcomes = {record.outcome for record in local.journal}
    assert outcomes == {"finished", "client_gone"}


async def test_no_audio() -> None:
    """A client that sends nothing is told, in AWS's words."""
    limits = Limits(idle_seconds=0.2, close_seconds=0.1)
    async with local_aws(limits=limits) as local, connected(local) as client:
        failure = heard_in(await client.answered(client.request(signed_headers(local)))).failure
        assert failure is not None
        assert failure.message == refusals.idle(0.2).message


@pytest.mark.parametrize("window", [1, 17, 1000])
async def test_tiny_windows_of_the_client(local: LocalAws, window: int) -> None:
    """A client that takes little at a time gets all of it, in order."""
    async with connected(local, settings={4: window}) as client:
        both = await asyncio.gather(*(stream(client, signed_headers(local), SECOND) for _ in range(2)))
    assert [heard.finals for heard in both] == [["one two"]] * 2


async def test_a_client_that_gives_no_window_back() -> None:
    """Results that nobody takes are not piled up: the stream is reset, and the connection lives."""
    limits = Limits(idle_seconds=0.3, close_seconds=0.3)
    engine = Counting(isolation="inline", shouts=500_000)
    async with (
        local_aws(recogniser=engine, limits=limits) as local,
        connected(local, generous=False) as client,
    ):
        headers = signed_headers(local)
        stream_id, sign = client.request(headers), EventSigner(headers)
        await client.send(stream_id, b"".join(sign(each) for each in SECOND), end=True)
        answer = await client.answered(stream_id)
        assert answer.reset == 2
        assert len(answer.body) == 65_535
        assert next(iter(local.journal)).outcome == "client_gone"
        refused = await client.answered(client.request([*signed_headers(local)[:4], ("x", "y")]))
        assert refused.status == 400


async def test_a_client_that_sends_fast() -> None:
    """Audio that is not heard yet waits with the client: its window closes, and nothing is lost."""
    limits = Limits(http2_window_bytes=8000)
    engine = Counting(seconds_each=0.02)
    async with local_aws(recogniser=engine, limits=limits) as local, connected(local) as client:
        heard = await stream(client, signed_headers(local), [audio()] * 40)
        assert heard.finals[-1] == str(len(CHUNK) * 40)
        assert client.waited > 0


async def test_streams_do_not_wait_for_one_another() -> None:
    """While one recogniser is stuck and its stream's window closed, another stream goes on."""
    engine = Counting(seconds_each=1.0)
    async with local_aws(recogniser=engine) as local, connected(local) as client:
        headers = signed_headers(local)
        stuck, sign = client.request(headers), EventSigner(headers)
        flood = b"".join(sign(audio(bytes(RATE * 2))) for _ in range(60))
        sending = asyncio.create_task(client.send(stuck, flood))
        await client.until(lambda: client.waited > 0)
        heard = await stream(client, signed_headers(local), [audio()])
        assert heard.finals[-1] == str(len(CHUNK))
        assert not sending.done()
        client.h2.reset_stream(stuck)
        client.flush()
        sending.cancel()


PLAIN: dict[str, tuple[str, str, int]] = {
    "health": ("GET", "/healthz", 200),
    "health without a body": ("HEAD", "/healthz", 200),
    "nothing there": ("GET", "/nowhere", 404),
    "a GET of STS": ("GET", "/", 405),
    "a stream that is not posted": ("GET", "/stream-transcription", 404),
    "the path of a WebSocket": ("POST", "/stream-transcription-websocket", 404),
    "STS without a signature": ("POST", "/", 403),
}


@pytest.mark.parametrize(("method", "path", "status"), PLAIN.values(), ids=PLAIN)
async def test_plain_requests(client: Client, method: str, path: str, status: int) -> None:
    """What HTTP/1.1 is answered, HTTP/2 is answered too."""
    pseudo = [(":method", method), (":path", path), (":scheme", "http"), (":authority", "localhost")]
    answer = await client.answered(client.request(pseudo, end=True))
    assert (answer.status, answer.ended) == (status, True)
    assert answer.headers["x-amzn-requestid"]
    assert bool(answer.body) is (method != "HEAD")


async def test_sts(local: LocalAws, client: Client) -> None:
    """SDKs that prefer HTTP/2 wherever it is offered find the STS."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    request = botocore_sign(
        method="POST",
        url=f"{local.url}/",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=body,
        credentials=STATIC,
        region="us-east-1",
        service="sts",
        now=utcnow(),
    )
    fields = {name.lower(): value for name, value in request.headers}
    pseudo = [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", fields.pop("host"))]
    stream_id = client.request([*pseudo, *fields.items()])
    await client.send(stream_id, body, end=True)
    answer = await client.answered(stream_id)
    assert (answer.status, b"user/scribepass" in answer.body) == (200, True)


async def test_a_body_beyond_the_limit(client: Client) -> None:
    """Is read to its end and answered by 413."""
    pseudo = [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "localhost")]
    stream_id = client.request(pseudo)
    await client.send(stream_id, bytes(300_000), end=True)
    assert (await client.answered(stream_id)).status == 413


async def test_a_body_that_does_not_end() -> None:
    """Is waited for as long as HTTP/1.1 would, and then the stream is reset."""
    async with local_aws(limits=Limits(http_idle_seconds=0.2)) as local, connected(local) as client:
        pseudo = [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "localhost")]
        answer = await client.answered(client.request(pseudo))
        assert (answer.headers, answer.reset) == ({}, 2)


async def test_settings(client: Client) -> None:
    """How many streams there may be is said, and no WebSocket over HTTP/2 is offered."""
    await client.until(lambda: client.h2.remote_settings.get(SettingCodes.MAX_HEADER_LIST_SIZE) == 32 * 1024)
    assert client.h2.remote_settings.max_concurrent_streams == 100
    assert client.h2.remote_settings.enable_connect_protocol == 0


async def test_secure_transport() -> None:
    """A policy that wants TLS is obeyed on both ports and by both transports."""
    secure: dict[str, Any] = {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    credentials = session("StartStreamTranscription*", **secure)
    async with local_aws(signing_secret=SECRET, tls_port=0) as local:
        trust = ssl.create_default_context(cafile=local.authority)
        trust.set_alpn_protocols(["h2"])
        async with connected(local) as plain, connected(local, ssl=trust) as tls:
            refused = await plain.answered(plain.request(signed_headers(local, credentials=credentials)))
            assert refused.headers["x-amzn-errortype"] == "AccessDeniedException"
            head = signed_headers(local, credentials=credentials, scheme="https")
            stream_id, sign = tls.request(head), EventSigner(head, credentials=credentials)
            await tls.send(stream_id, sign(b""), end=True)
            assert heard_in(await tls.answered(stream_id)).failure is None
        url = unsigned_url(local)
        assert (await websocket_stream(signed(url, credentials=credentials), [])).failure is not None
        url = url.replace(local.endpoint, local.wss_endpoint)
        trust = ssl.create_default_context(cafile=local.authority)
        heard = await websocket_stream(signed(url, credentials=credentials), [b""], ssl=trust)
        assert heard.failure is None


async def test_a_connection_without_requests_is_closed() -> None:
    """It is told so, and so is one whose requests are all answered."""
    async with local_aws(limits=Limits(http_idle_seconds=0.2)) as local:
        async with connected(local) as client:
            await client.until(lambda: client.closed)
            assert client.gone == 0
        async with connected(local) as client:
            assert (await stream(client, signed_headers(local), SECOND)).finals == ["one two"]
            await client.until(lambda: client.closed)


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
async def test_closing_ends_everything(*, secure: bool) -> None:
    """When the server ends, its clients are told, and recognisers end."""
    async with local_aws(recogniser=Counting(), tls_port=0) as local:
        trust = ssl.create_default_context(cafile=local.authority)
        trust.set_alpn_protocols(["h2"])
        reading = connected(local, ssl=trust if secure else None)
        client = await reading.__aenter__()
        headers = signed_headers(local)
        stream_id, sign = client.request(headers), EventSigner(headers)
        await client.send(stream_id, sign(audio()))
        await client.until(lambda: bool(client.answers[stream_id].body))
    await client.until(lambda: client.closed)
    assert client.gone == 0
    await reading.__aexit__(None, None, None)
