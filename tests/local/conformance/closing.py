"""Cases on the end of a connection (RFC 6455 sections 5.5.1, 7). Who closes first hears no results."""

from collections.abc import Iterator

from support.frames import BINARY, CLOSE, PING, close, frame
from support.streaming import audio

from .case import REFUSED, STREAM, Answer, Case, failed

VALID = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999)
INVALID = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 32_768, 65_535)
REASONS = {
    "none": b"",
    "ASCII": b"goodbye",
    "UTF-8": "auf Wiedersehen, \U0001f600".encode(),
    "the longest": b"x" * 123,
}


def codes() -> Iterator[Case]:
    """Section 7.4: which codes a close frame may carry. What is valid is said back (section 5.5.1)."""
    for code in VALID:
        yield Case(name=f"close {code}", section="7.4", sends=close(code), answer=failed(code))
    for code in INVALID:
        yield Case(name=f"close {code}", section="7.4", sends=close(code), answer=failed(1002))
    for name, reason in REASONS.items():
        sent = close(1000, reason)
        yield Case(name=f"a reason: {name}", section="7.1.6", sends=sent, answer=failed(1000))
    for name, reason in {"not UTF-8": b"\xff\xfe", "half a character": b"bye \xe2\x82"}.items():
        sent = close(1000, reason)
        yield Case(name=f"a reason: {name}", section="7.1.6", sends=sent, answer=failed(1007))
    for size in (124, 200, 70_000):
        sent = close(1000, b"x" * size)
        yield Case(name=f"a reason of {size}", section="5.5", sends=sent, answer=failed(1002))
    yield Case(name="close without a code", section="5.5.1", sends=close(), answer=failed(1005))
    for payload in (b"\x03", b"\0", b"\xff"):
        sent = frame(CLOSE, payload)
        yield Case(name=f"half a code, {payload.hex()}", section="5.5.1", sends=sent, answer=failed(1002))


def moments() -> Iterator[Case]:
    """Sections 7.1 and 5.5.1: whatever comes after a close frame is not read."""
    for name, after in {
        "a close": close(1000),
        "another code": close(1001),
        "a ping": frame(PING, b"x"),
        "a stream": STREAM,
        "a text": frame(0x1, b"hello"),
        "what is reserved": frame(0x3, b"x"),
        "half a frame": STREAM[:100],
        "no frame": b"\xff" * 50,
    }.items():
        sent = close(1000) + after
        yield Case(name=f"close, then {name}", section="5.5.1", sends=sent, answer=failed(1000))
    sent = frame(PING, b"x") + close(1000)
    answer = Answer(pongs=(b"x",), code=1000)
    yield Case(name="ping, then close", section="5.5.1", sends=sent, answer=answer)
    sent = frame(BINARY, audio()) + close(1001)
    yield Case(name="audio, then close", section="7.1", sends=sent, answer=failed(1001))
    sent = frame(BINARY, audio()[:50]) + close(1000)
    yield Case(name="half an event, then close", section="7.1", sends=sent, answer=failed(1000))
    sent = frame(BINARY, audio(), fin=False) + close(1000)
    yield Case(name="a fragment, then close", section="5.4", sends=sent, answer=failed(1000))
    sent = frame(BINARY, audio(), fin=False) + close(1000) + frame(0x0, audio())
    yield Case(name="close between fragments", section="5.4", sends=sent, answer=failed(1000))
    sent = frame(BINARY, audio()[:-1] + b"!") + frame(PING, b"x") * 3
    answer = Answer(exception=REFUSED.exception, pongs=(b"x",) * 3)
    yield Case(name="pings beside an exception", section="5.5.2", sends=sent, answer=answer)


def ended() -> Iterator[Case]:
    """Section 7.1.1: a TCP connection that ends without a close frame. There is nobody to answer to."""
    for name, sent in {
        "nothing": b"",
        "audio": frame(BINARY, audio()),
        "a byte of a frame": b"\x82",
        "half a head": STREAM[:5],
        "half a payload": STREAM[:200],
        "half an event": frame(BINARY, audio()[:50]),
        "a fragment": frame(BINARY, audio(), fin=False),
    }.items():
        yield Case(
            name=f"{name}, then the end", section="7.1.1", sends=sent, answer=failed_silently(), ends=True
        )


def failed_silently() -> Answer:
    """Nothing more is said."""
    return Answer(code=None)


CASES = [*codes(), *moments(), *ended()]
