"""Hostile strings in every parameter, and parameters that come twice or from both sides."""

import json
import re
from itertools import combinations_with_replacement, product

import pytest

from scribepass.transcribe import Operation
from scribepass.transcribe.parameters import PARAMETERS
from support.hostile import FREE_TEXT, NOT_UTF8, STRINGS, ask, body_of, checked, encoded, query_of, signed
from support.logs import captured
from support.requests import BASE, VALID
from support.service import BEARER, Service, service

_STANDARD = PARAMETERS[Operation.STANDARD]
OURS = ("operation", "region", "expires-in", "ticket-id", "client-reference-id")
NAMES = [(operation, name) for operation in Operation for name in PARAMETERS[operation]] + [
    (Operation.STANDARD, name) for name in OURS
]


@pytest.fixture(scope="module")
def everything() -> Service:
    """Vends all operations in two regions."""
    return service(
        operations=tuple(Operation), settings={"regions": "us-east-1,eu-west-1", "max_expires_in": "300"}
    )


def corpus(operation: Operation, name: str) -> list[str]:
    """All of it, but where the same table has been through it already for another operation, a fourth."""
    return STRINGS if operation is Operation.STANDARD else STRINGS[:: 4 if name in _STANDARD else 1]


def around(operation: Operation, name: str) -> list[tuple[str, object]]:
    """A request in which ``name`` may stand, without it."""
    request = next((each for at, each in VALID if at is operation and name in each), BASE[operation])
    pairs: list[tuple[str, object]] = [
        (each, value) for each, value in request.items() if each not in (name, "session-id")
    ]
    return pairs if name == "operation" else [("operation", operation.value), *pairs]


def test_there_are_enough() -> None:
    """As many as were asked for, and each a different one."""
    assert len(set(STRINGS)) == len(STRINGS) >= 200
    assert len({json.dumps(each) for each in STRINGS}) == len(STRINGS)


@pytest.mark.parametrize(("operation", "name"), NAMES, ids=[f"{each.value}-{name}" for each, name in NAMES])
def test_a_hostile_string_is_refused_or_signed_as_it_is(
    everything: Service, operation: Operation, name: str
) -> None:
    """In a query and in a body: no ticket but for what is truly valid, one line of log for each request."""
    pairs = around(operation, name)
    asked = 0
    with captured("info") as lines:
        for number, text in enumerate(corpus(operation, name)):
            fitting = ["query", "body"] if len(text) < 1000 else ["body"]
            for where in fitting if name in FREE_TEXT else [fitting[number % len(fitting)]]:
                answer = ask(everything, [*pairs, (name, text)], where=where)
                asked += 1
                if checked(answer) < 300:
                    assert_meant(answer, operation=operation, pairs=[*pairs, (name, text)])
                else:
                    assert answer.status_code in {400, 403, 414}, answer.text
    assert [line["event"] in {"ticket_issued", "request_refused"} for line in lines.all] == [True] * asked
    assert lines.text.isascii()


def assert_meant(answer: object, *, operation: Operation, pairs: list[tuple[str, object]]) -> None:
    """The ticket's URL says what was asked, letter by letter, and what was asked is in AWS's pattern."""
    meant = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in pairs}
    region = meant.pop("region", "us-east-1")
    for name in ("operation", "expires-in", "ticket-id"):
        meant.pop(name, None)
    for name, pattern in FREE_TEXT.items():
        assert name not in meant or re.fullmatch(pattern, meant[name], re.ASCII), ascii(meant[name])
    reference = meant.pop("client-reference-id", None)
    assert reference is None or reference.isascii()
    said = signed(answer, operation=operation, region=region)  # type: ignore[arg-type]
    flags = {name for name, parameter in PARAMETERS[operation].items()
             if parameter.kind.schema["type"] == "boolean"}  # fmt: skip
    assert said == {name: value.lower() if name in flags else value for name, value in meant.items()}


