"""Our presigned URLs beside those of botocore and awscrt, and requests that both sign in a header."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from awscrt import auth, http

from scribepass.errors import SignatureMismatch
from scribepass.sigv4 import Credentials, Presigner, SignedRequest, presign, verify
from support.signing import as_received, awscrt_presign, botocore_presign, botocore_sign, knows

NOW = datetime(2026, 1, 15, 12, 0, 0, tzinfo=UTC)
REGION = "us-east-1"
HOST = "transcribestreaming.us-east-1.amazonaws.com:8443"
TOKEN = "IQoJb3JpZ2lu/TOKEN+WITH=="
LASTING = Credentials(
    access_key_id="AKIDEXAMPLE", secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)
TEMPORARY = Credentials(
    access_key_id="ASIAEXAMPLE",
    secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token=TOKEN,
)

STANDARD = {
    "language-code": "en-US",
    "identify-language": "true",
    "identify-multiple-languages": "true",
    "language-options": "en-US,de-DE,fr-CA",
    "preferred-language": "de-DE",
    "media-encoding": "pcm",
    "sample-rate": "16000",
    "session-id": "8f5f9c1e-0c6a-4c2c-9d4e-2f5d8a1b7c30",
    "session-resume-window": "5",
    "vocabulary-name": "products_2026.v1",
    "vocabulary-names": "products,places",
    "vocabulary-filter-name": "rude",
    "vocabulary-filter-names": "rude,ruder",
    "vocabulary-filter-method": "mask",
    "show-speaker-label": "true",
    "enable-channel-identification": "true",
    "number-of-channels": "2",
    "enable-partial-results-stabilization": "true",
    "partial-results-stability": "high",
    "content-identification-type": "PII",
    "content-redaction-type": "PII",
    "pii-entity-types": "NAME,ADDRESS,CREDIT_DEBIT_NUMBER",
    "language-model-name": "clm-1",
    "transcript-format": "default",
}
MEDICAL = {
    "language-code": "en-US",
    "media-encoding": "ogg-opus",
    "sample-rate": "48000",
    "specialty": "PRIMARYCARE",
    "type": "DICTATION",
    "vocabulary-name": "drugs",
    "show-speaker-label": "false",
    "session-id": "0b7d3f7e-86ad-4d4f-9c63-b4c7f3d9c2a1",
    "enable-channel-identification": "false",
    "number-of-channels": "2",
    "content-identification-type": "PHI",
}
CALL_ANALYTICS = {
    name: STANDARD[name]
    for name in (
        "language-code",
        "identify-language",
        "language-options",
        "preferred-language",
        "media-encoding",
        "sample-rate",
        "session-id",
        "vocabulary-name",
        "vocabulary-names",
        "vocabulary-filter-name",
        "vocabulary-filter-names",
        "vocabulary-filter-method",
        "enable-partial-results-stabilization",
        "partial-results-stability",
        "content-identification-type",
        "content-redaction-type",
        "pii-entity-types",
        "language-model-name",
    )
}
STREAM = "/stream-transcription-websocket"
OPERATIONS = {
    STREAM: STANDARD,
    "/medical-stream-transcription-websocket": MEDICAL,
    "/call-analytics-stream-transcription-websocket": CALL_ANALYTICS,
}
STRANGE_VALUES = [
    "",
    " ",
    "a b",
    "café (x)*'!~",
    "日本語",
    "🎤",
    "é",
    "%",
    "%25",
    "%2F",
    "a=b&c=d",
    "+",
    "#?/:@",
    "-._~",
    "\u2028\x7f\t",
    '"<>\\^`{|}',
    ",;$!*()[]",
]
STRANGE_NAMES = [
    "a",
    "Z",
    "0",
    "~",
    "_",
    "a-b",
    "a.b",
    "é",
    "%",
    "W",
    "Y",
    "x-am",
    "X-Am",
    "X-Amy",
    "x",
    "language code",
]
HOSTS = [
    "transcribestreaming.eu-central-1.amazonaws.com:8443",
    "transcribestreaming.cn-north-1.amazonaws.com.cn:8443",
    "transcribestreaming-fips.us-gov-west-1.amazonaws.com:8443",
    "Transcribestreaming.US-East-1.AmazonAWS.com:8443",
    "transcribestreaming.us-east-1.amazonaws.com",
    "transcribestreaming.us-east-1.amazonaws.com:443",
    "transcribestreaming.us-east-1.amazonaws.com:80",
    "localhost:8444",
    "127.0.0.1:8444",
    "127.0.0.1:65535",
    "[::1]:8444",
]


class Case(NamedTuple):
    """A URL to be presigned."""

    path: str
    parameters: dict[str, str]
    host: str = HOST
    scheme: str = "wss"
    credentials: Credentials = TEMPORARY
    region: str = REGION
    now: datetime = NOW
    expires: int = 300

    @property
    def url(self) -> str:
        query = "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in self.parameters.items())
        return f"{self.scheme}://{self.host}{self.path}?{query}"


MINIMUM = {name: STANDARD[name] for name in ("language-code", "media-encoding", "sample-rate")}


def every_parameter() -> Iterator[Case]:
    """Each operation with all its parameters, in two orders, with two kinds of key; and each one alone."""
    for path, parameters in OPERATIONS.items():
        for credentials in (LASTING, TEMPORARY):
            yield Case(path, parameters, credentials=credentials)
            yield Case(path, dict(reversed(parameters.items())), credentials=credentials)
        for name, value in parameters.items():
            yield Case(path, {name: value})


def strange_texts_and_hosts() -> Iterator[Case]:
    """Values, names and hosts that are easily encoded or sorted wrongly."""
    for value in STRANGE_VALUES:
        yield Case(STREAM, {**MINIMUM, "vocabulary-name": value})
    for name in STRANGE_NAMES:
        yield Case(STREAM, {**MINIMUM, name: "value"})
    for host in HOSTS:
        yield Case(STREAM, MINIMUM, host=host)
        yield Case(STREAM, MINIMUM, host=host, scheme="ws")


def keys_scopes_and_times() -> Iterator[Case]:
    """Tokens up to 16 KiB, secrets around SHA-256's block size, regions, lives and days."""
    for size in (1, 63, 64, 65, 1024, 4096, 16384):
        token = (TOKEN * (size // len(TOKEN) + 1))[:size]
        key = Credentials(access_key_id="ASIAEXAMPLE", secret_access_key="s" * size, session_token=token)
        yield Case(STREAM, MINIMUM, credentials=key)
    for region in ("eu-west-1", "ap-southeast-7", "cn-northwest-1", "us-gov-east-1"):
        yield Case(STREAM, MINIMUM, region=region)
    for expires in (1, 15, 60, 299):
        yield Case(STREAM, MINIMUM, expires=expires)
    for seconds in (0, 1, 59, 86399, 86400, 31 * 86400, -(20 * 365 * 86400)):
        yield Case(STREAM, MINIMUM, now=NOW + timedelta(seconds=seconds))


def mixtures() -> Iterator[Case]:
    """Parameters drawn with a fixed seed, some with strange values."""
    chance = random.Random(20260115)
    for number in range(80):
        names = chance.sample(sorted(STANDARD), chance.randint(1, len(STANDARD)))
        drawn = {name: chance.choice([STANDARD[name], chance.choice(STRANGE_VALUES)]) for name in names}
        now = NOW + timedelta(seconds=chance.randint(0, 10**8))
        yield Case(STREAM, drawn, credentials=(LASTING, TEMPORARY)[number % 2], now=now)


CASES = [*every_parameter(), *strange_texts_and_hosts(), *keys_scopes_and_times(), *mixtures()]
IDS = [f"{case.path[1:5]}-{len(case.parameters)}" for case in CASES]


def meaning(url: str) -> tuple[str, str, list[tuple[str, str]]]:
    """What a URL says, without the order and the spelling of its query. Default ports are not sent."""
    parts = urlsplit(url)
    default = {"wss": 443, "ws": 80}[parts.scheme]
    host = f"{parts.hostname}:{parts.port or default}"
    return host, parts.path, sorted(parse_qsl(parts.query, keep_blank_values=True))


def ours(case: Case) -> str:
    return presign(
        case.url, credentials=case.credentials, region=case.region, now=case.now, expires=case.expires
    )


def test_there_are_enough_cases() -> None:
    """At least 200 different URLs are compared."""
    assert len({(case.url, case.credentials, case.region, case.now, case.expires) for case in CASES}) >= 200


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_presign_equals_botocore(case: Case) -> None:
    """The same parameters with the same signature as botocore's SigV4QueryAuth."""
    theirs = botocore_presign(
        case.url, credentials=case.credentials, region=case.region, now=case.now, expires=case.expires
    )
    assert meaning(ours(case)) == meaning(theirs)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_presign_equals_awscrt(case: Case) -> None:
    """The same parameters with the same signature as awscrt's signer, given the Host that clients send."""
    sent = ours(case).split("?", 1)[0] + "?" + case.url.split("?", 1)[1]
    theirs = awscrt_presign(
        sent, credentials=case.credentials, region=case.region, now=case.now, expires=case.expires
    )
    assert meaning(ours(case)) == meaning(theirs)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_verify_accepts_all_three(case: Case) -> None:
    """Whoever presigned, the URL verifies, and gives the parameters that were meant."""
    known = knows(case.credentials)
    sent = ours(case).split("?", 1)[0] + "?" + case.url.split("?", 1)[1]
    arguments = {
        "credentials": case.credentials,
        "region": case.region,
        "now": case.now,
        "expires": case.expires,
    }
    for signer in (presign, botocore_presign, awscrt_presign):
        verified = verify(
            as_received(signer(sent, **arguments)),  # type: ignore[operator]
            lookup=known,
            now=case.now,
            service="transcribe",
            region=case.region,
        )
        meant = {name: value for name, value in verified.parameters if not name.startswith("X-Amz-")}
        assert meant == case.parameters


def test_one_presigner_for_all() -> None:
    """A `Presigner` that goes from day to day and back gives what one made for each URL gives."""
    temporary = [case for case in CASES if case.credentials is TEMPORARY and case.region == REGION]
    presigner = Presigner(TEMPORARY, region=REGION)
    for case in temporary:
        assert presigner.presign(case.url, now=case.now, expires=case.expires) == ours(case)


STS_BODY = b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fx"


@pytest.mark.parametrize("credentials", [LASTING, TEMPORARY], ids=["lasting", "temporary"])
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8444/", "https://sts.us-east-1.amazonaws.com/", "http://sts:80"]
)
def test_verify_accepts_what_botocore_signs_for_sts(credentials: Credentials, url: str) -> None:
    """A form POST with the headers of a boto3 STS client verifies; with another body it does not."""
    request = botocore_sign(
        method="POST",
        url=url,
        headers={
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1",
            "amz-sdk-invocation-id": "5b8b3b26-2d2c-4fcd-a0cf-8f6f0a3f6a44",
            "amz-sdk-request": "ttl=20260115T120100Z; attempt=2; max=3",
        },
        body=STS_BODY,
        credentials=credentials,
        region=REGION,
        service="sts",
        now=NOW,
    )
    arguments = {"lookup": knows(credentials), "now": NOW, "service": "sts", "region": REGION}
    request = received_at(request, "sts" if url.endswith(":80") else None)
    assert verify(request, **arguments).credentials is credentials  # type: ignore[arg-type]
    other = SignedRequest(
        method=request.method,
        target=request.target,
        headers=request.headers,
        body=STS_BODY.replace(b"123456789012", b"210987654321"),
    )
    with pytest.raises(SignatureMismatch):
        verify(other, **arguments)  # type: ignore[arg-type]


def received_at(request: SignedRequest, host: str | None) -> SignedRequest:
    """With the path and the Host of a client that leaves out what is empty or default."""
    headers = [(name, host if host and name == "Host" else value) for name, value in request.headers]
    return SignedRequest(
        method=request.method, target=request.target or "/", headers=headers, body=request.body
    )


def test_verify_accepts_what_amazon_transcribe_sends() -> None:
    """amazon-transcribe signs ``host`` without its port, and HTTP/2 delivers it as ``:authority``."""
    headers = [
        ("host", "localhost"),
        ("user-agent", "amazon-transcribe"),
        ("x-amzn-transcribe-language-code", "en-US"),
        ("x-amzn-transcribe-media-encoding", "pcm"),
        ("x-amzn-transcribe-sample-rate", "16000"),
    ]
    request = http.HttpRequest("POST", "/stream-transcription", http.HttpHeaders(headers))
    config = auth.AwsSigningConfig(
        credentials_provider=auth.AwsCredentialsProvider.new_static(
            "ASIAEXAMPLE", TEMPORARY.secret_access_key, TOKEN
        ),
        region=REGION,
        service="transcribe",
        date=NOW,
        signed_body_value=auth.AwsSignedBodyValue.EMPTY_SHA256,
    )
    auth.aws_sign_request(request, config).result()
    received = [(":authority" if name == "host" else name, value) for name, value in request.headers]
    verified = verify(
        SignedRequest(method="POST", target="/stream-transcription", headers=received),
        lookup=knows(TEMPORARY),
        now=NOW,
        service="transcribe",
        region=REGION,
    )
    assert verified.expires_at == NOW + timedelta(minutes=5)
