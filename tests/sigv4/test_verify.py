"""Every refusal has its own class, and they are checked in the order that the plan gives."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from scribepass.errors import (
    ScopeMismatch,
    SignatureExpired,
    SignatureMalformed,
    SignatureMismatch,
    SignatureNotYetValid,
    SignatureRejected,
    TokenExpired,
    UnknownKey,
)
from scribepass.sigv4 import (
    Credentials,
    Dialect,
    PathMode,
    SignedRequest,
    TokenMode,
    Verified,
    presign,
    sign,
    verify,
)
from support.signing import as_received, knows

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2lu/TOKEN+WITH=="
CREDENTIALS = Credentials(access_key_id="ASIAEXAMPLE", secret_access_key=SECRET, session_token=TOKEN)
HOST = "transcribestreaming.us-east-1.amazonaws.com:8443"
PATH = "/stream-transcription-websocket"
URL = f"wss://{HOST}{PATH}?language-code=en-US&media-encoding=pcm&sample-rate=16000&vocabulary-name=a%2Cb"
SIGNED_URL = presign(URL, credentials=CREDENTIALS, region="us-east-1", now=NOW, expires=60)
QUERY_SIGNED = as_received(SIGNED_URL)
UNSIGNED = SignedRequest(
    method="POST",
    target="/stream-transcription",
    headers=[
        (":authority", HOST),
        ("content-type", "application/vnd.amazon.eventstream"),
        ("user-agent", "js"),
    ],
)


def header_signed(request: SignedRequest = UNSIGNED, **options: Any) -> SignedRequest:
    arguments = {
        "credentials": CREDENTIALS,
        "region": "us-east-1",
        "service": "transcribe",
        "now": NOW,
        **options,
    }
    added = sign(request, **arguments)
    return SignedRequest(
        method=request.method, target=request.target, headers=[*request.headers, *added], body=request.body
    )


HEADER_SIGNED = header_signed()


def check(request: SignedRequest, **changes: Any) -> Verified:
    arguments = {
        "lookup": knows(CREDENTIALS),
        "now": NOW,
        "service": "transcribe",
        "region": "us-east-1",
        **changes,
    }
    return verify(request, **arguments)


def edited(old: str, new: str, request: SignedRequest = QUERY_SIGNED) -> SignedRequest:
    """With a part of the target replaced. The part must be there."""
    assert old in request.target
    return SignedRequest(
        method=request.method, target=request.target.replace(old, new), headers=request.headers
    )


def with_headers(request: SignedRequest, *more: tuple[str, str], without: str = "") -> SignedRequest:
    headers = [header for header in request.headers if header[0].lower() != without]
    return SignedRequest(
        method=request.method, target=request.target, headers=[*headers, *more], body=request.body
    )


def authorization(change: Callable[[str], str], request: SignedRequest = HEADER_SIGNED) -> SignedRequest:
    value = dict(request.headers)["Authorization"]
    assert change(value) != value
    return with_headers(request, ("Authorization", change(value)), without="authorization")


def test_a_query_signed_request() -> None:
    """Who signed what, for where and until when."""
    verified = check(QUERY_SIGNED)
    assert verified.credentials is CREDENTIALS
    assert (verified.region, verified.service) == ("us-east-1", "transcribe")
    assert verified.scope == "20260115/us-east-1/transcribe/aws4_request"
    assert (verified.signed_at, verified.expires_at) == (NOW, NOW + timedelta(seconds=60))
    assert verified.signature == SIGNED_URL.rpartition("=")[2]
    assert len(verified.signing_key) == 32
    names = [name for name, _ in verified.parameters]
    assert "X-Amz-Signature" not in names
    assert names == sorted(names)
    assert ("vocabulary-name", "a,b") in verified.parameters
    assert verified.headers.keys() == {"host"}


def test_a_header_signed_request() -> None:
    """The same of a signature in Authorization; its life is what clocks may differ."""
    verified = check(HEADER_SIGNED)
    assert (verified.signed_at, verified.expires_at) == (NOW, NOW + timedelta(minutes=5))
    assert verified.parameters == ()
    assert (
        dict(verified.headers).items()
        <= {name.lower(): value for name, value in HEADER_SIGNED.headers}.items()
    )
    more = with_headers(HEADER_SIGNED, ("X-Not-Signed", "x"))
    assert check(more).headers == verified.headers


MALFORMED: dict[str, SignedRequest] = {
    "no signature": as_received(URL),
    "no signature at all": SignedRequest(method="GET", target="/", headers=[]),
    "signed twice": with_headers(QUERY_SIGNED, ("Authorization", "Bearer x")),
    "token in the query, signature in a header": edited(
        "/stream-transcription", f"/stream-transcription?X-Amz-Security-Token={TOKEN}", HEADER_SIGNED
    ),
    "no path": edited(PATH, ""),
    "absolute target": edited(PATH, f"wss://{HOST}{PATH}"),
    "method in lower case": SignedRequest(
        method="get", target=QUERY_SIGNED.target, headers=QUERY_SIGNED.headers
    ),
    "method with a line feed": SignedRequest(
        method="GET\n/", target=QUERY_SIGNED.target, headers=QUERY_SIGNED.headers
    ),
    "no algorithm": edited("X-Amz-Algorithm=AWS4-HMAC-SHA256&", ""),
    "no credential": edited("X-Amz-Credential=", "Credential="),
    "no date": edited("&X-Amz-Date=20260115T120000Z", ""),
    "no expiry": edited("&X-Amz-Expires=60", ""),
    "no signed headers": edited("&X-Amz-SignedHeaders=host", ""),
    "no signature but the rest": edited("X-Amz-Signature=", "X-Amz-signature="),
    "repeated expiry": edited("&X-Amz-Expires=60", "&X-Amz-Expires=60&X-Amz-Expires=60"),
    "repeated parameter": edited("&sample-rate=16000", "&sample-rate=16000&sample-rate=8000"),
    "repeated in another spelling": edited("&sample-rate=16000", "&sample-rate=16000&%73ample-rate=8000"),
    "other algorithm": edited("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
    "credential of four parts": edited("%2Faws4_request", ""),
    "credential of six parts": edited("%2Faws4_request", "%2Faws4_request%2Fx"),
    "credential without an id": edited("ASIAEXAMPLE%2F", "%2F"),
    "credential with a space": edited("ASIAEXAMPLE%2F", "ASIA%20EXAMPLE%2F"),
    "scope date of words": edited("%2F20260115%2F", "%2Ftomorrow%2F"),
    "region with a slash": edited("%2Fus-east-1%2F", "%2Fus%2Feast%2F"),
    "region in capitals": edited("%2Fus-east-1%2F", "%2FUS-EAST-1%2F"),
    "date of words": edited("20260115T120000Z", "now"),
    "date without a zone": edited("20260115T120000Z", "20260115T120000"),
    "thirteenth month": edited("=20260115T120000Z", "=20261315T120000Z"),
    "year zero": edited("=20260115T120000Z", "=00000115T120000Z"),
    "date in other digits": edited("=20260115T120000Z", "=２０２６0115T120000Z"),
    "expires 0": edited("Expires=60", "Expires=0"),
    "expires 060": edited("Expires=60", "Expires=060"),
    "expires +60": edited("Expires=60", "Expires=%2B60"),
    "expires 60.0": edited("Expires=60", "Expires=60.0"),
    "expires in other digits": edited("Expires=60", "Expires=６０"),
    "expires 301": edited("Expires=60", "Expires=301"),
    "expires of 400 digits": edited("Expires=60", f"Expires={'9' * 400}"),
    "signature too short": edited(SIGNED_URL[-64:], SIGNED_URL[-64:-1]),
    "signature in capitals": edited(SIGNED_URL[-64:], SIGNED_URL[-64:].upper()),
    "signature beyond ASCII": edited(SIGNED_URL[-64:], "é" * 64),
    "host not signed": edited("SignedHeaders=host", "SignedHeaders=origin"),
    "no signed header": edited("SignedHeaders=host", "SignedHeaders="),
    "signed header in capitals": edited("SignedHeaders=host", "SignedHeaders=Host"),
    "signed header twice": edited("SignedHeaders=host", "SignedHeaders=host%3Bhost"),
    "signed headers out of order": edited("SignedHeaders=host", "SignedHeaders=origin%3Bhost"),
    "signed header with a line feed": edited("SignedHeaders=host", "SignedHeaders=host%3Borigin%0A"),
    "signed header with a colon": edited("SignedHeaders=host", "SignedHeaders=host%3Bx%3Ay"),
    "signed header not sent": edited("SignedHeaders=host", "SignedHeaders=host%3Borigin"),
    "no Host": with_headers(QUERY_SIGNED, without="host"),
    "two Hosts": with_headers(QUERY_SIGNED, ("host", HOST)),
    "broken escape": edited("en-US", "%zz"),
    "not UTF-8": edited("en-US", "%FF"),
    "lone surrogate in the query": edited("en-US", "\ud800"),
    "lone surrogate in the path": edited(PATH, "/\udfff"),
    "lone surrogate in a header": with_headers(HEADER_SIGNED, ("user-agent", "\ud800"), without="user-agent"),
    "other scheme": authorization(lambda value: f"Bearer {value}"),
    "Basic": authorization(lambda _: "Basic dXNlcjpwYXNz"),
    "empty Authorization": authorization(lambda _: ""),
    "two Authorizations": with_headers(
        HEADER_SIGNED, ("authorization", dict(HEADER_SIGNED.headers)["Authorization"])
    ),
    "no Credential": authorization(lambda value: value.replace("Credential=", "credential=")),
    "no SignedHeaders": authorization(lambda value: value.replace("SignedHeaders=", "Headers=")),
    "two Signatures": authorization(lambda value: f"{value}, {value.rpartition(', ')[2]}"),
    "no x-amz-date": with_headers(HEADER_SIGNED, without="x-amz-date"),
    "two x-amz-dates": with_headers(HEADER_SIGNED, ("x-amz-date", "20260115T120000Z")),
    "token not signed": header_signed(dialect=Dialect(token=TokenMode.APPENDED)),
}


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED)
def test_malformed(request_: SignedRequest) -> None:
    """What cannot be read is refused before anything is looked up, and nothing of it is quoted."""

    def lookup(*_: object) -> Credentials:
        raise AssertionError("looked up")

    with pytest.raises(SignatureMalformed) as caught:
        check(request_, lookup=lookup)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    for secret in (TOKEN, SIGNED_URL[-64:], "Bearer", "dXNlcjpwYXNz"):
        assert secret not in str(caught.value)


SCOPES: dict[str, tuple[SignedRequest, dict[str, Any]]] = {
    "terminator": (edited("aws4_request", "aws5_request"), {}),
    "date": (edited("%2F20260115%2F", "%2F20260116%2F"), {}),
    "service": (QUERY_SIGNED, {"service": "sts"}),
    "region": (QUERY_SIGNED, {"region": "us-east-2"}),
    "service in a header": (HEADER_SIGNED, {"service": "sts"}),
    "region in a header": (HEADER_SIGNED, {"region": "us-east-2"}),
}


@pytest.mark.parametrize(("request_", "changes"), SCOPES.values(), ids=SCOPES)
def test_scope_mismatch(request_: SignedRequest, changes: dict[str, Any]) -> None:
    """A signature for another date, region or service."""
    with pytest.raises(ScopeMismatch):
        check(request_, **changes)


def test_any_region() -> None:
    """None accepts each, and says which it was."""
    assert check(QUERY_SIGNED, region=None).region == "us-east-1"


@pytest.mark.parametrize("request_", [QUERY_SIGNED, HEADER_SIGNED], ids=["query", "header"])
def test_unknown_key(request_: SignedRequest) -> None:
    """The lookup decides on key id and token together."""
    other = Credentials(access_key_id="ASIAEXAMPLE", secret_access_key=SECRET, session_token="other")
    with pytest.raises(UnknownKey):
        check(request_, lookup=knows(other))


@pytest.mark.parametrize("request_", [QUERY_SIGNED, HEADER_SIGNED], ids=["query", "header"])
def test_token_expired(request_: SignedRequest) -> None:
    """Credentials end at ``expires_at``, not after it."""
    for left, ended in ((timedelta(0), True), (timedelta(microseconds=1), False)):
        known = Credentials(
            access_key_id="ASIAEXAMPLE", secret_access_key=SECRET, session_token=TOKEN, expires_at=NOW + left
        )
        if not ended:
            assert check(request_, lookup=lambda *_, known=known: known).credentials is known
            continue
        with pytest.raises(TokenExpired) as caught:
            check(request_, lookup=lambda *_, known=known: known)
        assert caught.value.expired_at == NOW


MISMATCHES: dict[str, SignedRequest] = {
    "host without its port": with_headers(QUERY_SIGNED, ("Host", HOST.removesuffix(":8443")), without="host"),
    "another host": with_headers(QUERY_SIGNED, ("Host", "127.0.0.1:8444"), without="host"),
    "another path": edited(PATH, "/medical-stream-transcription-websocket"),
    "another method": SignedRequest(method="POST", target=QUERY_SIGNED.target, headers=QUERY_SIGNED.headers),
    "a body": SignedRequest(
        method="GET", target=QUERY_SIGNED.target, headers=QUERY_SIGNED.headers, body=b"x"
    ),
    "a longer life": edited("Expires=60", "Expires=300"),
    "a later date": edited("T120000Z", "T120100Z"),
    "another value": edited("sample-rate=16000", "sample-rate=8000"),
    "a value encoded twice": edited("a%2Cb", "a%252Cb"),
    "one parameter more": edited("?", "?show-speaker-label=true&"),
    "one parameter less": edited("&sample-rate=16000", ""),
    "another signature": edited(SIGNED_URL[-64:], "0" * 64),
    "another signed header": authorization(lambda value: value.replace(";user-agent", "")),
    "another value of a signed header": with_headers(
        HEADER_SIGNED, ("user-agent", "py"), without="user-agent"
    ),
    "a declared hash that is not the body's": header_signed(payload_hash="0" * 64),
    "a literal that is none": header_signed(payload_hash="STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
}


@pytest.mark.parametrize("request_", MISMATCHES.values(), ids=MISMATCHES)
def test_mismatch(request_: SignedRequest) -> None:
    """It carries the canonical request that was checked, and keeps it out of its text."""
    with pytest.raises(SignatureMismatch) as caught:
        check(request_)
    assert caught.value.canonical_request.startswith(f"{request_.method}\n/")
    assert "X-Amz" not in f"{caught.value} {caught.value!r}"


def test_the_order_of_the_query_does_not_matter() -> None:
    """Each client writes another order; what counts is the canonical one."""
    path, _, query = QUERY_SIGNED.target.partition("?")
    target = f"{path}?{'&'.join(reversed(query.split('&')))}&"
    assert check(SignedRequest(method="GET", target=target, headers=QUERY_SIGNED.headers))


def test_a_parameter_that_nobody_knows_is_accepted() -> None:
    """The JavaScript SDK signs an x-amz-user-agent in the query."""
    request = SignedRequest(
        method="GET",
        target=f"{PATH}?x-amz-user-agent=aws-sdk-js%2F3.1141%20md%2Fbrowser",
        headers=[("Host", HOST)],
    )
    verified = check(header_signed(request))
    assert verified.parameters == (("x-amz-user-agent", "aws-sdk-js/3.1141 md/browser"),)


def test_an_unsigned_header_is_no_concern() -> None:
    """Proxies add some."""
    assert check(
        with_headers(QUERY_SIGNED, ("X-Forwarded-For", "::1"), ("x-amz-cf-id", "x"), ("X-Amzn-Trace-Id", "y"))
    )


@pytest.mark.parametrize("authority", [HOST, ""], ids=["sent", "sent empty, as old JavaScript SDKs do"])
def test_authority_is_signed_as_it_was_sent(authority: str) -> None:
    """The JavaScript SDK signs HTTP/2's ``:authority`` under that name, and declares a stream of events."""
    request = SignedRequest(
        method="POST", target="/stream-transcription", headers=[(":authority", authority)]
    )
    signed = header_signed(request, payload_hash="STREAMING-AWS4-HMAC-SHA256-EVENTS")
    assert (
        "SignedHeaders=:authority;x-amz-content-sha256;x-amz-date;" in dict(signed.headers)["Authorization"]
    )
    assert check(signed)
    with pytest.raises(SignatureMismatch):
        check(with_headers(signed, (":authority", "another"), without=":authority"))


