"""GET and POST /presign: the contract, and everything that is not it."""

import json
from io import BytesIO
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from scribepass.transcribe import Operation
from support.service import ASKED, BEARER, QUERY, Service, service

JSON = {"Content-Type": "application/json"}


def faults(answer: TestResponse) -> set[tuple[str, str]]:
    """Field and code of every fault of a 400."""
    assert answer.status_code == 400, answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    return {(each["field"], each["code"]) for each in answer.json["problems"]}


def body(it: Service, text: str | bytes, **headers: str) -> TestResponse:
    """POST a body as it stands."""
    return it.client.post("/presign", data=text, headers={**BEARER, **JSON, **headers})


def test_post_makes_a_ticket(it: Service) -> None:
    """201 and every member of the contract."""
    answer = it.post({**ASKED, "operation": "standard", "region": "us-east-1", "expires-in": 30,
                      "client-reference-id": "call-42"})  # fmt: skip
    assert answer.status_code == 201
    assert answer.mimetype == "application/json"
    ticket = answer.json
    assert ticket is not None
    url, session_id, ticket_id = ticket.pop("url"), ticket.pop("session_id"), ticket.pop("ticket_id")
    assert ticket_id.startswith("tk_")
    assert ticket == {
        "operation": "standard",
        "region": "us-east-1",
        "parameters": {
            "language-code": "en-US",
            "media-encoding": "pcm",
            "sample-rate": "16000",
            "session-id": session_id,
        },
        "expires_in": 30,
        "expires_at": "2026-11-22T12:00:30Z",
        "server_time": "2026-11-22T12:00:00Z",
        "credentials_expire_at": "2026-11-22T13:00:00Z",
    }
    assert dict(parse_qsl(urlsplit(url).query))["X-Amz-Expires"] == "30"


def test_get_makes_the_same_ticket(it: Service) -> None:
    """200 and the same members, of the same names in the query."""
    posted, got = it.post(), it.get(f"{QUERY}&expires-in=60&client-reference-id=12345")
    assert got.status_code == 200
    assert posted.json is not None
    assert got.json is not None
    assert got.json.keys() == posted.json.keys()
    assert got.json["parameters"].keys() == posted.json["parameters"].keys()
    assert got.json["expires_in"] == posted.json["expires_in"] == 60


@pytest.mark.parametrize("operation", ["medical", "call-analytics"])
def test_other_operations_are_vended_where_they_are_enabled(operation: str) -> None:
    """And refused where they are not."""
    asked = {**ASKED, "operation": operation}
    if operation == "medical":
        asked |= {"specialty": "PRIMARYCARE", "type": "DICTATION"}
    answer = service(operations=tuple(Operation)).post(asked)
    assert answer.status_code == 201
    assert answer.json is not None
    assert f"/{operation}-stream-transcription-websocket?" in answer.json["url"]
    assert faults(service().post(asked)) == {("operation", "value")}


def test_every_fault_is_told_at_once(it: Service) -> None:
    """Those of the stream's parameters together with those of ours beside them."""
    asked = {
        "operation": "medical", "region": "eu-west-1", "expires-in": 5, "client-reference-id": "a b",
        "session-id": "4b1f2d3c-0000-4000-8000-000000000000", "X-Amz-Expires": "60", "langage-code": "en-US",
        "media-encoding": "mp3", "sample-rate": True, "vocabulary-name": "a&b",
    }  # fmt: skip
    expected = {
        ("operation", "value"), ("region", "value"), ("expires-in", "range"),
        ("client-reference-id", "pattern"), ("session-id", "reserved"), ("X-Amz-Expires", "reserved"),
        ("langage-code", "unknown"),
        ("language-code", "required"), ("media-encoding", "value"), ("sample-rate", "type"),
        ("vocabulary-name", "pattern"), ("specialty", "required"), ("type", "required"),
    }  # fmt: skip
    assert faults(it.post(asked)) == expected


def test_an_unknown_operation_does_not_hide_other_faults(it: Service) -> None:
    """What is wrong whichever operation was meant is said; what only one of them minds is not."""
    asked = {
        **ASKED,
        "operation": "standrd",
        "sample-rate": "fast",
        "X-Amz-Date": "x",
        "show-speaker-label": "true",
    }
    assert faults(it.post(asked)) == {
        ("operation", "value"),
        ("sample-rate", "type"),
        ("X-Amz-Date", "reserved"),
    }


