"""Hostile strings over real sockets: gunicorn as shipped, its parser and the service behind it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from scribepass.callers.api_keys import new_key
from scribepass.callers.key_file import add_key
from support.gunicorn import AWS, UNLIMITED, Running, running
from support.hostile import ANSWER_HEADERS, NOT_UTF8, STRINGS, encoded
from support.service import QUERY

KEY, RECORD = new_key("live", caller="web-app")
ORIGIN = "https://app.example.com"

_SPLITTING = [text for text in STRINGS if re.search("[\r\n\0\v\f\x1c-\x1e\x85\u2028\u2029]", text)]
SAMPLE = [*map(encoded, dict.fromkeys([*_SPLITTING, *STRINGS[::5]])), *NOT_UTF8]
"""All that could end a line somewhere, and a fifth of the rest."""

BODY = b'{"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16000}'
GET = b"GET /presign?%s HTTP/1.1" % QUERY.encode()
POST = b"POST /presign HTTP/1.1"
KEYED = b"Authorization: Bearer %s" % KEY.encode()
HOST = b"Host: service.example"
LENGTH = b"Content-Length: %d" % len(BODY)
JSON = b"Content-Type: application/json"


def message(start: bytes, *headers: bytes, body: bytes = b"") -> bytes:
    """A request; that it is the last one of its connection is said before anything hostile."""
    return b"\r\n".join([start, b"Connection: close", *headers, b"", b""]) + body


def idle(value: bytes) -> Iterator[bytes]:
    """Requests in which it stands where nothing depends on it: fit for a ticket, or not even a request."""
    for name in (
        *(b"X-Request-Id", b"Origin", b"X-Forwarded-For", b"X-Forwarded-Proto", b"Cookie", b"User-Agent"),
        *(b"Accept", b"Traceparent", b"SCRIPT_NAME", b"X-Original-URL", b"Sec-Fetch-Mode", b"Forwarded"),
    ):
        yield message(GET, HOST, KEYED, name + b": " + value)
    yield message(GET, HOST, KEYED, b"X-" + value + b": 1")
    yield message(GET + value, HOST, KEYED)
    yield message(GET, KEYED, b"Host: " + value)
    yield message(GET.replace(b"GET ", b"GET http://" + value + b"/"), HOST, KEYED)


def bad(value: bytes) -> Iterator[bytes]:
    """Requests that must not get a ticket."""
    for name in (b"Authorization", b"X-API-Key", b"Proxy-Authorization"):
        yield message(GET, HOST, name + b": " + value)
    yield message(GET, HOST, b"Authorization: Bearer " + value)
    yield message(GET, HOST, b"X-API-Key: " + value + KEY.encode() + b"x")
    for raw in (value, quote(value, safe="").encode()):
        yield message(b"GET /presign?%s&region=x%s HTTP/1.1" % (QUERY.encode(), raw), HOST, KEYED)
        yield message(b"GET /presign?%s&vocabulary-name=%%00%s HTTP/1.1" % (QUERY.encode(), raw), HOST, KEYED)
        yield message(b"GET /presign?%s&x%s HTTP/1.1" % (QUERY.encode(), raw), HOST, KEYED)
        yield message(b"GET /x/%s HTTP/1.1" % raw, HOST, KEYED)
        yield message(b"POST /sessions/x%s/closed HTTP/1.1" % raw, HOST, KEYED, b"Content-Length: 0")
    yield message(b"X" + value + b" /presign HTTP/1.1", HOST, KEYED)
    yield message(POST, HOST, KEYED, LENGTH, b"Content-Type: x" + value, body=BODY)
    yield message(POST, HOST, KEYED, LENGTH, JSON, b"Content-Encoding: x" + value, body=BODY)
    hostile = BODY[:-1] + b', "region": "' + value + b'x"}'
    yield message(POST, HOST, KEYED, JSON, b"Content-Length: %d" % len(hostile), body=hostile)


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """In production, with one key and one origin, and no limit that would answer in place of the rest."""
    folder = tmp_path_factory.mktemp("hostile")
    add_key(folder / "keys.json", record=RECORD)
    settings = {
        **AWS,
        **UNLIMITED,
        "SCRIBEPASS_API_KEYS_FILE": str(folder / "keys.json"),
        "SCRIBEPASS_ALLOWED_ORIGINS": ORIGIN,
    }
    with running(folder, **settings) as it:
        yield it


def status_of(answer: bytes, *, request: bytes) -> int:
    """That of the one answer to the request, which is well-formed whatever the request was."""
    assert answer.count(b"HTTP/1.1 ") == 1, (request, answer)
    head, _, body = answer.partition(b"\r\n\r\n")
    start, *lines = head.split(b"\r\n")
    assert re.fullmatch(rb"HTTP/1\.1 [0-9]{3} [A-Za-z -]+", start), (request, answer)
    headers = [line.decode("ascii").partition(": ")[::2] for line in lines]
    assert {name for name, _ in headers} <= ANSWER_HEADERS, (request, headers)
    assert len({name for name, _ in headers}) == len(headers)
    assert dict(headers).get("Access-Control-Allow-Origin") is None
    if body:
        assert json.loads(body)
        assert int(dict(headers)["Content-Length"]) == len(body)
    return int(start.split()[1])


def test_nothing_hostile_comes_through(it: Running) -> None:
    """No ticket that was not meant, no 500, one well-formed answer each, and no line that is not ours."""
    tickets = 0
    for value in SAMPLE:
        for request in bad(value):
            status = status_of(it.raw(request), request=request)
            assert 400 <= status < 500 or status == 501, request
        for request in idle(value):
            answer = it.raw(request)
            status = status_of(answer, request=request)
            assert status in {200, 400, 403, 404, 431}, request
            if status == 200:
                tickets += 1
                url = urlsplit(json.loads(answer.partition(b"\r\n\r\n")[2])["url"])
                assert url.netloc == "transcribestreaming.us-east-1.amazonaws.com:8443"
                assert dict(parse_qsl(url.query))["X-Amz-Expires"] == "60"
    assert tickets > len(SAMPLE)
    lines = it.lines()
    assert it.log.read_bytes().isascii()
    assert not [line for line in lines if line["level"] in {"error", "critical"}]
    assert len([line for line in lines if line["event"] == "ticket_issued"]) == tickets
    assert {line["event"] for line in lines if "request_id" in line} <= {"ticket_issued", "request_refused"}
    assert KEY not in it.log.read_text()


@pytest.mark.parametrize(
    "length", ["+73", "-1", "7_3", "0x49", "73, 73", "73,74", "٧٣", "73 ", "1e2", "", "9" * 400]
)
def test_a_length_is_plain_digits(it: Running, length: str) -> None:
    """Two readers of one length must not read two: what is after it would be another's request."""
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    said, body = f"Content-Length: {length}".encode(), BODY.ljust(73) + smuggled
    request = message(POST, HOST, KEYED, JSON, said, body=body)
    assert status_of(it.raw(request), request=request) in ({201} if length == "73 " else {400, 413, 408})


def test_two_headers_of_one_name_grant_nothing(it: Running) -> None:
    """A listed origin beside another, a real key beside a false one: whichever counts, no permission."""
    evil = "https://evil.example"
    for one, other in ((ORIGIN, evil), (evil, ORIGIN), (ORIGIN, ORIGIN)):
        request = message(GET, HOST, KEYED, b"Origin: " + one.encode(), b"Origin: " + other.encode())
        assert status_of(it.raw(request), request=request) in {200, 400}
    for others in ((b"Authorization: Bearer x",), (b"X-API-Key: x",), (b"X-API-Key: " + KEY.encode(),)):
        request = message(GET, HOST, KEYED, *others)
        status = status_of(it.raw(request), request=request)
        assert status in {200, 401, 400}
    assert Path(it.log).stat().st_size
