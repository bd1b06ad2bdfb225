"""web/mobile/README.md: what it shows is what the service, the codec and the clients do."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scribepass.app.kinds import ERRORS, LIMITS, every_kind
from scribepass.app.problems import body_of
from scribepass.errors import InvalidParameters
from scribepass.eventstream import HeaderType, Message, string_headers
from scribepass.eventstream.values import WIRES
from scribepass.settings import Settings
from scribepass.transcribe import Audio, Operation, Transcript, decode, encode, parse
from scribepass.transcribe.catalogue import (
    BYTES_PER_SAMPLE,
    CHUNK_MILLISECONDS,
    IDLE_SECONDS,
    MAX_CHUNK_SECONDS,
    MAX_STREAM_SECONDS,
    PORT,
    RECOMMENDED_SAMPLE_RATE,
)
from scribepass.vending import Ticket

CHECKOUT = Path(__file__).resolve().parents[2]
MOBILE = CHECKOUT / "web" / "mobile"
README = (MOBILE / "README.md").read_text()
FLAT = " ".join(README.split())
KOTLIN = (MOBILE / "kotlin" / "Transcripts.kt").read_text()
SWIFT = (MOBILE / "swift" / "Transcripts.swift").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


REQUEST, ANSWER, PROBLEM, TRANSCRIPT = (json.loads(each) for each in blocks("json"))


def rows(head: str) -> list[list[str]]:
    """The cells of the table whose first line begins with ``head``, without backticks."""
    table = README[README.index(f"| {head} |") :].partition("\n\n")[0]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_every_file_is_in_the_table() -> None:
    """All of them, and no other."""
    there = {path.relative_to(MOBILE).as_posix() for path in MOBILE.rglob("*") if path.is_file()}
    assert {row[0] for row in rows("file")} == there - {"README.md"}


def test_what_was_not_compiled_says_so() -> None:
    """In the table and at the head of each file."""
    for name, _, how in rows("file"):
        head = (MOBILE / name).read_text()[:600]
        assert name.endswith(".swift") == ("NOT COMPILED" in head) == ("not compiled" in how)


def test_the_request_is_one_that_is_read() -> None:
    """AWS's parameters by AWS's names."""
    params = parse(Operation.STANDARD, list(REQUEST.items()))
    assert params.language_code == "en-US"


def test_the_answer_has_the_members_of_a_ticket() -> None:
    """All of them, in their order."""
    moment = datetime(2026, 11, 22, 15, 53, 21, tzinfo=UTC)
    ticket = Ticket(
        url="wss://",
        ticket_id="tk_",
        session_id="",
        operation=Operation.STANDARD,
        region="us-east-1",
        parameters={},
        expires_in=60,
        expires_at=moment,
        server_time=moment,
        credentials_expire_at=moment,
    )
    assert list(ticket.to_json()) == list(ANSWER)


def test_the_refusal_is_the_services_own() -> None:
    """Word for word."""
    with pytest.raises(InvalidParameters) as refused:
        parse(Operation.STANDARD, [*{**REQUEST, "language-code": "xx-XX"}.items()])
    faults = refused.value.problems
    body = body_of(ERRORS[InvalidParameters], problems=faults, request_id=PROBLEM["request_id"])
    assert json.loads(body) == PROBLEM
    assert list(json.loads(body)) == list(PROBLEM)


def test_the_refusals_of_the_table_exist() -> None:
    """Each status has this code; what a limit refuses is told by its code."""
    known = {(str(each.status.value), each.code) for each in every_kind()}
    shown = {(status, code) for status, code, _ in rows("status")}
    assert shown <= known
    assert {each.code for each in LIMITS.values()} - {code for _, code in shown} == {"too_many_failures"}


def test_the_worked_frame_is_the_codecs() -> None:
    """Byte for byte; and the words beside its headers are in the bytes."""
    (example,) = (each for each in blocks("text") if "CRC-32" in each)
    lines = [re.split(r" {2,}", line, maxsplit=1) for line in example.splitlines()]
    samples = b"".join(sample.to_bytes(2, "little") for sample in (1, 2, 3, 4))
    frame = b"".join(bytes.fromhex(line[0]) for line in lines)
    assert frame == encode(Audio(chunk=samples)).encode()
    for digits, words in lines:
        for quoted in re.findall('"(.+)"', words):
            assert bytes.fromhex(digits).endswith(quoted.encode())
            assert f"{len(quoted)} bytes" in words
    assert f"has {len(frame)} bytes" in example


def test_the_table_of_types_is_the_codecs() -> None:
    """Number, name and width of all ten."""
    table = rows("type")
    assert [(int(number), name) for number, name, _ in table] == [
        (each.value, each.name.lower()) for each in HeaderType
    ]
    for number, _, value in table:
        width = WIRES[int(number)].width
        shown = {None: "2 bytes of length", 0: "nothing", 1: "1 byte,"}.get(width, f"{width} bytes")
        assert value.startswith(shown)


def test_the_numbers_are_aws() -> None:
    """Chunks, limits and the port."""
    size = RECOMMENDED_SAMPLE_RATE * BYTES_PER_SAMPLE // 10
    assert f"in chunks of 100 ms: {size} bytes" in FLAT
    assert CHUNK_MILLISECONDS[0] <= 100 <= CHUNK_MILLISECONDS[1]
    assert MAX_CHUNK_SECONDS == 1
    assert "the most in one chunk is a second" in FLAT
    assert f"After {IDLE_SECONDS} s without any" in FLAT
    assert f"A stream ends after {MAX_STREAM_SECONDS // 3600} hours" in FLAT
    assert f"Port {PORT} is blocked" in FLAT


def test_the_services_own_numbers_are_its_defaults() -> None:
    """The life of a ticket, and for how long a session counts that nobody reports closed."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert defaults["session_lease"] == 3600
    assert "or for an hour, the session counts" in FLAT
    assert defaults["expires_in"] == ANSWER["expires_in"] == 60
    assert "a ticket is good for a minute" in FLAT