def test_a_language_that_the_region_has_not_is_told_with_the_rest() -> None:
    """AWS would refuse it on the socket, where no browser can see why."""
    it = service(settings={"regions": "us-east-1,af-south-1"})
    asked = {**ASKED, "language-code": "am-ET", "region": "af-south-1"}
    assert faults(it.post(asked)) == {("language-code", "value")}
    assert faults(it.post({**asked, "sample-rate": 1})) == {
        ("language-code", "value"),
        ("sample-rate", "range"),
    }
    assert it.post({**asked, "region": "us-east-1"}).status_code == 201
    options = {**ASKED, "identify-language": True, "language-options": "en-US,am-ET", "region": "af-south-1"}
    del options["language-code"]
    assert faults(it.post(options)) == {("language-options", "value")}


NAMES = ["language-code", "sample-rate", "expires-in", "region", "operation", "client-reference-id"]


@pytest.mark.parametrize("name", NAMES)
def test_a_repeated_name_is_refused(it: Service, name: str) -> None:
    """In a query and in JSON alike, be the two values equal or not: nobody guesses which was meant."""
    values = {
        **ASKED,
        "expires-in": 60,
        "region": "us-east-1",
        "operation": "standard",
        "client-reference-id": "x",
    }
    text = urlencode(values)
    assert it.get(text).status_code == 200
    assert faults(it.get(f"{text}&{name}={values[name]}")) == {(name, "repeated")}
    twice = json.dumps(values)[:-1] + f", {json.dumps(name)}: {json.dumps(values[name])}}}"
    assert faults(body(it, twice)) == {(name, "repeated")}


def test_query_and_body_are_never_merged(it: Service) -> None:
    """A POST with a query is refused, and the body of a GET is not read."""
    answer = it.client.post("/presign?region=us-east-1", json=ASKED, headers=BEARER)
    assert faults(answer) == {("query", "conflict")}
    assert faults(it.client.get("/presign", json=ASKED, headers=BEARER)) >= {("media-encoding", "required")}


SMUGGLED = [
    "X-Amz-Expires",
    "x-amz-expires",
    "X-AMZ-SECURITY-TOKEN",
    "X-Amz-Signature",
    "X-Amz-Foo",
    "Action",
]


@pytest.mark.parametrize(
    "name", [*SMUGGLED, "Language-Code", "language_code", "", "language-code[]", " region"]
)
@pytest.mark.parametrize("where", ["query", "body"])
@pytest.mark.parametrize("times", [1, 2])
def test_no_foreign_name_is_signed(it: Service, name: str, where: str, times: int) -> None:
    """Once or twice, in the query or in the body, in any case: a 400 that names it."""
    if where == "query":
        answer = it.get(QUERY + f"&{quote(name)}=604800" * times)
    else:
        answer = body(it, json.dumps(ASKED)[:-1] + f', {json.dumps(name)}: "604800"' * times + "}")
    assert {code for _, code in faults(answer)} <= {"reserved", "unknown"}


HOSTILE_SECONDS: list[object] = [
    0, 1, 14, 301, 604800, 10**9, 10**30, -1, -60, "60", "", " 60", "60 ", "+60", "-60", "6_0", "0x3c",
    "1e2", "60.0", "060", "６０", "٦٠", "³", "६०", "true", "null", "NaN", "Infinity", True, False, None,
    60.0, 60.5, 1e9, [60], {"s": 60}, [], {}, "60\n", "60\u0000",
]  # fmt: skip


@pytest.mark.parametrize("seconds", HOSTILE_SECONDS, ids=repr)
@pytest.mark.parametrize("where", ["query", "body"])
def test_hostile_expiries_are_refused(it: Service, seconds: object, where: str) -> None:
    """Whole seconds from 15 to the limit: as a number in JSON, as plain ASCII digits in a query."""
    if where == "body":
        answer = it.post({**ASKED, "expires-in": seconds})
    elif seconds == "60":
        assert it.get(f"{QUERY}&expires-in=60").status_code == 200
        return
    else:
        answer = it.get(f"{QUERY}&expires-in={quote(str(seconds))}")
    assert {field for field, _ in faults(answer)} == {"expires-in"}