@pytest.mark.parametrize(("name", "other"), [("host", ":authority"), (":authority", "Host")])
def test_host_and_authority_stand_for_each_other(name: str, other: str) -> None:
    """Which one arrives depends on the HTTP version, which one was signed on the client."""
    request = SignedRequest(method="POST", target="/stream-transcription", headers=[(name, "localhost")])
    signed = header_signed(request)
    assert check(with_headers(signed, (other, "localhost"), without=name))
    with pytest.raises(SignatureMismatch):
        check(with_headers(signed, (other, "localhost:8443"), without=name))


def test_a_question_mark_without_a_query() -> None:
    """The newest Python SDK sends one."""
    signed = header_signed()
    assert check(SignedRequest(method="POST", target=f"{signed.target}?", headers=signed.headers))


@pytest.mark.parametrize(
    ("late", "error"),
    [
        (timedelta(minutes=-5, microseconds=-1), SignatureNotYetValid),
        (timedelta(minutes=-5), None),
        (timedelta(seconds=60), None),
        (timedelta(seconds=60, microseconds=1), SignatureExpired),
        (timedelta(days=400), SignatureExpired),
    ],
    ids=str,
)
def test_the_window_of_a_query_signature(late: timedelta, error: type[SignatureRejected] | None) -> None:
    """From five minutes before its date to X-Amz-Expires after it, both included."""
    if error is None:
        assert check(QUERY_SIGNED, now=NOW + late)
        return
    with pytest.raises(error) as caught:
        check(QUERY_SIGNED, now=NOW + late)
    if isinstance(caught.value, SignatureExpired):
        assert caught.value.expired_at == NOW + timedelta(seconds=60)
    if isinstance(caught.value, SignatureNotYetValid):
        assert caught.value.valid_from == NOW


