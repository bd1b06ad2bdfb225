"""Presigned URLs: their form, what is refused, and a presigner shared by threads."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scribepass.sigv4 import Credentials, Presigner, presign, verify
from support.signing import as_received, knows

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
TEMPORARY = Credentials(
    access_key_id="AKIDEXAMPLE",
    secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token="IQoJb3JpZ2lu/TOKEN+WITH==",
)
URL = "wss://transcribestreaming.us-east-1.amazonaws.com:8443/stream-transcription-websocket"


def sign_url(url: str, **changes: Any) -> str:
    arguments = {"credentials": TEMPORARY, "region": "us-east-1", "now": NOW, "expires": 60}
    return presign(url, **{**arguments, **changes})


def test_the_form_of_a_presigned_url() -> None:
    """Host with port, the query sorted and encoded once, the token inside it, the signature last."""
    url = sign_url(f"{URL}?sample-rate=16000&Zone=b,c&language-code=en-US&é=%7e")
    base, _, query = url.partition("?")
    assert base == URL
    assert query.split("&")[:-1] == [
        "%C3%A9=~",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Credential=AKIDEXAMPLE%2F20260115%2Fus-east-1%2Ftranscribe%2Faws4_request",
        "X-Amz-Date=20260115T120000Z",
        "X-Amz-Expires=60",
        "X-Amz-Security-Token=IQoJb3JpZ2lu%2FTOKEN%2BWITH%3D%3D",
        "X-Amz-SignedHeaders=host",
        "Zone=b%2Cc",
        "language-code=en-US",
        "sample-rate=16000",
    ]
    assert query.split("&")[-1].startswith("X-Amz-Signature=")


@pytest.mark.parametrize("url", [URL, f"{URL}?", f"{URL}?&"])
def test_a_url_without_parameters(url: str) -> None:
    """Nothing but the signature's own parameters."""
    assert sign_url(url) == sign_url(URL)
    assert sign_url(url).startswith(f"{URL}?X-Amz-Algorithm=")


def test_the_order_and_spelling_of_the_query_do_not_matter() -> None:
    """One meaning, one URL."""
    assert sign_url(f"{URL}?b=%7E&a=%2c") == sign_url(f"{URL}?a=,&b=~")


@pytest.mark.parametrize(
    "expires", [0, -1, 301, 604800, 10**9, True, 60.0, 60.5, "60", "०६०", None, b"60"], ids=repr
)
def test_a_life_that_is_no_integer_from_1_to_300_is_refused(expires: Any) -> None:
    """Transcribe's limit is 300 s; a boolean is no number."""
    with pytest.raises(ValueError, match="integer from 1 to 300"):
        sign_url(URL, expires=expires)


@pytest.mark.parametrize("expires", [1, 15, 60, 300])
def test_a_life_from_1_to_300_is_signed(expires: int) -> None:
    """It stands in the URL."""
    assert f"&X-Amz-Expires={expires}&" in sign_url(URL, expires=expires)


def test_the_limit_is_an_argument() -> None:
    """Other services allow more."""
    assert "&X-Amz-Expires=3600&" in sign_url(URL, expires=3600, max_expires=3600)


@pytest.mark.parametrize(
    "url",
    [
        f"{URL}?X-Amz-Expires=604800",
        f"{URL}?x-amz-security-token=t",
        f"{URL}?a=1&a=2",
        f"{URL}?a=1#fragment",
        f"{URL}?a=%",
        URL.replace("wss://", "wss://user@"),
        URL.replace("wss://", "ftp://"),
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    """A signature is no place to smuggle: botocore would sign most of these."""
    with pytest.raises(ValueError, match=r"parameter|URL|percent") as caught:
        sign_url(url)
    assert "604800" not in str(caught.value)


def test_a_naive_time_is_refused() -> None:
    """The time is an argument, and says where it is."""
    with pytest.raises(ValueError, match="aware"):
        sign_url(URL, now=datetime(2026, 1, 15))  # noqa: DTZ001


@pytest.mark.parametrize(
    "part", ["credentials", "region", "service", "now", "expires", "url", "host", "port", "path"]
)
def test_every_input_is_signed(part: str) -> None:
    """Another value of any input gives another signature."""
    other = Credentials(access_key_id="AKIDEXAMPLE", secret_access_key="another")
    changes: dict[str, dict[str, Any]] = {
        "credentials": {"credentials": other},
        "region": {"region": "us-east-2"},
        "service": {"service": "transcribf"},
        "now": {"now": NOW + timedelta(seconds=1)},
        "expires": {"expires": 61},
        "url": {"url": f"{URL}?a=2"},
        "host": {"url": f"{URL}?a=1".replace("east", "west")},
        "port": {"url": f"{URL}?a=1".replace(":8443", "")},
        "path": {"url": f"{URL}?a=1".replace("/stream", "/medical-stream")},
    }
    changed = sign_url(**{"url": f"{URL}?a=1", **changes[part]})
    assert changed.rpartition("=")[2] != sign_url(f"{URL}?a=1").rpartition("=")[2]


def test_headers_and_body_may_be_signed_too() -> None:
    """Whoever opens such a URL must send them."""
    headers = [("Origin", "https://app.example"), ("X!Empty", "")]
    presigner = Presigner(TEMPORARY, region="us-east-1")
    url = presigner.presign(f"{URL}?a=1", now=NOW, expires=60, method="POST", headers=headers, body=b"body")
    assert "&X-Amz-SignedHeaders=host%3Borigin%3Bx%21empty&" in url
    request = as_received(url, headers=headers, method="POST", body=b"body")
    assert verify(request, lookup=knows(TEMPORARY), now=NOW, service="transcribe").parameters


def test_a_presigner_crosses_midnight_in_any_direction() -> None:
    """The key of the day is that of ``now``, not that of the last call."""
    presigner = Presigner(TEMPORARY, region="us-east-1")
    midnight = datetime(2026, 1, 16, tzinfo=UTC)
    for now in (midnight - timedelta(seconds=1), midnight, midnight - timedelta(microseconds=1), midnight):
        assert presigner.presign(URL, now=now, expires=60) == sign_url(URL, now=now)


def test_a_presigner_is_safe_in_threads() -> None:
    """Eight threads that see different days each get the URL of their day."""
    presigner = Presigner(TEMPORARY, region="us-east-1")
    moments = [NOW + timedelta(days=number % 3, seconds=number) for number in range(400)]

    def one(now: datetime) -> str:
        return presigner.presign(f"{URL}?session-id={now.timestamp():.0f}", now=now, expires=60)

    with ThreadPoolExecutor(8) as pool:
        urls = list(pool.map(one, moments))
    assert urls == [sign_url(f"{URL}?session-id={now.timestamp():.0f}", now=now) for now in moments]