@pytest.mark.parametrize("where", ["query", "body"])
def test_a_hostile_string_is_no_name(everything: Service, where: str) -> None:
    """Of a parameter: nothing that is not in AWS's table or ours is signed, or repeated as it came."""
    with captured("info") as lines:
        for text in STRINGS:
            if where == "query" and len(text) > 500:
                continue
            answer = ask(everything, [*BASE[Operation.STANDARD].items(), (text, "x")], where=where)
            assert checked(answer) == 400, ascii(text)
            assert answer.text.isascii()
        assert {line["event"] for line in lines.all} == {"request_refused"}


@pytest.mark.parametrize("raw", NOT_UTF8, ids=repr)
@pytest.mark.parametrize(
    "name", ["vocabulary-name", "region", "expires-in", "client-reference-id", "nonsense"]
)
def test_what_is_not_utf8_is_not_guessed_at(everything: Service, raw: bytes, name: str) -> None:
    """Overlong, cut or broken: in a query and in a body, as a value and as a name."""
    query = query_of(BASE[Operation.STANDARD].items())
    percent = "".join(f"%{byte:02x}" for byte in raw)
    for asked in (f"{query}&{name}={percent}", f"{query}&{percent}=1", f"{query}&{name}={percent}a"):
        assert checked(everything.get(asked)) == 400
    body = body_of(BASE[Operation.STANDARD].items()).encode()[:-1]
    for member in (b', "' + name.encode() + b'": "' + raw + b'"}', b', "' + raw + b'": 1}'):
        answer = everything.client.post(
            "/presign", data=body + member, headers={**BEARER, "Content-Type": "application/json"}
        )
        assert checked(answer) == 400


@pytest.mark.parametrize("path", ["/presign", "/catalogue", "/healthz"])
def test_a_query_is_ascii(everything: Service, path: str) -> None:
    """Everything else in it is percent-encoded; gunicorn refuses it otherwise, another server may not."""
    query = query_of(BASE[Operation.STANDARD].items()).encode()
    for raw in [*NOT_UTF8, *(encoded(text) for text in STRINGS if not text.isascii())]:
        for unquoted in (query + b"&vocabulary-name=" + raw, query + b"&" + raw + b"=1", raw):
            text = unquoted.decode("latin-1")
            answer = everything.client.get(path, headers=BEARER, environ_overrides={"QUERY_STRING": text})
            assert checked(answer) == (200 if path == "/healthz" else 400)


SECONDS = [
    *(
        "60e0",
        "6E1",
        "6.0e1",
        "0.6e2",
        "60.0",
        "60.00000000000000001",
        "1e1000",
        "-1e1000",
        "-0",
        "-60",
        "-0.0",
    ),
    *(
        "14",
        "301",
        "302",
        "604800",
        "2147483648",
        "4294967356",
        "18446744073709551676",
        "9" * 400,
        "1" + "0" * 4000,
    ),
    *(
        "true",
        "false",
        "null",
        '"60"',
        '"\\u0036\\u0030"',
        '"６０"',
        '"60\\n"',
        '"60 "',
        '"\\t60"',
        '""',
        '"sixty"',
    ),
    *(
        "[60]",
        "[[60]]",
        "{}",
        '{"s": 60}',
        "[]",
        '"60,60"',
        '"0x3C"',
        '"0b111100"',
        '"0o74"',
        '"6_0"',
        '"+60"',
    ),
    *(
        '"1e2"',
        '"PT60S"',
        '"60s"',
        '"1m"',
        '"-60"',
        '"NaN"',
        '"Infinity"',
        '"٦٠"',
        '"६०"',
        '"Ⅼ"',
        '"60\\u0000"',
    ),
    *("060", "+60", "0x3C", "6_0", "NaN", "Infinity", "-Infinity", "60.", ".6e2", "60, 61", "'60'", "６０"),
]
"""As they stand in JSON, or would if JSON had them."""


