"""Cases on text, which no event stream is made of; it must be UTF-8 all the same (RFC 6455 5.6, 8.1)."""

from collections.abc import Iterator

from support.frames import BINARY, CONTINUATION, PING, TEXT, fragments, frame
from support.streaming import audio

from .case import REFUSED, STREAM, Answer, Case, failed

VALID = {
    "nothing": "",
    "ASCII": "hello",
    "a NUL": "\0",
    "two bytes": "\u00a2",
    "three bytes": "\u20ac",
    "four bytes": "\U0001f600",
    "kosme": "\u03ba\u1f79\u03c3\u03bc\u03b5",
    "the first of two bytes": "\u0080",
    "the first of three": "\u0800",
    "the first of four": "\U00010000",
    "the last of one byte": "\u007f",
    "the last of two": "\u07ff",
    "the last of three": "\uffff",
    "the last of all": "\U0010ffff",
    "before the surrogates": "\ud7ff",
    "after the surrogates": "\ue000",
    "the replacement character": "\ufffd",
    "a non-character": "\ufdd0",
    "non-characters at the end of planes": "\ufffe\U0001fffe\U0002ffff",
    "a byte order mark": "\ufeff",
    "long": "\u00e9" * 40_000,
}

INVALID = {
    "a lone continuation": b"\x80",
    "a lone last continuation": b"\xbf",
    "six continuations": b"\x80\xbf\x80\xbf\x80\xbf",
    "two bytes, one missing": b"\xc3",
    "three bytes, one missing": b"\xe2\x82",
    "three bytes, two missing": b"\xe2",
    "four bytes, one missing": b"\xf0\x9f\x98",
    "four bytes, three missing": b"\xf0",
    "two bytes cut by ASCII": b"\xc3A",
    "three bytes cut by ASCII": b"\xe2\x82A",
    "four bytes cut by ASCII": b"\xf0\x9f\x98A",
    "a first byte after a first byte": b"\xc3\xc3\xa9",
    "FE": b"\xfe",
    "FF": b"\xff",
    "FE FE FF FF": b"\xfe\xfe\xff\xff",
    "a slash in two bytes": b"\xc0\xaf",
    "a slash in three": b"\xe0\x80\xaf",
    "a slash in four": b"\xf0\x80\x80\xaf",
    "a slash in five": b"\xf8\x80\x80\x80\xaf",
    "a slash in six": b"\xfc\x80\x80\x80\x80\xaf",
    "the longest overlong of two": b"\xc1\xbf",
    "the longest overlong of three": b"\xe0\x9f\xbf",
    "the longest overlong of four": b"\xf0\x8f\xbf\xbf",
    "a NUL in two bytes": b"\xc0\x80",
    "a NUL in three": b"\xe0\x80\x80",
    "a first surrogate": b"\xed\xa0\x80",
    "a last surrogate": b"\xed\xbf\xbf",
    "a pair of surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond the last of all": b"\xf4\x90\x80\x80",
    "far beyond": b"\xf7\xbf\xbf\xbf",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "the last byte of many": b"hello" * 1000 + b"\xff",
    "in the middle": b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
}


def cases() -> Iterator[Case]:
    """All of them; AWS refuses a text with an exception, and then closes with 1000 as ever."""
    for name, text in VALID.items():
        yield Case(name=f"text: {name}", section="5.6", sends=frame(TEXT, text.encode()), answer=REFUSED)
    for name, data in INVALID.items():
        yield Case(name=f"not UTF-8: {name}", section="8.1", sends=frame(TEXT, data), answer=failed(1007))
    smile = "\U0001f600".encode()
    for at in (1, 2, 3):
        sent = b"".join(fragments(TEXT, b"a" + smile[:at], smile[at:] + b"b"))
        yield Case(name=f"a character cut after {at}", section="5.6", sends=sent, answer=REFUSED)
        sent = b"".join(fragments(TEXT, smile[:at], b"b"))
        yield Case(name=f"half a character of {at}", section="8.1", sends=sent, answer=failed(1007))
    sent = b"".join(fragments(TEXT, *(bytes([each]) for each in "\u03ba\u1f79\u03c3\u03bc\u03b5".encode())))
    yield Case(name="text byte by byte", section="5.6", sends=sent, answer=REFUSED)
    for name, data in INVALID.items():
        if 1 < len(data) < 100:
            parts = [data[at : at + 1] for at in range(len(data))]
            sent = b"".join(fragments(TEXT, *parts))
            yield Case(name=f"in fragments: {name}", section="8.1", sends=sent, answer=failed(1007))
    sent = frame(BINARY, audio()) + frame(TEXT, b"hello") + STREAM
    yield Case(name="text after audio", section="5.6", sends=sent, answer=REFUSED)
    sent = frame(TEXT, b"hel", fin=False) + frame(PING, b"x") + frame(CONTINUATION, b"lo")
    answer = Answer(exception="BadRequestException", pongs=(b"x",))
    yield Case(name="text around a ping", section="5.4", sends=sent, answer=answer)
    sent = frame(BINARY, b"\xff\xfe")
    yield Case(name="bytes need not be UTF-8", section="5.6", sends=sent + frame(BINARY), answer=REFUSED)


CASES = list(cases())