HOSTILE = [
    "\r\nX-Injected: 1", "\n", "\r", "\x00", "\u2028", "\u202e", "\ufeff", "é", "😀", "ｅｎ－ＵＳ",
    "en-US\n", "en-US ", " en-US", "en-US&sample-rate=8000", "en-US#", "en-US%26", "en-US;x=1", "en-US+",
    "en-US,", "../../etc/passwd", "' OR 1=1 --", "<script>", "${jndi:ldap://x}", "{{7*7}}",
    "A" * 300, "\x7f", "\x1b[31m",
]  # fmt: skip
FIELDS = ["language-code", "media-encoding", "vocabulary-name", "region", "operation", "client-reference-id"]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("where", ["query", "body"])
def test_hostile_text_is_refused(it: Service, field: str, text: str, where: str) -> None:
    """In every parameter: a 400, whose headers and lines are ours alone."""
    asked = {**ASKED, field: text}
    answer = it.post(asked) if where == "body" else it.get(urlencode(asked))
    assert field in {each for each, _ in faults(answer)}
    assert "X-Injected" not in answer.headers
    assert len(answer.data) < 4096


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("language-code", id="no value"),
        pytest.param("%ff=1", id="a name that is not UTF-8"),
        pytest.param("language-code=%ff", id="a value that is not UTF-8"),
        pytest.param("language-code=%ed%a0%80", id="a surrogate"),
        pytest.param("language-code=%c0%ae", id="overlong"),
        pytest.param("&".join(f"a{n}=1" for n in range(65)), id="too many"),
        pytest.param("&&", id="only separators"),
        pytest.param("a=1;b=2&c", id="semicolons"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused(it: Service, query: str) -> None:
    """Not guessed at, not repaired."""
    assert faults(it.get(query)) == {("query", "value")}


def test_a_query_may_be_2_kib(it: Service) -> None:
    """More is a 414 that points to POST."""
    filler = "&vocabulary-name="
    room = 2048 - len(QUERY) - len(filler)
    assert it.get(QUERY + filler + "x" * room).status_code == 400
    answer = it.get(QUERY + filler + "x" * (room + 1))
    assert answer.status_code == 414
    assert answer.json is not None
    assert answer.json["code"] == "query_too_long"


def nested(levels: int) -> str:
    return '{"a":' + "[" * (levels - 1) + "1" + "]" * (levels - 1) + "}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", ("body", "value"), id="empty"),
        pytest.param("language-code=en-US", ("body", "value"), id="a form"),
        pytest.param("null", ("body", "type"), id="null"),
        pytest.param("[]", ("body", "type"), id="a list"),
        pytest.param('["language-code", "en-US"]', ("body", "type"), id="a pair"),
        pytest.param('"text"', ("body", "type"), id="text"),
        pytest.param("1", ("body", "type"), id="a number"),
        pytest.param('{"sample-rate": NaN}', ("body", "value"), id="NaN"),
        pytest.param('{"sample-rate": -Infinity}', ("body", "value"), id="infinity"),
        pytest.param('{"sample-rate": ' + "9" * 5000 + "}", ("body", "value"), id="a huge integer"),
        pytest.param('{"a": 1}{"b": 2}', ("body", "value"), id="two documents"),
        pytest.param('{"a": 1', ("body", "value"), id="cut"),
        pytest.param("{'a': 1}", ("body", "value"), id="single quotes"),
        pytest.param('{"a": 1,}', ("body", "value"), id="a trailing comma"),
        pytest.param(b'{"a": "\xff"}', ("body", "value"), id="not UTF-8"),
        pytest.param(b"\xff\xfe{\x00}\x00", ("body", "value"), id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf{}", ("body", "value"), id="a byte order mark"),
        pytest.param(b"\x00", ("body", "value"), id="a zero byte"),
        pytest.param(nested(4), ("a", "unknown"), id="4 deep"),
        pytest.param(nested(5), ("body", "value"), id="5 deep"),
        pytest.param("[" * 8000, ("body", "value"), id="8,000 deep, open"),
        pytest.param('{"a":' * 1300 + "1" + "}" * 1300, ("body", "value"), id="1,300 objects deep"),
        pytest.param("{}", ("media-encoding", "required"), id="an empty object"),
        pytest.param('{"sample-rate": 1e999}', ("sample-rate", "type"), id="infinity by way of an exponent"),
        pytest.param('{"language-code": ["en-US"]}', ("language-code", "type"), id="a list as a value"),
        pytest.param('{"language-code": {"en-US": 1}}', ("language-code", "type"), id="an object as a value"),
        pytest.param('{"language-code": null}', ("language-code", "type"), id="null as a value"),
        pytest.param('{"language-code": "\\ud800"}', ("language-code", "value"), id="half a surrogate pair"),
        pytest.param('{"\\ud800": "x"}', ("?", "unknown"), id="half a surrogate pair as a name"),
    ],
)  # fmt: skip
def test_hostile_bodies_are_refused(it: Service, text: str | bytes, expected: tuple[str, str]) -> None:
    """One JSON object of bounded depth in UTF-8, with JSON's own values: anything else is a 400."""
    assert expected in faults(body(it, text))


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
             "application/xml", "application/jsonx", "text/json", "application/json; charset=utf-16",
             "application/json; charset=latin-1", ""],
)  # fmt: skip
def test_only_json_is_read(it: Service, kind: str) -> None:
    """A page of another origin can send the other kinds without asking first."""
    answer = body(it, json.dumps(ASKED), **{"Content-Type": kind})
    assert answer.status_code == 415
    assert answer.json is not None
    assert answer.json["code"] == "unsupported_media_type"
    assert (
        body(it, json.dumps(ASKED), **{"Content-Type": "application/json; charset=utf-8"}).status_code == 201
    )


