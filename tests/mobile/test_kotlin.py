"""The Kotlin client: its codec against the vectors, its streams against a played server and a running one."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.stack import Stack

CHECKOUT = Path(__file__).resolve().parents[2]
VECTORS = CHECKOUT / "tests" / "vectors" / "eventstream"
AGAIN = "Start again to go on."
MISSING = "The last words may be missing."
UNREADABLE = "The server's answer could not be read. Start again."

Kotlin = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.timeout(300)  # compiling takes 12 s where nobody else computes

TOO_MANY = "Too many transcriptions are running at the moment. Wait a minute, then start again."

ENDS = {
    "the last words": "ended, heard 5, sent 3, let go true",
    "a frame in pieces": "ended, heard 5, sent 3, let go true",
    "an unknown event": "ended, heard 0, sent 3, let go true",
    "an exception": f"stream_failed LimitExceededException: {TOO_MANY} [Your account has too many.], "
    "heard 0, let go true",
    "an error message": "stream_failed Oops: Transcribe ended the stream. [no], heard 0, sent 3, let go true",
    "garbage": f"malformed_stream CHECKSUM: {UNREADABLE} [the prelude's checksum does not match], "
    "heard 0, let go true",
    "a transcript that is none": f"malformed_stream PAYLOAD: {UNREADABLE} [a transcript that is not one], "
    "heard 0, let go true",
    "a close before the end": f"stream_failed StreamEnded: Transcribe ended the stream. {AGAIN} [], "
    "heard 0, let go true",
    "a close inside a frame": f"malformed_stream FRAMING: {UNREADABLE} [the stream ended inside a frame], "
    "heard 0, sent 3, let go true",
    "a lost connection": f"stream_failed ConnectionLost: The connection to Transcribe was lost. {AGAIN} "
    "[EOFException], heard 0, let go true",
    "a lost end": f"stream_failed ConnectionLost: The connection to Transcribe was lost. {MISSING} "
    "[EOFException], heard 0, sent 3, let go true",
    "no end": f"stream_failed DrainTimeout: Transcribe did not finish in time. {MISSING} [], "
    "heard 0, sent 3, let go true",
    "no connection": "stream_failed ConnectionFailed: Transcribe does not answer. "
    "Perhaps the network blocks port 8443. [], heard 0, let go null",
    "a microphone that fails after words": "java.lang.IllegalStateException: the microphone was lost, "
    "heard 5, sent 2, let go true",
    "a microphone that fails": "java.lang.IllegalStateException: the microphone was lost, "
    "heard 0, sent 2, let go true",
    "an end by the caller": "ended, heard 5, let go true",
}


def test_the_codec_reads_and_writes_every_vector(kotlin: Kotlin) -> None:
    """Those for phones and all others; whole, byte by byte, and cut at random."""
    files = [CHECKOUT / "web" / "mobile" / "vectors.json", VECTORS / "valid.json", VECTORS / "invalid.json"]
    read = [json.loads(path.read_text()) for path in files]
    cases = sum(len(each.get(name, ())) for each in read for name in ("cases", "valid", "invalid"))
    assert kotlin("vectors", *files) == {"cases": cases, "wrong": []}


def test_a_stream_ends_in_words_whatever_the_server_does(kotlin: Kotlin) -> None:
    """Clean or not: the right kind, words for a person, and the socket let go."""
    assert kotlin("scenarios") == ENDS


def test_a_recording_becomes_text(kotlin: Kotlin, stack: Stack, recording: Path) -> None:
    """Two lines, over HttpURLConnection and OkHttp. Each run reports its end: a second finds a free place."""
    for _ in range(2):
        said = kotlin("stream", stack.service, recording, 3200, '{"language-code": "en-US"}')
        assert said == {"text": "go forward ten meters\nand stop", "partials": 6}


def test_an_exception_over_the_wire_is_told(kotlin: Kotlin, stack: Stack, recording: Path) -> None:
    """Two seconds of audio in one event are too many."""
    said = kotlin("stream", stack.service, recording, 64_000, '{"language-code": "en-US"}')
    assert said["error"].startswith(
        "stream_failed BadRequestException: Transcribe did not accept the stream. ["
    )


def test_what_the_service_refuses_is_told(kotlin: Kotlin, stack: Stack, recording: Path) -> None:
    """Its code, its status, and what it said about each parameter."""
    said = kotlin("stream", stack.service, recording, 3200, '{"language-code": "xx-XX", "rain": true}')
    first, *faults = said["error"].splitlines()
    assert first.startswith(
        "ticket_refused 400 invalid_parameters null: The service did not give a ticket (400). ["
    )
    assert {each.partition(":")[0] for each in faults} >= {"language-code", "rain"}


def test_a_wrong_key_is_told(kotlin: Kotlin, stack: Stack, recording: Path) -> None:
    """With what to do about it."""
    said = kotlin("stream", stack.service, recording, 3200, "{}", "sp_live_wrong")
    assert said["error"].startswith(
        "ticket_refused 401 unauthenticated null: The service did not give a ticket (401). "
        "It needs a valid API key or token. ["
    )


def test_a_ticket_that_is_closed_makes_room(kotlin: Kotlin, stack: Stack) -> None:
    """A refusal says how long to wait; the next ticket goes on with the session; none shows its URL."""
    said = kotlin("places", stack.service)
    assert re.match(
        r"ticket_refused 429 too_many_sessions \d+: .+ \(429\)\. It asks to wait \d+ s\. \[", said["refused"]
    )
    assert said["resumed"] is True
    assert "ws" not in said["shown"]


def test_a_service_that_is_not_there_is_told(kotlin: Kotlin, recording: Path) -> None:
    """Nobody listens on the discard port."""
    said = kotlin("stream", "http://127.0.0.1:9", recording, 3200, "{}")
    assert said["error"] == "ticket_refused 0  null: The service cannot be reached. Check the network. []"
