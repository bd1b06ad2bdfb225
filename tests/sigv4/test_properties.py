"""Whatever arrives, verify answers Verified or SignatureRejected; whatever is signed, it accepts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scribepass.errors import SignatureExpired, SignatureRejected
from scribepass.sigv4 import (
    Credentials,
    Dialect,
    PathMode,
    Presigner,
    SignedRequest,
    TokenMode,
    Verified,
    presign,
    sign,
    verify,
)
from scribepass.sigv4.canonical import uri_encode
from support.signing import as_received, knows

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
CREDENTIALS = Credentials(
    access_key_id="ASIAEXAMPLE",
    secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token="IQoJb3JpZ2lu/TOKEN+WITH==",
)
URL = "wss://localhost:8444/stream-transcription-websocket?language-code=en-US&sample-rate=16000"
QUERY_SIGNED = as_received(presign(URL, credentials=CREDENTIALS, region="us-east-1", now=NOW, expires=60))
PLAIN = SignedRequest(method="POST", target="/stream-transcription?a=b", headers=[("host", "localhost")])
ADDED = sign(PLAIN, credentials=CREDENTIALS, region="us-east-1", service="transcribe", now=NOW)
HEADER_SIGNED = SignedRequest(method="POST", target=PLAIN.target, headers=[*PLAIN.headers, *ADDED])

DIALECTS = st.builds(Dialect, path=st.sampled_from(PathMode), token=st.sampled_from(TokenMode))
ANY_TEXT = st.text(st.characters())  # lone surrogates, line feeds and NUL included
NAMES = st.one_of(
    st.sampled_from(
        [
            "Host",
            "host",
            ":authority",
            "Authorization",
            "X-Amz-Date",
            "X-Amz-Security-Token",
            "X-Amz-Content-Sha256",
        ]
    ),
    ANY_TEXT,
)
VALUES = st.one_of(
    st.sampled_from([value for _, value in HEADER_SIGNED.headers]),
    st.sampled_from(["", "20260115T120000Z", "UNSIGNED-PAYLOAD", "99991231T235959Z", "00010101T000000Z"]),
    ANY_TEXT,
)


def answer(request: SignedRequest, dialect: Dialect) -> None:
    try:
        verified = verify(
            request, lookup=lambda *_: CREDENTIALS, now=NOW, service="transcribe", dialect=dialect
        )
    except SignatureRejected:
        return
    assert isinstance(verified, Verified)


@given(
    method=st.sampled_from(["GET", "POST", "", "get", "GET\n"]),
    target=ANY_TEXT,
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=6),
    body=st.binary(max_size=4),
    dialect=DIALECTS,
)
@settings(max_examples=500, deadline=None)
def test_anything_is_verified_or_rejected(
    method: str, target: str, headers: list[tuple[str, str]], body: bytes, dialect: Dialect
) -> None:
    """Arbitrary targets and headers never raise anything else."""
    answer(SignedRequest(method=method, target=target, headers=headers, body=body), dialect)


@given(
    where=st.tuples(st.integers(0, 700), st.integers(0, 8)),
    text=st.one_of(st.sampled_from(["&", "=", "%", "%FF", "%0A", "\ud800", "+", "é"]), ANY_TEXT),
    dialect=DIALECTS,
)
@settings(max_examples=500, deadline=None)
def test_a_signed_target_with_a_splice_is_verified_or_rejected(
    where: tuple[int, int], text: str, dialect: Dialect
) -> None:
    """The same close to the truth: a valid target with a few characters replaced by others."""
    start, length = where
    target = QUERY_SIGNED.target
    spliced = target[:start] + text + target[start + length :]
    answer(SignedRequest(method="GET", target=spliced, headers=QUERY_SIGNED.headers), dialect)


@given(place=st.integers(0, len(HEADER_SIGNED.headers) - 1), name=NAMES, value=VALUES, dialect=DIALECTS)
@settings(max_examples=300, deadline=None)
def test_a_signed_request_with_another_header_is_verified_or_rejected(
    place: int, name: str, value: str, dialect: Dialect
) -> None:
    """One header of a valid request replaced."""
    headers = list(HEADER_SIGNED.headers)
    headers[place] = (name, value)
    answer(SignedRequest(method="POST", target=HEADER_SIGNED.target, headers=headers), dialect)


@given(
    parameters=st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"))
    ),
    expires=st.integers(1, 300),
    late=st.integers(-300, 300),
)
@settings(deadline=None)
def test_what_is_presigned_is_accepted_while_it_lives(
    parameters: dict[str, str], expires: int, late: int
) -> None:
    """Any parameters come back as they were, from five minutes early to the end of the life."""
    assume(not any(name.lower().startswith("x-amz-") for name in parameters))
    query = "&".join(f"{uri_encode(name)}={uri_encode(value)}" for name, value in parameters.items())
    presigner = Presigner(CREDENTIALS, region="us-east-1")
    url = presigner.presign(f"wss://localhost:8444/a?{query}", now=NOW, expires=expires)
    request = as_received(url)
    arguments = {"lookup": knows(CREDENTIALS), "now": NOW + timedelta(seconds=late), "service": "transcribe"}
    if late > expires:
        with pytest.raises(SignatureExpired):
            verify(request, **arguments)
        return
    verified = verify(request, **arguments)
    assert {name: value for name, value in verified.parameters if not name.startswith("X-Amz-")} == parameters