@pytest.mark.parametrize(
    ("coding", "status"),
    [("gzip", 415), ("br", 415), ("gzip, identity", 415), ("identity", 201), ("IDENTITY", 201), ("", 415)],
)
def test_a_compressed_body_is_not_read(it: Service, coding: str, status: int) -> None:
    """Nothing is unpacked here, so what is sent is as large as it is long."""
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    assert body(it, json.dumps(ASKED), **headers).status_code == status


def test_a_body_may_be_8_kib(it: Service) -> None:
    """One byte more is a 413, declared or not."""
    text = json.dumps(ASKED)
    assert body(it, text + " " * (8192 - len(text))).status_code == 201
    answer = body(it, text + " " * (8193 - len(text)))
    assert answer.status_code == 413
    assert answer.json is not None
    assert answer.json["code"] == "body_too_large"
    for padding, status in ((0, 201), (8192, 413)):
        chunked = it.client.post(
            "/presign",
            input_stream=BytesIO(text.encode() + b" " * padding),
            headers={**BEARER, **JSON},
            environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
        )
        assert chunked.status_code == status


def test_without_credentials_it_says_when_to_come_back(it: Service) -> None:
    """503 with Retry-After, never a URL that AWS will refuse, and no word about the role."""
    it.held.credentials = None
    for answer in (it.post(), it.get()):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "7"
        assert answer.json is not None
        assert answer.json["code"] == "credentials_unavailable"
        assert "arn:" not in answer.text


def test_credentials_that_are_about_to_end_make_no_ticket(it: Service) -> None:
    """Shorter URLs towards the end, and under 15 seconds none."""
    it.clock.advance(3600 - 30 - 40)
    answer = it.post()
    assert answer.json is not None
    assert answer.json["expires_in"] == 40
    it.clock.advance(26)
    assert it.post().status_code == 503


@settings(max_examples=300)
@given(
    extra=st.dictionaries(
        st.sampled_from(
            ["vocabulary-name", "vocabulary-filter-name", "language-model-name", "show-speaker-label",
             "region", "enable-partial-results-stabilization", "language-code", "sample-rate",
             "media-encoding", "client-reference-id"],
        ) | st.text(max_size=12),
        st.text(max_size=20) | st.integers() | st.booleans() | st.none() | st.floats(),
        max_size=4,
    ),
    where=st.sampled_from(["query", "body"]),
)  # fmt: skip
@example(extra={"vocabulary-name": "a%26X-Amz-Expires=604800"}, where="query")
@example(extra={"vocabulary-name": "a+b~c"}, where="body")
@example(extra={"show-speaker-label": True}, where="body")
def test_any_unicode_is_refused_or_signed_as_it_is(extra: dict[str, object], where: str) -> None:
    """Either a 400, or the URL parses back to exactly what was meant, each name once."""
    it = _SHARED
    asked = {**ASKED, **extra}
    if where == "body":
        answer = body(it, json.dumps(asked))
    else:
        try:
            text = urlencode({name: str(value) for name, value in asked.items()}, errors="strict")
        except UnicodeEncodeError:
            return
        answer = it.get(text)
    assert answer.status_code in {200, 201, 400}, answer.text
    if answer.status_code == 400:
        return
    assert answer.json is not None
    parts = urlsplit(answer.json["url"])
    assert parts.netloc == "transcribestreaming.us-east-1.amazonaws.com:8443"
    said = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)
    assert len({name for name, _ in said}) == len(said)
    meant = {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in asked.items()
    }
    meant = {name: value for name, value in meant.items() if name not in {"region", "client-reference-id"}}
    unsigned = {name: value for name, value in said if not name.startswith("X-Amz-") and name != "session-id"}
    assert unsigned.keys() == meant.keys()
    assert all(unsigned[name].lower() == meant[name].lower() for name in meant)


_SHARED = service()