def test_the_transcript_is_one() -> None:
    """Our own reader takes it."""
    names = {":message-type": "event", ":event-type": "TranscriptEvent", ":content-type": "application/json"}
    event = decode(Message(string_headers(names), json.dumps(TRANSCRIPT).encode()))
    assert isinstance(event, Transcript)
    (result,) = event.results
    assert result.alternatives[0].transcript == "Go forward."
    assert [item.content for item in result.alternatives[0].items] == ["Go", "forward", "."]


def test_both_clients_have_words_for_each_exception() -> None:
    """Those of the table, and no others."""
    shown = {name for name, *_ in rows("exception")}
    said = re.search(r'when \(kind\.removeSuffix\("Exception"\)\) \{(.*?)else ->', KOTLIN, re.DOTALL)
    assert said
    assert {f"{name}Exception" for name in re.findall(r'"(\w+)"(?:,| ->)', said[1])} == shown
    assert set(re.findall(r'"(\w+Exception)"', SWIFT)) == shown


def test_the_vectors_that_are_named_exist() -> None:
    """Each name in the last chapter."""
    cases: dict[str, Any] = json.loads((MOBILE / "vectors.json").read_text())
    names = {case["name"] for case in [*cases["valid"], *cases["invalid"]]}
    chapter = README[README.index("most often: ") :]
    named = set(re.findall(r"`([a-z0-9_]{6,})`", chapter))
    assert len(named) == 5
    assert named <= names


@pytest.mark.parametrize("client", ["kotlin", "swift"])
def test_a_client_has_the_limits_of_the_readme(client: str) -> None:
    """Seconds to connect, to drain; and the frames' own limits."""
    source = " ".join(path.read_text() for path in sorted((MOBILE / client).iterdir()))
    shown = {
        "kotlin": ("connect: Long = 10_000", "drain: Long = 5_000"),
        "swift": ("connect = 10.0", "drain = 5.0"),
    }
    assert all(each in source for each in shown[client])
    assert "give up after 10 s" in FLAT
    assert "After 5 s without a message give up" in FLAT