@pytest.mark.parametrize("seconds", SECONDS, ids=lambda text: text[:20])
@pytest.mark.parametrize("where", ["query", "body"])
def test_no_hostile_life_is_given(it: Service, seconds: str, where: str) -> None:
    """Of a URL: a whole number from 15 to 300 and nothing that some reader could take for one."""
    assert len(SECONDS) >= 40
    if where == "body":
        text = body_of(BASE[Operation.STANDARD].items())[:-1] + f', "expires-in": {seconds}}}'
        answer = it.client.post(
            "/presign", data=text.encode(), headers={**BEARER, "Content-Type": "application/json"}
        )
    else:
        try:
            value = json.loads(seconds)
        except ValueError:
            value = seconds
        value = seconds if not isinstance(value, str) else value
        if value == "60":
            return
        answer = ask(it, [*BASE[Operation.STANDARD].items(), ("expires-in", value)], where="query")
    assert checked(answer) in {400, 414}


KINDS = {
    "known": [("language-code", "en-US"), ("sample-rate", "16000"), ("region", "us-east-1"),
              ("expires-in", 60), ("operation", "standard"), ("client-reference-id", "x"),
              ("vocabulary-name", "v")],
    "reserved": [("X-Amz-Expires", "604800"), ("x-amz-security-token", "x"), ("X-AMZ-Signature", "0" * 64)],
    "unknown": [("Action", "AssumeRole"), ("Language-Code", "en-US"), ("language_code", "en-US")],
}  # fmt: skip
SLOTS = list(product(KINDS, ["query", "body"], [1, 2]))


@pytest.mark.parametrize(("one", "other"), list(combinations_with_replacement(SLOTS, 2)), ids=str)
def test_nothing_is_signed_that_comes_twice_or_from_both_sides(
    it: Service, one: tuple[str, str, int], other: tuple[str, str, int]
) -> None:
    """Every two of {known, X-Amz-*, unknown} in {query, body}, {once, twice}: tickets for the known alone."""
    for first, second in product(KINDS[one[0]], KINDS[other[0]]):
        placed: dict[str, list[tuple[str, object]]] = {"query": [], "body": []}
        for (_, where, times), pair in ((one, first), (other, second)):
            placed[where] += [pair] * times
        names = [name for pairs in placed.values() for name, _ in pairs]
        base = [(name, value) for name, value in BASE[Operation.STANDARD].items() if name not in names]
        side = "body" if placed["body"] else "query"
        placed[side] += base
        query, body = query_of(placed["query"]), body_of(placed["body"])
        options = {"data": body, "headers": {**BEARER, "Content-Type": "application/json"}}
        answer = it.client.open(
            f"/presign?{query}" if query else "/presign",
            method="POST" if side == "body" else "GET",
            **options,
        )
        fine = len(set(names)) == len(names) and one[0] == other[0] == "known" and one[1] == other[1]
        assert (checked(answer) < 300) == fine, (first, second)


def test_both_sides_are_never_merged(it: Service) -> None:
    """What a GET has in its body is not read, and a POST with a query is refused whatever either holds."""
    for name, value in KINDS["known"]:
        rest = [pair for pair in BASE[Operation.STANDARD].items() if pair[0] != name]
        answer = it.client.get(
            f"/presign?{query_of([*rest, (name, value)])}",
            data=body_of([("vocabulary-name", "smuggled"), ("X-Amz-Expires", "604800")]),
            headers={**BEARER, "Content-Type": "application/json"},
        )
        assert checked(answer) == 200
        assert "smuggled" not in answer.text


def test_every_string_can_be_sent() -> None:
    """The corpus itself: what cannot be text in UTF-8 is sent as the bytes that a careless program makes."""
    assert sum(1 for text in STRINGS if any("\ud800" <= each <= "\udfff" for each in text)) >= 7
    assert all(encoded(text).decode("utf-8", "surrogatepass") == text for text in STRINGS)
