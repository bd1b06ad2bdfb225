"""Cases on frames, fragments, pings and what is reserved (RFC 6455 sections 5.1 to 5.5)."""

from collections.abc import Iterator

from scribepass.local.limits import Limits
from support.frames import BINARY, CLOSE, CONTINUATION, MASK, NO_MASKING, PING, PONG, TEXT, fragments, frame
from support.messages import enframe
from support.streaming import audio

from .case import HEARD, REFUSED, SPEECH, STREAM, Answer, Case, failed

LIMIT = Limits().message_bytes
MOST_FRAGMENTS = 4096
"""A limit of the library's own (section 10.4 leaves it to an implementation)."""

RESERVED_OPCODES = (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
BLOCK = audio()[12 : 12 + int.from_bytes(audio()[4:8], "big")]


def event_of(length: int) -> bytes:
    """An AudioEvent of so many bytes in all."""
    return enframe(BLOCK, bytes(length - 16 - len(BLOCK)))


def messages_of(size: int) -> bytes:
    """A stream in up to 300 messages of ``size`` bytes and a rest: an event may stand in several."""
    until = min(300 * size, len(SPEECH))
    messages = [frame(BINARY, SPEECH[at : at + size]) for at in range(0, until, size)]
    return b"".join(messages + ([frame(BINARY, SPEECH[until:])] if until < len(SPEECH) else []))


def lengths() -> Iterator[Case]:
    """Section 5.2, "Payload length": 7 bits, 16 bits, 64 bits, and what is too long for us."""
    for size in (1, 2, 16, 124, 125, 126, 127, 128, 4096, 16383, len(SPEECH) - 1, len(SPEECH)):
        sent = messages_of(size)
        yield Case(name=f"messages of {size}", section="5.2", sends=sent, answer=HEARD)
    for size in (30_000, 32_100):
        sent = frame(BINARY, event_of(size)) + STREAM
        yield Case(name=f"an event of {size}", section="5.2", sends=sent, answer=HEARD)
    for size in (65_535, 65_536, 65_537, LIMIT - 1, LIMIT):
        # More than a second of audio, which is AWS's limit, not that of WebSocket.
        yield Case(
            name=f"an event of {size}", section="5.2", sends=frame(BINARY, event_of(size)), answer=REFUSED
        )
    for size in (LIMIT + 1, 2 * LIMIT):
        sent = frame(BINARY, event_of(size), mask=NO_MASKING)
        yield Case(name=f"a message of {size}", section="7.4.1", sends=sent, answer=failed(1009))
    for size in (LIMIT + 1, 2**31, 2**32, 2**62):
        sent = frame(BINARY, b"", width=8, claims=size)
        yield Case(name=f"a length of {size}, no byte", section="7.4.1", sends=sent, answer=failed(1009))
    yield Case(name="an empty message is the end", section="5.2", sends=frame(BINARY), answer=Answer())
    for width in (2, 8):
        sent = frame(BINARY, SPEECH[:100], width=width) + frame(BINARY, SPEECH[100:])
        yield Case(name=f"a short length in {width} bytes", section="5.2", sends=sent, answer=HEARD)


def masks() -> Iterator[Case]:
    """Section 5.1: a client masks, with any key; section 5.3 says how."""
    for key in (NO_MASKING, b"\xff\xff\xff\xff", b"\0\0\0\1", MASK):
        sent = frame(BINARY, SPEECH, mask=key)
        yield Case(name=f"key {key.hex()}", section="5.3", sends=sent, answer=HEARD)
    for opcode, payload in (
        (TEXT, b"hello"),
        (BINARY, SPEECH),
        (PING, b""),
        (PONG, b""),
        (CLOSE, b"\x03\xe8"),
    ):
        sent = frame(opcode, payload, mask=None)
        yield Case(name=f"opcode {opcode} not masked", section="5.1", sends=sent, answer=failed(1002))
    sent = STREAM[:0] + frame(BINARY, audio()) + frame(BINARY, audio(), mask=None)
    yield Case(name="the second not masked", section="5.1", sends=sent, answer=failed(1002))
    sent = frame(BINARY, b"a", fin=False) + frame(CONTINUATION, b"b", mask=None)
    yield Case(name="a continuation not masked", section="5.1", sends=sent, answer=failed(1002))


def fragmented() -> Iterator[Case]:
    """Section 5.4."""
    half = len(SPEECH) // 2
    thirds = (SPEECH[:9000], SPEECH[9000:18_000], SPEECH[18_000:])
    for name, parts in {
        "two": (SPEECH[:half], SPEECH[half:]),
        "three": thirds,
        "an empty first": (b"", SPEECH),
        "an empty last": (SPEECH, b""),
        "empty ones between": (SPEECH[:half], b"", b"", SPEECH[half:]),
        "one of one byte": (SPEECH[:1], SPEECH[1:]),
        "a hundred": [SPEECH[at : at + 300] for at in range(0, len(SPEECH), 300)],
        "thousands": [SPEECH[at : at + 7] for at in range(0, len(SPEECH), 7)],
    }.items():
        sent = b"".join(fragments(BINARY, *parts))
        yield Case(name=f"fragments: {name}", section="5.4", sends=sent, answer=HEARD)
    sent = b"".join(fragments(BINARY, b"", b"", b""))
    yield Case(name="nothing in fragments is the end", section="5.4", sends=sent, answer=Answer())
    one, two, three = fragments(BINARY, *thirds)
    for name, between in {"ping": PING, "pong": PONG}.items():
        for size in (0, 1, 125):
            control = frame(between, bytes(size))
            sent = one + control + two + control + three
            pongs = (bytes(size),) * 2 if between == PING else ()
            answer = Answer(finals=HEARD.finals, pongs=pongs)
            yield Case(name=f"a {name} of {size} between", section="5.4", sends=sent, answer=answer)
    yield from _badly_fragmented(one, three)


def _badly_fragmented(one: bytes, last: bytes) -> Iterator[Case]:
    for name, sent in {
        "a message inside a message": one + STREAM,
        "a text inside a message": one + frame(TEXT, b"hello"),
        "a beginning inside a message": one + one,
        "a last without a first": last + STREAM,
        "a middle without a first": frame(CONTINUATION, b"x", fin=False) + STREAM,
        "an empty last without a first": frame(CONTINUATION) + STREAM,
        "a last after a whole message": frame(BINARY, audio()) + frame(CONTINUATION, b"x"),
        "a last after a last": b"".join(fragments(BINARY, audio()[:9], audio()[9:])) + last,
    }.items():
        yield Case(name=name, section="5.4", sends=sent, answer=failed(1002))
    for opcode in (PING, PONG, CLOSE):
        sent = frame(opcode, b"\x03\xe8", fin=False) + frame(CONTINUATION, b"")
        yield Case(name=f"opcode {opcode} fragmented", section="5.5", sends=sent, answer=failed(1002))
    parts = [bytes(1)] * (MOST_FRAGMENTS + 1)
    sent = b"".join(fragments(BINARY, *parts))
    yield Case(name="one fragment too many", section="10.4", sends=sent, answer=failed(1009))
    sent = b"".join(fragments(BINARY, bytes(LIMIT // 2), bytes(LIMIT // 2), b"x"))
    yield Case(name="one byte too many in fragments", section="10.4", sends=sent, answer=failed(1009))


def pings() -> Iterator[Case]:
    """Sections 5.5.2 and 5.5.3: a ping is answered by its payload, at once, in order; a pong by nothing."""
    for payload in (b"", b"\0", b"hello", b"\xfe\xff\0\x80", bytes(124), bytes(range(125))):
        answer = Answer(finals=HEARD.finals, pongs=(payload,))
        name = f"a ping of {len(payload)}"
        yield Case(name=name, section="5.5.2", sends=frame(PING, payload) + STREAM, answer=answer)
        sent = frame(PONG, payload) + STREAM
        yield Case(name=f"a pong of {len(payload)}", section="5.5.3", sends=sent, answer=HEARD)
    for opcode in (PING, PONG):
        for size in (126, 127, 65_536):
            sent = frame(opcode, bytes(size)) + STREAM
            name = f"opcode {opcode} with {size} bytes"
            yield Case(name=name, section="5.5", sends=sent, answer=failed(1002))
    many = tuple(str(number).encode() for number in range(50))
    sent = b"".join(frame(PING, each) for each in many) + STREAM
    answer = Answer(finals=HEARD.finals, pongs=many)
    yield Case(name="fifty pings", section="5.5.2", sends=sent, answer=answer)
    sent = frame(PING, b"a") + frame(PONG, b"x") + frame(PING, b"b") + frame(PONG, b"a") + STREAM
    answer = Answer(finals=HEARD.finals, pongs=(b"a", b"b"))
    yield Case(name="pings and pongs", section="5.5.3", sends=sent, answer=answer)
    sent = b"".join(frame(BINARY, each) + frame(PING, each[:8]) for each in (audio(), audio())) + STREAM
    answer = Answer(finals=HEARD.finals, pongs=(audio()[:8],) * 2)
    yield Case(name="pings between messages", section="5.5.2", sends=sent, answer=answer)


def reserved() -> Iterator[Case]:
    """Section 5.2: bits and opcodes that nobody has negotiated."""
    for bits in range(1, 8):
        for opcode, payload in ((TEXT, b"hello"), (BINARY, SPEECH), (PING, b"x"), (CLOSE, b"\x03\xe8")):
            sent = frame(opcode, payload, reserved=bits) + STREAM
            name = f"bits {bits} on opcode {opcode}"
            yield Case(name=name, section="5.2", sends=sent, answer=failed(1002))
        sent = frame(BINARY, b"x", fin=False) + frame(CONTINUATION, b"y", reserved=bits)
        yield Case(name=f"bits {bits} on a continuation", section="5.2", sends=sent, answer=failed(1002))
    for opcode in RESERVED_OPCODES:
        for payload in (b"", b"hello"):
            sent = frame(opcode, payload) + STREAM
            name = f"opcode {opcode} with {len(payload)} bytes"
            yield Case(name=name, section="5.2", sends=sent, answer=failed(1002))
        sent = frame(BINARY, audio()) + frame(PING, b"x") + frame(opcode, b"x")
        answer = Answer(pongs=(b"x",), code=1002)
        yield Case(name=f"opcode {opcode} after a ping", section="5.2", sends=sent, answer=answer)


CASES = [*lengths(), *masks(), *fragmented(), *pings(), *reserved()]
