"""Before a stream: every refusal by name, through a real WebSocket, in both modes."""

import json
import random
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from scribepass.local import refusals
from scribepass.local.handshake import Accepted, Handshake
from scribepass.local.keys import Keys, Principal
from scribepass.local.server import LocalAws
from scribepass.sigv4 import Credentials, SignedRequest, presign
from scribepass.transcribe import Operation, parse, stream_url
from support.signing import as_received, awscrt_presign, botocore_presign
from support.streaming import (
    END,
    STATIC,
    Clock,
    exception_frame,
    local_aws,
    signed,
    signed_url,
    stream,
    unsigned_url,
    utcnow,
)

SECRET = b"the servers of this module share it"
KEYS = Keys(SECRET)
ARN = "arn:aws:sts::123456789012:assumed-role/vend/me"
ACTION = "transcribe:StartStreamTranscriptionWebSocket"
DENIED = (
    f"User: {ARN} is not authorized to perform: {ACTION} because no session policy allows the {ACTION} action"
)


@pytest.fixture
async def local() -> AsyncIterator[LocalAws]:
    async with local_aws(signing_secret=SECRET) as local:
        yield local


@pytest.fixture
async def strict() -> AsyncIterator[LocalAws]:
    async with local_aws(signing_secret=SECRET, refuse_handshake=True) as local:
        yield local


def session(policy: dict[str, object] | None = None, *, life: float = 3600) -> Credentials:
    """Credentials of a role session, as the local STS issues them."""
    text = None if policy is None else json.dumps({"Version": "2012-10-17", "Statement": policy})
    principal = Principal(arn=ARN, user_id="AROA:me", session_policy=text)
    return KEYS.issue(principal, expires_at=utcnow() + timedelta(seconds=life))


