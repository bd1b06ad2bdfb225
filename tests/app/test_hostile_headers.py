"""Hostile strings in every header that the service reads, put past any server in front of it."""

import re
from collections.abc import Iterator, Mapping

import pytest
from werkzeug.test import TestResponse

from scribepass.callers import Authenticator, FirstOf
from scribepass.callers.api_keys import ApiKeys
from scribepass.callers.issuers import Issuer
from scribepass.callers.oidc import Oidc
from support.clock import Clock
from support.hostile import NOT_UTF8, STRINGS, checked, encoded
from support.logs import captured
from support.service import ASKED, BEARER, KEY, QUERY, RECORD, Service, service

ORIGIN = "https://app.example.com"
KEYED = {"HTTP_AUTHORIZATION": BEARER["Authorization"]}
BYTES = [*map(encoded, STRINGS), *NOT_UTF8]

IDLE = [
    *("HTTP_X_REQUEST_ID", "HTTP_ORIGIN", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_HOST"),
    *("HTTP_SEC_FETCH_MODE", "HTTP_SEC_FETCH_SITE", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_USER_AGENT"),
    *(
        "HTTP_COOKIE",
        "HTTP_REFERER",
        "HTTP_TRACEPARENT",
        "HTTP_IF_NONE_MATCH",
        "HTTP_RANGE",
        "HTTP_FORWARDED",
    ),
    *("HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_ORIGINAL_URL", "HTTP_X_REWRITE_URL", "HTTP_X_FORWARDED_HOST"),
    *("HTTP_X_FORWARDED_PREFIX", "HTTP_SCRIPT_NAME", "HTTP_X_REAL_IP", "CONTENT_TYPE", "CONTENT_LENGTH"),
]
"""Headers that a GET with a good key gets its ticket beside, whatever they say."""


@pytest.fixture(scope="module")
def it() -> Service:
    """Behind one proxy that is believed, with keys and an issuer, and pages of one origin."""
    return service(
        settings={"allowed_origins": ORIGIN, "trusted_hops": 1, "forwarded_allow_ips": "127.0.0.1"},
        authenticator=known(),
    )


def nobody(url: str) -> bytes:
    """No key set, wherever it is asked for."""
    raise OSError(url)


def known() -> Authenticator:
    """Keys first, then tokens of an issuer whose keys cannot be had."""
    issuer = Issuer(
        name="staff",
        issuer="https://issuer.example",
        jwks_uri="https://issuer.example/keys",
        audience=frozenset({"scribepass"}),
        algorithms=frozenset({"ES256"}),
    )
    return FirstOf(ApiKeys([RECORD]), Oidc([issuer], clock=Clock(), fetch=nobody))


def raw(it: Service, name: str, value: bytes, **others: str) -> TestResponse:
    """The answer to a good GET with this header, as a server hands over its bytes."""
    headers = {**KEYED, **others, name: value.decode("latin-1")}
    return it.client.get(f"/presign?{QUERY}", environ_overrides=headers)


# What a proxy of ours says of the way there must be https, and no other word.
MAY_BE_REFUSED = {"HTTP_HOST": (400,), "CONTENT_LENGTH": (400,), "HTTP_X_FORWARDED_PROTO": (403,)}


@pytest.mark.parametrize("name", IDLE)
def test_a_hostile_header_is_no_matter(it: Service, name: str) -> None:
    """A ticket all the same or a refusal; the answer repeats nothing, and the log has one line each."""
    with captured("info") as lines:
        for value in BYTES:
            answer = raw(it, name, value)
            status = checked(answer)
            assert status in {200, *MAY_BE_REFUSED.get(name, ())}, value
            assert "Access-Control-Allow-Origin" not in answer.headers
        events = [line["event"] for line in lines.all]
    assert len(events) == len(BYTES)
    assert set(events) <= {"ticket_issued", "request_refused"}
    assert lines.text.isascii()


def forms(text: str) -> Iterator[Mapping[str, str]]:
    """A credential that is ``text``, or has it somewhere in it."""
    yield {"HTTP_AUTHORIZATION": text}
    yield {"HTTP_AUTHORIZATION": f"Bearer {text}"}
    yield {"HTTP_AUTHORIZATION": f"Basic {text}"}
    yield {"HTTP_X_API_KEY": text}
    yield {"HTTP_AUTHORIZATION": f"Bearer {KEY}{text}x"}
    yield {"HTTP_X_API_KEY": f"{text}x{KEY}"}
    yield {"HTTP_AUTHORIZATION": f"Bearer {KEY[:-1]}{text}"}
    yield {"HTTP_AUTHORIZATION": f"Bearer {text}.{text}.{text}"}
    yield {"HTTP_AUTHORIZATION": f"{text} {KEY}"}


def test_a_hostile_credential_is_no_credential(it: Service) -> None:
    """In whichever header, alone or around a real key: 401, the same for all, and no line is forged."""
    bodies, asked = set(), 0
    with captured("info") as lines:
        for value in BYTES:
            for headers in forms(value.decode("latin-1")):
                answer = it.client.get(f"/presign?{QUERY}", environ_overrides=dict(headers))
                assert checked(answer) == 401, headers
                assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
                bodies.add(answer.text.replace(answer.headers["X-Request-Id"], ""))
                asked += 1
    assert len(bodies) == 1
    events = [line["event"] for line in lines.all]
    assert events.count("request_refused") == asked
    assert set(events) == {"request_refused", "token_refused"}
    assert KEY not in lines.text
    assert lines.text.isascii()


JSON = b'{"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16000}'


def test_a_hostile_kind_of_body_is_not_read(it: Service) -> None:
    """Of a POST: type, character set and coding are exactly what is read here, or it is refused."""
    for value in BYTES:
        text = value.decode("latin-1")
        for headers in (
            {"CONTENT_TYPE": text},
            {"CONTENT_TYPE": f"application/jsonx{text}"},
            {"CONTENT_TYPE": f"application/json; charset=x{text}"},
            {"HTTP_CONTENT_ENCODING": f"x{text}"},
        ):
            good = {**KEYED, "CONTENT_TYPE": "application/json"}
            answer = it.client.post("/presign", data=JSON, environ_overrides={**good, **headers})
            assert checked(answer) in {415, 400}, headers


def test_a_hostile_preflight_is_granted_nothing(it: Service) -> None:
    """Nor does a listed origin get a header or a method repeated that is none of ours."""
    for value in BYTES:
        text = value.decode("latin-1")
        for origin in (text, f"{ORIGIN}{text}x", f"x{text}{ORIGIN}"):
            answer = it.client.options("/presign", environ_overrides={"HTTP_ORIGIN": origin})
            assert checked(answer) == 200
            assert not [name for name in dict(answer.headers) if name.startswith("Access-Control-")]
        for name in ("METHOD", "HEADERS"):
            asked = {"HTTP_ORIGIN": ORIGIN, f"HTTP_ACCESS_CONTROL_REQUEST_{name}": text}
            answer = it.client.options("/presign", environ_overrides=asked)
            assert checked(answer) == 200
            assert answer.headers.get("Access-Control-Allow-Methods") in {None, "GET, OPTIONS, POST"}
            assert "Access-Control-Allow-Headers" not in answer.headers


ORIGINS = [
    "https://app.example.com.", "https://app.example.com\u3002", "https://ap\u0440.example.com",
    "https://app。example。com", "https://app.example.com\u200b", "\ufeffhttps://app.example.com",
    "https://app.example.com\x00", "https://app.example.com\x00.evil.example",
    "https://app.example.com\r\n", "https://app.example.com\n", "https://app.example.com\t",
    "\thttps://app.example.com", "https://app.example.com\u2028", "ｈｔｔｐｓ://app.example.com",
    "https://APP.example.com", "Https://app.example.com", "https://app.example.com:0443",
    "https://app.example.com:", "https://app.example.com:443.", "https://app.example.com:80",
    "https://app.example.com:99999", "https://:443", "wss://app.example.com", "ftp://app.example.com",
    "blob:https://app.example.com", "view-source:https://app.example.com", "https:///app.example.com",
    "https:\\\\app.example.com", "https://app.example.com/path", "https://app.example.com//",
    "https://app.example.com/.evil.example", "https://a:b@app.example.com",
    "https://app.example.com:pw@evil.example", "https://app%2eexample.com", "https://app.example%2ecom",
    "https://%61pp.example.com", "https://app-example.com", "https://app.example.com-evil.example",
    "https://app.example.com_evil.example", "https://evilapp.example.com", "https://app.example.org",
    "https://app.example.co", "https://*.example.com", "https://*", "https://", ".*", "^https",
    "https://app.example.com|https://evil.example", "https://app.example.com; https://evil.example",
    "null\x00", "NULL", "undefined", "https://[app.example.com]", "https://[::ffff:127.0.0.1]",
    "https://0x7f.1", "https://xn--app.example.com",
]  # fmt: skip


@pytest.mark.parametrize("origin", ORIGINS, ids=ascii)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
def test_no_origin_that_only_looks_listed_may_read(it: Service, origin: str, method: str) -> None:
    """Beside those of ``test_headers``: Unicode, control characters, ports, user names, encodings."""
    assert len(ORIGINS) >= 50
    headers = {
        **KEYED,
        "HTTP_ORIGIN": encoded(origin).decode("latin-1"),
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST",
    }
    answer = it.client.open(
        "/presign" if method == "POST" else f"/presign?{QUERY}",
        method=method,
        json=ASKED if method == "POST" else None,
        environ_overrides=headers,
    )
    checked(answer)
    assert not [name for name in dict(answer.headers) if name.startswith("Access-Control-")]
    assert answer.headers.getlist("Vary") == ["Origin"]


def test_a_request_id_is_repeated_only_if_it_is_one(it: Service) -> None:
    """8 to 64 letters, digits and hyphens; for anything else there is a new one."""
    for text in STRINGS:
        said = raw(it, "HTTP_X_REQUEST_ID", encoded(text)).headers["X-Request-Id"]
        assert said == text if re.fullmatch("[A-Za-z0-9-]{8,64}", text) else len(said) == 36
