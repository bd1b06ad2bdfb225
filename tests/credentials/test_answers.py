"""Bounded answers: a body that is too long, or too slow, is an error and is not kept in memory."""

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from urllib3.exceptions import ProtocolError

from scribepass.credentials.answers import MAX_BODY, BoundedAnswers


class Raw:
    """What urllib3 gives: pieces as they come, each when it is asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.closed = False
        self.given = 0

    def read1(self, amount: int) -> bytes:
        piece = next(self.pieces, b"")[:amount]
        self.given += len(piece)
        return piece

    def close(self) -> None:
        self.closed = True


class Session:
    """An HTTP session that answers with one body."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self.closed = False

    def send(self, request: Any) -> Any:
        assert request.stream_output, "it would read the body itself"
        return SimpleNamespace(raw=self.raw)

    def close(self) -> None:
        self.closed = True


def body_of(raw: Raw, **options: float) -> bytes:
    answer = BoundedAnswers(Session(raw), **options).send(SimpleNamespace(stream_output=False))
    return b"".join(answer.raw.stream())


def test_a_short_body_comes_through() -> None:
    """In one piece, up to the limit; the connection is given back."""
    raw = Raw(iter([b"ab", b"c" * 1000, b"d" * (MAX_BODY - 1002)]))
    assert body_of(raw) == b"ab" + b"c" * 1000 + b"d" * (MAX_BODY - 1002)
    assert raw.closed


def endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 16384


def dripping() -> Iterator[bytes]:
    while True:
        time.sleep(0.001)
        yield b"x"


def broken() -> Iterator[bytes]:
    yield b"x"
    raise ProtocolError("Connection broken")


@pytest.mark.parametrize("pieces", [endless, dripping, broken])
def test_what_is_too_much_is_an_error(pieces: Callable[[], Iterator[bytes]]) -> None:
    """Of a kind that a source knows, and the connection is closed; no more is read than may be."""
    raw = Raw(pieces())
    with pytest.raises(OSError, match="the answer"):
        body_of(raw, seconds=0.02)
    assert raw.closed
    assert raw.given <= 2 * MAX_BODY


def test_closing_closes_the_connections() -> None:
    """As botocore's own session does."""
    session = Session(Raw(iter([])))
    BoundedAnswers(session).close()
    assert session.closed
