"""Redaction: what must never be written, in every dress that it may wear."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribepass.telemetry import protect, redact_text
from scribepass.telemetry.redaction import MAX_CHARACTERS, REDACTED, redact_value

SIGNATURE = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE/TOKEN+with/every=kind==" * 8
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEY = "sp_live_aB3dE6gH_0123456789abcdefghijklmnopqrstuvwxyz-ABCDEF0a1b2c"
URL = (
    "wss://transcribestreaming.us-east-1.amazonaws.com:8443/stream-transcription-websocket?X-Amz-Algorithm="
    f"AWS4-HMAC-SHA256&X-Amz-Credential=ASIA%2F20261122&X-Amz-Security-Token={quote(TOKEN, safe='')}"
    f"&language-code=en-US&X-Amz-Signature={SIGNATURE}"
)


def encoded(text: str, *, times: int) -> str:
    for _ in range(times):
        text = quote(text, safe="")
    return text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        pytest.param(URL, SIGNATURE, id="presigned URL"),
        pytest.param(f"failed: {URL!r}", quote(TOKEN, safe=""), id="quoted URL"),
        pytest.param(json.dumps({"url": URL}), SIGNATURE, id="URL in JSON"),
        pytest.param(json.dumps(json.dumps({"url": URL})), SIGNATURE, id="URL in JSON in JSON"),
        pytest.param(quote(URL, safe=""), SIGNATURE, id="percent-encoded URL"),
        pytest.param(encoded(URL, times=2), encoded(TOKEN, times=3)[-20:], id="encoded twice"),
        pytest.param(base64.b64encode(URL.encode()).decode(), base64.b64encode(URL.encode()).decode()[80:160],
                     id="base64 URL"),
        pytest.param(f"X-Amz-Signature={SIGNATURE[:20]}", SIGNATURE[:20], id="a short signature"),
        pytest.param(f"x-amz-security-token:{TOKEN}\nhost:x", TOKEN[:40], id="canonical header"),
        pytest.param(f"('X-Amz-Security-Token', {TOKEN[:30]!r})", TOKEN[:30], id="a pair's repr"),
        pytest.param(f'{{"X-Amz-Credential": "{TOKEN[:30]}"}}', TOKEN[:30], id="JSON member"),
        pytest.param('{"x-amz-security-token":"abc\\/def"}', "def", id="JSON with escaped slashes"),
        pytest.param("X-Amz-Signature\\u003dabcdef0123\\u0026a", "abcdef0123", id="JSON with escaped signs"),
        pytest.param(SIGNATURE, SIGNATURE, id="a bare signature"),
        pytest.param(SIGNATURE.upper(), SIGNATURE.upper(), id="in capitals"),
        pytest.param(TOKEN, TOKEN[200:240], id="a bare token"),
        pytest.param(f"<SecretAccessKey>{SECRET}</SecretAccessKey>", SECRET, id="an answer of STS"),
        pytest.param(f"<SessionToken>{TOKEN[:50]}", TOKEN[:50], id="a truncated answer"),
        pytest.param(f"AWS_SECRET_ACCESS_KEY={SECRET}", SECRET, id="an environment"),
        pytest.param(f"Credentials(secret_access_key='{SECRET}')", SECRET, id="a repr"),
        pytest.param(f"{{'SecretAccessKey': '{SECRET}'}}", SECRET, id="a dict's repr"),
        pytest.param(f"Authorization: Bearer {KEY}\r\nHost: x", KEY[20:], id="a header"),
        pytest.param("authorization='Basic dXNlcjpwYXNz'", "dXNlcjpwYXNz", id="basic credentials"),
        pytest.param("Authorization: AWS4-HMAC-SHA256 Signature=cafe01", "cafe01", id="signed header"),
        pytest.param("got bearer eyJhbGciOi.J9.x-y_z", "eyJhbGciOi", id="a bearer token"),
        pytest.param(f"X-API-Key: {KEY}", KEY[20:], id="an API key's header"),
        pytest.param(f"key {KEY} leaked", KEY[20:], id="an API key alone"),
        pytest.param(f"a/{KEY}", KEY[20:], id="an API key in a path"),
    ],
)  # fmt: skip
def test_a_secret_does_not_come_through(text: str, secret: str) -> None:
    """Whatever stands around it, and however it was encoded on its way."""
    assert secret in text
    assert secret not in redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "ticket_issued",
        "tk_0123456789abcdef0123456789abcdef",
        "123e4567-e89b-12d3-a456-426614174000",
        "arn:aws:iam::111122223333:role/scribepass-vending",
        'File "/srv/.venv/lib/python3.11/site-packages/botocore/endpoint.py", line 119, in make_request',
        'File "/a/very/long/path/without/any/dot/in/it/that/is/longer/than/eighty/characters/for/sure"',
        "An error occurred (AccessDenied) when calling the AssumeRole operation: not authorized",
        "wss://transcribestreaming.us-east-1.amazonaws.com:8443/stream-transcription-websocket",
        "Keyboard = qwerty, signature of a function, token bucket",
        "=" * 200,
        "",
    ],
)
def test_what_an_operator_needs_comes_through(text: str) -> None:
    """Redaction that eats everything would be switched off."""
    assert redact_text(text) == text


def test_a_leaked_key_can_be_traced() -> None:
    """The id of an API key stays, its secret goes."""
    assert redact_text(KEY) == f"sp_live_aB3dE6gH_{REDACTED}"


@pytest.mark.parametrize(
    "name", ["token", "Authorization", "X-API-Key", "url", "secret_access_key", "cookie"]
)
def test_a_field_with_a_telling_name_is_emptied(name: str) -> None:
    """Whatever its value is; None stays None, for that nothing was there is worth knowing."""
    assert redact_value({name: "x"}) == {name: REDACTED}
    assert redact_value({"deep": [{name: ("x", 1)}]}) == {"deep": [{name: REDACTED}]}
    assert redact_value({name: None}) == {name: None}


def test_a_secret_that_was_told_goes_wherever_it_stands() -> None:
    """A bare secret has no shape of its own; `protect` makes it known, percent-encoded too."""
    told = f"{SECRET}/told"
    assert redact_text(f"KeyError: '{told}'") == f"KeyError: '{told}'"
    protect(told, None, "short")
    assert redact_text(f"KeyError: '{told}'") == f"KeyError: '{REDACTED}'"
    assert redact_text(told) == REDACTED
    assert redact_text(f"a={quote(told, safe='')}&b") == f"a={REDACTED}&b"
    assert redact_text("a short word") == "a short word"


def test_a_value_is_cut() -> None:
    """A hostile request cannot fill the disk with one line."""
    assert len(redact_text("a b " * MAX_CHARACTERS)) == MAX_CHARACTERS + 1


class Thing:
    def __repr__(self) -> str:
        return f"Thing({URL})"


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.just(Thing()), st.just(URL)),
        lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner), st.tuples(inner, inner)),
        max_leaves=8,
    )
)
def test_anything_becomes_json_without_secrets(value: object) -> None:
    """Any nesting of any objects can be written, and a URL in it cannot be opened."""
    assert SIGNATURE not in json.dumps(redact_value(value))


@pytest.mark.parametrize(
    "piece",
    [
        "wss://",
        "wss://a?",
        "sp_a_",
        "bearer ",
        "password\\",
        "authorization:",
        "x-amz-signature%25",
        "%25",
        "+",
    ],
)
def test_a_hostile_text_is_redacted_at_once(piece: str) -> None:
    """Ten megabytes of what could be tried again from every place: squared, it would take hours."""
    assert len(redact_text(piece * (10_000_000 // len(piece)))) <= MAX_CHARACTERS + 1


@pytest.mark.parametrize("secret", [SIGNATURE, TOKEN[:300].replace("=", "")], ids=["signature", "token"])
@pytest.mark.parametrize("kept", [1, 20, 63])
def test_a_secret_at_the_cut_does_not_come_through(secret: str, kept: int) -> None:
    """Cut in two it has no longer the shape by which it is known."""
    text = "a " * ((MAX_CHARACTERS - kept) // 2)
    text += " " * (MAX_CHARACTERS - kept - len(text))
    assert redact_text(text + secret) == f"{text}…"


def test_a_told_secret_at_the_cut_does_not_come_through() -> None:
    """It is taken out before the cut."""
    told = f"{SECRET}.at.the.cut"
    protect(told)
    text = " " * (MAX_CHARACTERS - 10)
    assert told[:10] not in redact_text(text + told)


def test_a_bare_secret_access_key_is_known_by_its_shape() -> None:
    """40 characters of all kinds; a path, a hash or a name of as many stays readable."""
    key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"[:37] + "a1B"
    assert redact_text(key) == REDACTED
    assert redact_text(f"refused for {key} today") == f"refused for {REDACTED} today"
    for harmless in (
        "a" * 40,
        "0123456789abcdef0123456789abcdef01234567",
        "/usr/lib/python3.11/Site/packages/abcdef",
    ):
        assert redact_text(harmless) == harmless