@pytest.mark.parametrize("sign_of", [-1, 1], ids=["early", "late"])
def test_the_window_of_a_header_signature(sign_of: int) -> None:
    """What clocks may differ, both ways."""
    skew = timedelta(seconds=30)
    assert check(HEADER_SIGNED, now=NOW + sign_of * skew, skew=skew)
    with pytest.raises((SignatureExpired, SignatureNotYetValid)):
        check(HEADER_SIGNED, now=NOW + sign_of * (skew + timedelta(microseconds=1)), skew=skew)


def test_the_clock_may_be_in_any_zone_but_must_have_one() -> None:
    """Naive datetimes are a bug of the caller."""
    assert check(QUERY_SIGNED, now=NOW.astimezone(timezone(timedelta(hours=5))))
    with pytest.raises(ValueError, match="aware"):
        check(QUERY_SIGNED, now=NOW.replace(tzinfo=None))


def test_the_order_of_the_checks() -> None:
    """Malformed, scope, key, token, signature, time: with all faults at once, the first one is told."""
    ended = Credentials(
        access_key_id="ASIAEXAMPLE", secret_access_key="another", session_token=TOKEN, expires_at=NOW
    )
    later = NOW + timedelta(days=1)
    nobody, everybody = knows(), knows(ended)
    fresh = knows(Credentials(access_key_id="ASIAEXAMPLE", secret_access_key="another", session_token=TOKEN))
    steps: list[tuple[type[SignatureRejected], SignedRequest, dict[str, Any]]] = [
        (SignatureMalformed, edited("Expires=60", "Expires=301"), {"lookup": nobody, "service": "sts"}),
        (ScopeMismatch, QUERY_SIGNED, {"lookup": nobody, "service": "sts"}),
        (UnknownKey, QUERY_SIGNED, {"lookup": nobody}),
        (TokenExpired, QUERY_SIGNED, {"lookup": everybody}),
        (SignatureMismatch, QUERY_SIGNED, {"lookup": fresh}),
        (SignatureExpired, QUERY_SIGNED, {}),
    ]
    for error, request, changes in steps:
        with pytest.raises(error):
            check(request, now=later, **changes)


def test_paths_of_s3() -> None:
    """A dialect that keeps paths as they are, escapes included."""
    s3 = Dialect(path=PathMode.VERBATIM)
    request = SignedRequest(method="GET", target="/a/../b//c%20d%2Fe", headers=[("Host", "h")])
    signed = header_signed(request, service="s3", dialect=s3)
    assert check(signed, service="s3", dialect=s3)
    with pytest.raises(SignatureMismatch):
        check(signed, service="s3")
    with pytest.raises(SignatureMalformed):
        check(SignedRequest(method="GET", target="/%zz", headers=signed.headers), service="s3", dialect=s3)