def allow(**members: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": ACTION, "Resource": "*", **members}


def source(network: str) -> dict[str, object]:
    return {"IpAddress": {"aws:SourceIp": network}}


def without(url: str, name: str) -> str:
    return re.sub(rf"[?&]{name}=[^&]*", "", url).replace("websocket&", "websocket?")


Case = tuple[Callable[[LocalAws], str], str, int, str]

REFUSED: dict[str, Case] = {
    "no signature": (unsigned_url, "IncompleteSignature", 400, "there is no signature"),
    "half a signature": (
        lambda local: without(signed_url(local), "X-Amz-Date"),
        "IncompleteSignature",
        400,
        "X-Amz-Date",
    ),
    "more than five minutes": (
        lambda local: signed_url(local).replace("X-Amz-Expires=60", "X-Amz-Expires=301"),
        "IncompleteSignature",
        400,
        "X-Amz-Expires",
    ),
    "another region": (
        lambda local: signed(unsigned_url(local), region="eu-west-1"),
        "InvalidSignatureException",
        403,
        "eu-west-1",
    ),
    "another service": (
        lambda local: presign(
            unsigned_url(local),
            credentials=STATIC,
            region="us-east-1",
            service="s3",
            now=utcnow(),
            expires=60,
        ),
        "InvalidSignatureException",
        403,
        "s3",
    ),
    "unknown key": (
        lambda local: signed(unsigned_url(local), credentials=other(STATIC, access_key_id="AKIDEXAMPLE")),
        "UnrecognizedClientException",
        403,
        "The security token included in the request is invalid.",
    ),
    "token of another key": (
        lambda local: signed(unsigned_url(local), credentials=other(session(), access_key_id="ASIAEXAMPLE")),
        "UnrecognizedClientException",
        403,
        "The security token included in the request is invalid.",
    ),
    "wrong secret": (
        lambda local: signed(unsigned_url(local), credentials=other(STATIC, secret_access_key="wrong")),
        "InvalidSignatureException",
        403,
        "The request signature we calculated does not match the signature you provided.",
    ),
    "a parameter changed": (
        lambda local: signed_url(local).replace("en-US", "en-GB"),
        "InvalidSignatureException",
        403,
        "The request signature we calculated does not match",
    ),
    "a parameter added": (
        lambda local: signed_url(local) + "&show-speaker-label=true",
        "InvalidSignatureException",
        403,
        "The request signature we calculated does not match",
    ),
    "another host": (
        lambda local: signed(unsigned_url(local).replace("127.0.0.1", "localhost")).replace(
            "localhost", "127.0.0.1"
        ),
        "InvalidSignatureException",
        403,
        "The request signature we calculated does not match",
    ),
    "expired": (
        lambda local: signed(unsigned_url(local), now=utcnow() - timedelta(seconds=62)),
        "RequestExpired",
        400,
        "Request has expired",
    ),
    "from the future": (
        lambda local: signed(unsigned_url(local), now=utcnow() + timedelta(minutes=6)),
        "InvalidSignatureException",
        403,
        "Signature not yet current: ",
    ),
    "expired credentials": (
        lambda local: signed(unsigned_url(local), credentials=session(life=-1)),
        "ExpiredTokenException",
        403,
        "The security token included in the request is expired",
    ),
    "a policy for something else": (
        lambda local: signed(unsigned_url(local), credentials=session(allow(Action="s3:*"))),
        "AccessDeniedException",
        403,
        DENIED,
    ),
    "a policy for the other operation": (
        lambda local: signed(unsigned_url(local, Operation.MEDICAL), credentials=session(allow())),
        "AccessDeniedException",
        403,
        "StartMedicalStreamTranscriptionWebSocket",
    ),
    "a policy for another address": (
        lambda local: signed(
            unsigned_url(local), credentials=session(allow(Condition=source("203.0.113.0/24")))
        ),
        "AccessDeniedException",
        403,
        "no session policy allows",
    ),
    "an explicit deny": (
        lambda local: signed(unsigned_url(local), credentials=session({**allow(), "Effect": "Deny"})),
        "AccessDeniedException",
        403,
        "with an explicit deny in a session policy",
    ),
    "parameters": (
        lambda local: signed(unsigned_url(local).replace("16000", "7").replace("en-US", "xx-XX")),
        "BadRequestException",
        400,
        "2 validation errors detected: ",
    ),
    "a language that the region has not": (
        lambda local: signed(unsigned_url(local).replace("en-US", "xh-ZA")),
        "BadRequestException",
        400,
        "language-code",
    ),
    "an encoding that the engine does not take": (
        lambda local: signed_url(local, media_encoding="flac"),
        "BadRequestException",
        400,
        f"{refusals.UNDECODABLE.message} The local AWS takes pcm, not flac.",
    ),
}


def other(credentials: Credentials, **members: str) -> Credentials:
    given = {
        "access_key_id": credentials.access_key_id,
        "secret_access_key": credentials.secret_access_key,
        "session_token": credentials.session_token,
    }
    return Credentials(**{**given, **members})


@pytest.mark.parametrize(("url", "kind", "status", "message"), REFUSED.values(), ids=REFUSED)
async def test_refused_after_the_101(
    local: LocalAws, url: Callable[[LocalAws], str], kind: str, status: int, message: str
) -> None:
    """By default the socket opens, an exception frame says why not, and it closes with 1000, as with AWS."""
    heard = await stream(url(local), [])
    assert heard.failure is not None
    assert heard.failure.kind == kind
    assert message in heard.failure.message
    assert heard.close_code == 1000
    headers, body = exception_frame(heard.messages[0])
    assert headers == {
        ":exception-type": kind,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    assert json.loads(body) == {"Message": heard.failure.message}


@pytest.mark.parametrize(("url", "kind", "status", "message"), REFUSED.values(), ids=REFUSED)
async def test_refused_at_the_handshake(
    strict: LocalAws, url: Callable[[LocalAws], str], kind: str, status: int, message: str
) -> None:
    """On request it is an HTTP status with the same name and text, and there is no socket."""
    with pytest.raises(InvalidStatus) as caught:
        await stream(url(strict), [])
    response = caught.value.response
    assert (response.status_code, response.headers["x-amzn-errortype"]) == (status, kind)
    assert message in json.loads(response.body)["Message"]
    assert response.headers["x-amzn-requestid"]


ACCEPTED: dict[str, Callable[[LocalAws], str]] = {
    "ours": signed_url,
    "botocore": lambda local: botocore_presign(
        unsigned_url(local), credentials=STATIC, region="us-east-1", now=utcnow(), expires=300
    ),
    "awscrt": lambda local: awscrt_presign(
        unsigned_url(local), credentials=STATIC, region="us-east-1", now=utcnow(), expires=60
    ),
    "session": lambda local: signed(unsigned_url(local), credentials=session()),
    "botocore, session": lambda local: botocore_presign(
        unsigned_url(local), credentials=session(), region="us-east-1", now=utcnow(), expires=60
    ),
    "a policy that allows it": lambda local: signed(
        unsigned_url(local), credentials=session(allow(Condition=source("127.0.0.0/8")))
    ),
    "a clock behind": lambda local: signed(unsigned_url(local), now=utcnow() - timedelta(seconds=55)),
    "a clock ahead": lambda local: signed(unsigned_url(local), now=utcnow() + timedelta(minutes=4)),
    "what SDKs add": lambda local: botocore_presign(
        f"{unsigned_url(local)}&x-amz-user-agent=aws-sdk-js%2F3",
        credentials=STATIC,
        region="us-east-1",
        now=utcnow(),
        expires=60,
    ),
    "what SDKs leave empty": lambda local: signed(f"{unsigned_url(local)}&vocabulary-name="),
    "identify-language": lambda local: signed(
        stream_url(
            Operation.STANDARD,
            region="us-east-1",
            params=parse(
                Operation.STANDARD,
                {
                    "identify-language": True,
                    "language-options": "en-US,es-US",
                    "media-encoding": "pcm",
                    "sample-rate": 16_000,
                },
            ),
            endpoint=local.endpoint,
        )
    ),
}


@pytest.mark.parametrize("url", ACCEPTED.values(), ids=ACCEPTED)
async def test_accepted(local: LocalAws, url: Callable[[LocalAws], str]) -> None:
    """Whoever signed it, and with whatever credentials: a good URL opens a stream."""
    heard = await stream(url(local), [END])
    assert (heard.failure, heard.close_code) == (None, 1000)


async def test_a_refusal_stands_in_the_log_without_secrets(local: LocalAws) -> None:
    """A mismatch shows this side's canonical request, to be laid beside the other; no token."""
    credentials = session()
    url = signed(unsigned_url(local), credentials=credentials).replace("en-US", "en-GB")
    with structlog.testing.capture_logs() as lines:
        await stream(url, [])
    ours = next(line["our_canonical_request"] for line in lines if line["event"] == "signature_mismatch")
    assert ours.startswith("GET\n/stream-transcription-websocket\n")
    assert "language-code=en-GB" in ours
    assert "X-Amz-Security-Token=[redacted]&" in ours
    token = credentials.session_token or ""
    assert not any(part in str(lines) for part in (token[:40], token[-40:], url.rpartition("=")[2]))


async def test_a_token_in_a_header_is_not_shown_either(local: LocalAws) -> None:
    """Whoever signs with headers has the token on a line of its own."""
    handshake = Handshake(keys=KEYS, clock=utcnow, region="us-east-1")
    credentials = session()
    request = botocore_signed(unsigned_url(local), other(credentials, secret_access_key="wrong"))
    with structlog.testing.capture_logs() as lines:
        handshake.examine(Operation.STANDARD, request, source_ip="127.0.0.1")
    ours = next(line["our_canonical_request"] for line in lines if line["event"] == "signature_mismatch")
    assert "x-amz-security-token:[redacted]\n" in ours


def botocore_signed(url: str, credentials: Credentials) -> SignedRequest:
    from support.signing import botocore_sign

    return botocore_sign(
        method="GET",
        url=url.replace("ws:", "http:"),
        headers={},
        body=b"",
        credentials=credentials,
        region="us-east-1",
        service="transcribe",
        now=utcnow(),
    )


def test_languages_that_the_engine_does_not_know() -> None:
    """A stream in a language that the recogniser lacks is refused in plain words, not transcribed wrongly."""
    handshake = Handshake(keys=KEYS, clock=utcnow, region="us-east-1", languages=("en",))
    for code, known in [("en-US", True), ("en-ZA", True), ("de-DE", False), ("es-US", False)]:
        params = parse(
            Operation.STANDARD, {"language-code": code, "media-encoding": "pcm", "sample-rate": 16_000}
        )
        url = signed(
            stream_url(Operation.STANDARD, region="us-east-1", params=params, endpoint="ws://127.0.0.1:1")
        )
        verdict = handshake.examine(Operation.STANDARD, as_received(url), source_ip="127.0.0.1")
        assert isinstance(verdict, Accepted) is known
        if not isinstance(verdict, Accepted):
            assert verdict.message == f"This local AWS's recogniser knows en only, not {code}."


def test_a_thousand_mutations_are_a_thousand_refusals() -> None:
    """A signed URL with any one character of its query changed in meaning opens nothing."""
    clock = Clock()
    handshake = Handshake(keys=KEYS, clock=clock, region="us-east-1")
    params = parse(
        Operation.STANDARD, {"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16_000}
    )
    url = stream_url(Operation.STANDARD, region="us-east-1", params=params, endpoint="ws://127.0.0.1:8444")
    good = as_received(signed(url, credentials=session(allow()), now=clock.now))
    assert isinstance(handshake.examine(Operation.STANDARD, good, source_ip="127.0.0.1"), Accepted)
    generator = random.Random(20260115)
    start = good.target.index("?") + 1
    for _ in range(1000):
        at = generator.randrange(start, len(good.target))
        other_character = generator.choice([each for each in "aB3-~=&%" if each != good.target[at]])
        target = good.target[:at] + other_character + good.target[at + 1 :]
        request = SignedRequest(method="GET", target=target, headers=good.headers)
        verdict = handshake.examine(Operation.STANDARD, request, source_ip="127.0.0.1")
        assert not isinstance(verdict, Accepted), target


async def test_the_handshake_tells_its_request_id(local: LocalAws) -> None:
    """A 101 has one as well."""
    async with connect(signed_url(local), compression=None) as socket:
        assert socket.response is not None
        assert socket.response.headers["x-amzn-requestid"]
        assert "server" not in socket.response.headers
