"""What callers send that mean no good, or whose programs are broken; and how such a request is made.

Property tests over this run `EXAMPLES` examples each. A million of each takes hours and is asked for by
``SCRIBEPASS_EXAMPLES=1000000 pytest --timeout=0 tests/app/test_hostile_unicode.py``.
"""

import json
import os
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlsplit

from hypothesis import HealthCheck, settings
from werkzeug.test import TestResponse

from scribepass.transcribe import REGIONS, Operation
from support.service import BEARER, Service

EXAMPLES = int(os.environ.get("SCRIBEPASS_EXAMPLES", "200"))
settings.register_profile(
    "hostile", max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck)
)
MANY = settings.get_profile("hostile")

_CONTROLS = [
    *(chr(n) for n in range(0x20)), "\x7f", *(chr(n) for n in range(0x80, 0xA0)),
]  # fmt: skip
_LINES = [
    "\r\n", "\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\n\n", "\r\r\n",
]  # fmt: skip
_INVISIBLE = [
    "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e", "\u034f", "\u00a0", "\u3000",
    "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u061c",
    "\u200e", "\u200f", "\ufff9", "\ufffd", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff", "\U000e0041",
]  # fmt: skip
_SURROGATES = [
    "\ud800", "\udbff", "\udc00", "\udfff", "\udc00\ud800", "a\ud83d", "\ude00a", "\udc80", "\udcff",
]  # fmt: skip
_LOOKALIKES = [
    "ｅｎ－ＵＳ", "en‐US", "en–US", "еn-US", "en-UЅ", "EN-US", "en_US", "ĸ", "K", "ſ", "ß", "İ", "ı", "ﬁ",
    "pcm\u0301", "e\u0301", "é", "𝐩𝐜𝐦", "１６０００", "٦٠", "६०", "³", "Ⅷ", "😀", "👩‍👩‍👧‍👦", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙",
]  # fmt: skip
_TERMINAL = [
    "\x1b[31mred", "\x1b[2J", "\x1b]0;title\x07", "\x1b[1A\x1b[2K", "\x9b31m", "\x1bc", "\x08\x08\x08",
    "\x1b[6n", "\x1b]8;;https://evil.example\x1b\\", "a\x1b[8mhidden",
]  # fmt: skip
_HEADERS = [
    "\r\nX-Injected: 1", "\nX-Injected: 1", "\rX-Injected: 1", "a\r\n\r\n<html>", "a\r\nSet-Cookie: a=b",
    "%0d%0aX-Injected:%201", "\u010d\u010aX-Injected: 1", "a\r\n X-Injected: folded", "a: b", "a; b=c",
    '"a', "a,b", '{"event":"forged"}', '\n{"event":"forged","level":"info"}', '"}\n{"event":"forged"}',
    '","event":"forged', "\\n{}", "\\u000aX", "\\",
]  # fmt: skip
_URLS = [
    "a&X-Amz-Expires=604800", "a%26X-Amz-Expires=604800", "a%2526b=1", "a;sample-rate=8000", "a#b", "a?b",
    "a=b", "a+b", "a b", "a%20b", "a%", "a%2", "a%zz", "%00", "%c0%ae", "%u0041", "&", "=", "?", "#", "/",
    "//", ";", "+", "us-east-1@evil.example", "us-east-1.evil.example", "evil.example/", "us-east-1:443",
    "us-east-1/../x", "us-east-1#", "us-east-1?x", "us-east-1\\.evil.example", "us-east-1%2eevil",
    "us-east-1 ", " us-east-1", "wss://evil.example", "javascript:alert(1)", "data:,x", "[::1]",
    "127.0.0.1", "localhost", "evil.example:8443",
]  # fmt: skip
_PATHS = [
    "../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "file:///etc/passwd", "%2e%2e%2f", "....//",
    "C:\\", "~root", "/dev/zero", "\\\\evil\\share", "a\x00.txt", "..;/", ".git/config",
    "/proc/self/environ", "CON",
]  # fmt: skip
_CODE = [
    "' OR 1=1 --", "1; DROP TABLE keys", '" OR ""="', "1 UNION SELECT 1", "'||'", "admin'--", "{{7*7}}",
    "${7*7}", "#{7*7}", "<%= 7*7 %>", "{%print 1%}", "${jndi:ldap://evil.example/x}", "$(id)", "`id`",
    "|id", "a;id", "&&id", "<script>alert(1)</script>", "<img src=x onerror=1>", "]]>",
    "<!ENTITY x SYSTEM 'file:///'>", "*)(uid=*", "' or '1'='1", "$ne", '{"$gt":""}', "__proto__",
    "constructor", "hasOwnProperty", "__class__", "{0.__class__}", "%s%s%s%n", "%x%x", "%(name)s", "{}",
    "{0}", "{event}", "%d", "=cmd|' /C calc'!A0", "@SUM(1)", "!!python/object", "eval(1)", "O:8:", "rO0AB",
    "\\x41", "\\u0041", "\\0",
]  # fmt: skip
_TYPES = [
    "", " ", "null", "None", "undefined", "NaN", "Infinity", "-Infinity", "true", "false", "[]", "[1]", "0",
    "-0", "-1", "+1", "01", "1e3", "1e999", "0x10", "0b1", "1_000", "1.0", "16000.0", ",", ",,", "en-US,",
    ",en-US", "en-US,,fr-FR", " en-US", "en-US ", "en-US\n", "\ten-US", "en-US\x00", "-", ".", "_", "..",
    "-.-",
]  # fmt: skip
_LONG = [
    "A" * 201, "A" * 1500, "\u00e9" * 300, "a," * 600, "9" * 5000, "[" * 3000, "%" * 900, "\x00" * 300,
    "../" * 500,
]  # fmt: skip

