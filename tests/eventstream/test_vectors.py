"""Every vector, fed in every way."""

import subprocess
import sys
from typing import Any

import pytest

from scribepass.errors import RemoteProtocolError, Violation
from scribepass.eventstream import Message
from support.feed import Outcome, feed, feed_unread, ways
from support.vectors import FOLDER, limits, load, messages, unhex

VALID, INVALID = load("valid.json"), load("invalid.json")
valid = pytest.mark.parametrize("case", VALID, ids=[case["name"] for case in VALID])
invalid = pytest.mark.parametrize("case", INVALID, ids=[case["name"] for case in INVALID])

Case = dict[str, Any]


@valid
def test_valid_bytes_are_read_however_they_are_cut(case: Case) -> None:
    """A valid stream gives its messages and leaves nothing over."""
    for way, chunks in ways(unhex(case["bytes"]), seed=case["name"]):
        assert feed(chunks, limits=limits(case), at_end=True) == Outcome(messages(case)), way
        assert feed_unread(chunks, limits=limits(case), at_end=True) == Outcome(messages(case)), way


@valid
def test_valid_bytes_are_what_encoding_gives(case: Case) -> None:
    """There is one encoding of a message, and it is ours."""
    assert b"".join(message.encode() for message in messages(case)) == unhex(case["bytes"])


@valid
def test_valid_bytes_do_not_suffer_from_what_follows(case: Case) -> None:
    """Bytes behind a frame wait for the next one, and are a fault only when the stream ends there."""
    trailing = b"\0\0\0"
    for way, chunks in ways(unhex(case["bytes"]) + trailing, seed=case["name"]):
        assert feed(chunks, limits=limits(case)) == Outcome(messages(case), left_over=3), way
        ended = feed(chunks, limits=limits(case), at_end=True)
        assert (ended.messages, ended.kind) == (messages(case), Violation.FRAMING), way


@invalid
def test_invalid_bytes_are_refused_however_they_are_cut(case: Case) -> None:
    """An invalid stream gives the messages before the fault, then the same error for ever."""
    data, at_end = unhex(case["bytes"]), case.get("at_end", False)
    outcomes = [
        how(chunks, limits=limits(case), at_end=at_end)
        for _, chunks in ways(data, seed=case["name"])
        for how in (feed, feed_unread)
    ]
    assert outcomes[0].messages == messages(case)
    assert outcomes[0].kind is Violation(case["error"])
    assert all(outcome == outcomes[0] for outcome in outcomes)


@invalid
def test_invalid_bytes_are_refused_whatever_follows(case: Case) -> None:
    """No data behind a fault changes it. A fault of the end is none when data follows, so it is left out."""
    if case.get("at_end"):
        return
    data = unhex(case["bytes"])
    alone = feed([data], limits=limits(case))
    for trailing in (b"\0" * 40, unhex(VALID[0]["bytes"])):
        for way, chunks in ways(data + trailing, seed=case["name"]):
            assert feed(chunks, limits=limits(case)) == alone, way


@valid
def test_a_single_frame_is_decoded_at_once(case: Case) -> None:
    """``Message.decode`` reads what a Decoder reads, if it is one frame."""
    data, expected = unhex(case["bytes"]), messages(case)
    if len(expected) == 1:
        assert Message.decode(data, limits=limits(case)) == expected[0]
    else:
        with pytest.raises(RemoteProtocolError) as caught:
            Message.decode(data, limits=limits(case))
        assert caught.value.kind is Violation.FRAMING


@invalid
def test_an_invalid_frame_is_refused_at_once(case: Case) -> None:
    """``Message.decode`` refuses what a Decoder refuses; it may say first that this is not one frame."""
    with pytest.raises(RemoteProtocolError) as caught:
        Message.decode(unhex(case["bytes"]), limits=limits(case))
    assert caught.value.kind in {Violation(case["error"]), Violation.FRAMING}


@pytest.mark.parametrize(
    "bug",
    [
        "aws-sdk-go-v2, March 2026",
        "aws-c-event-stream, May 2026: a total length below 16",
        "aws-c-event-stream, May 2026: headers longer than total - 16",
        "aws-c-event-stream, May 2026: a total length below 12",
        "aws-c-event-stream, May 2026: there was no limit to the number of headers",
        "aws-c-event-stream, March 2026: the length of a header's value",
    ],
)
def test_the_decoder_bugs_of_2026_are_among_the_vectors(bug: str) -> None:
    """What went wrong in AWS's own decoders this year cannot go wrong here unseen."""
    assert [case for case in INVALID if case.get("bug", "").startswith(bug)]


def test_the_vectors_are_many_and_differ() -> None:
    """At least 150 cases, 80 of them invalid, no two of them the same bytes under the same limits."""
    assert len(INVALID) >= 80
    assert len(VALID) + len(INVALID) >= 150
    every = [(case["bytes"], str(case.get("limits")), case.get("at_end")) for case in VALID + INVALID]
    assert len(set(every)) == len(every)
    assert all(case["why"] for case in INVALID)


def test_the_vectors_are_what_their_maker_writes() -> None:
    """valid.json and invalid.json were not edited by hand."""
    made = subprocess.run(
        [sys.executable, FOLDER / "make.py", "--check"], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