STRINGS: list[str] = list(
    dict.fromkeys(
        [
            *(f"a{each}b" for each in _CONTROLS),
            *(f"en-US{each}" for each in _LINES),
            *(f"a{each}b" for each in (*_INVISIBLE, *_SURROGATES)),
            *(*_LOOKALIKES, *_TERMINAL, *_HEADERS, *_URLS, *_PATHS, *_CODE, *_TYPES, *_LONG),
        ]
    )
)
"""Each once; some are valid for some parameter, which is then signed as it is."""

NOT_UTF8 = [
    b"\xc0\xae", b"\xc0\x80", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xc1\xbf", b"\xff", b"\xfe\xff",
    b"a\x80", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xe2\x82",
    b"\xc3", b"\xc3\x28", b"\xc0\x8d\xc0\x8aX-Injected: 1", b"\x8d\x8a",
]  # fmt: skip
"""Overlong forms, surrogates and broken sequences."""

ANSWER_HEADERS = frozenset(
    {
        *(
            "Content-Type",
            "Content-Length",
            "X-Request-Id",
            "X-Content-Type-Options",
            "Referrer-Policy",
            "Vary",
        ),
        *("Cross-Origin-Resource-Policy", "Cache-Control", "Content-Security-Policy", "Retry-After", "Allow"),
        *("WWW-Authenticate", "RateLimit", "RateLimit-Policy", "Strict-Transport-Security"),
        *("Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Allow-Methods"),
        *("Access-Control-Allow-Headers", "Access-Control-Max-Age", "Connection", "Date", "Server"),
    }
)
"""Every header that the API ever sends."""

_NAME = r"[0-9a-zA-Z._-]{1,200}"
_NAMES = r"[a-zA-Z0-9,\-._]{1,3000}"
FREE_TEXT = {
    "vocabulary-name": _NAME,
    "vocabulary-names": _NAMES,
    "vocabulary-filter-name": _NAME,
    "vocabulary-filter-names": _NAMES,
    "language-model-name": _NAME,
    "client-reference-id": r"[A-Za-z0-9._:-]{1,64}",
}
"""Parameters whose value is the caller's own word, with AWS's patterns, and ours for the last."""

Pairs = Iterable[tuple[str, object]]


def encoded(text: str) -> bytes:
    """As it goes over a wire, lone surrogates too: not UTF-8 then, and no less likely to be sent."""
    return text.encode("utf-8", "surrogatepass")


def query_of(pairs: Pairs) -> str:
    """Everything but letters and digits percent-encoded."""
    return "&".join(
        f"{quote(encoded(name), safe='')}={quote(encoded(_text(value)), safe='')}" for name, value in pairs
    )


def body_of(pairs: Pairs) -> str:
    """One JSON object, with each name as often as it is in ``pairs``."""
    return "{" + ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in pairs) + "}"


def ask(it: Service, pairs: Pairs, *, where: str) -> TestResponse:
    """The answer to a GET with a query, or to a POST with a body."""
    if where == "query":
        return it.get(query_of(pairs))
    return it.client.post(
        "/presign", data=body_of(pairs), headers={**BEARER, "Content-Type": "application/json"}
    )


def checked(answer: TestResponse) -> int:
    """The status of an answer that is in no way hostile itself: a ticket, or problem details."""
    assert answer.status_code < 500, answer.text
    assert set(answer.headers.keys()) <= ANSWER_HEADERS, answer.headers
    assert not any(re.search(r"[^\x20-\x7e]", value) for _, value in answer.headers)
    assert "injected" not in str(answer.headers).lower()
    if answer.status_code >= 400:
        assert answer.mimetype == "application/problem+json"
        assert answer.json is not None
        assert answer.json["status"] == answer.status_code
        assert len(answer.data) < 16_384
    return answer.status_code


def signed(answer: TestResponse, *, operation: Operation, region: str) -> dict[str, str]:
    """The stream's parameters in the URL of a ticket, of which everything else is as it must be."""
    assert answer.json is not None
    url = urlsplit(answer.json["url"])
    assert (url.scheme, url.netloc) == ("wss", REGIONS[region].host)
    assert url.path == operation.path
    assert url.fragment == ""
    pairs = parse_qsl(url.query, keep_blank_values=True, strict_parsing=True, errors="strict")
    said = dict(pairs)
    assert len(said) == len(pairs)
    assert {name for name in said if name.startswith("X-Amz-")} == {
        *("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Security-Token"),
        *("X-Amz-Signature", "X-Amz-SignedHeaders"),
    }
    assert said["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert said["X-Amz-Credential"] == f"ASIAEXAMPLE/20261122/{region}/transcribe/aws4_request"
    assert said["X-Amz-SignedHeaders"] == "host"
    assert 15 <= int(said["X-Amz-Expires"]) <= 300
    assert said.pop("session-id") == answer.json["session_id"]
    return {name: value for name, value in said.items() if not name.startswith("X-Amz-")}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
