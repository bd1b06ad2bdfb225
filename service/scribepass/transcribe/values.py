"""What the value of a stream parameter may be: five kinds; each reads, explains and describes itself.

A value comes as text (of a query) or as a native JSON type (of a body). No message repeats the value: it may
be long, hostile, or a secret in the wrong place.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

Value = bool | int | str
Hint = Callable[[str, Collection[str]], str]

SHOWN: Final = 40
"""The most characters of foreign text that a message may quote, or that are compared for a near miss."""


class Unfit(ValueError):
    """A value that its parameter cannot have: the code and the message of an ``errors.Problem``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Kind:
    """``read`` gives a value in its Python type or raises Unfit; ``expected`` completes "must be …".

    ``schema`` says what AWS's model does. ``pattern`` is narrower: that of a list of words that are known.
    """

    expected: str
    schema: Mapping[str, object]
    read: Callable[[object], Value]
    pattern: str | None = None


def shown(text: str) -> str:
    """``text`` as it may be quoted: printable ASCII, anything else as ``?``, at most ``SHOWN`` characters."""
    return "".join(each if " " <= each <= "~" else "?" for each in text[:SHOWN])


def nearest(text: str, known: Collection[str]) -> str:
    """``; did you mean …?`` for a near miss of something known, else nothing."""
    folded = {each.casefold(): each for each in known}
    close = difflib.get_close_matches(text[:SHOWN].casefold(), folded, n=1, cutoff=0.7)
    return f"; did you mean {folded[close[0]]}?" if close else ""


def same_language(text: str, codes: Collection[str]) -> str:
    """As ``nearest``, for language codes: all those of the language that ``text`` begins with."""
    language = re.split("[-_]", text[:SHOWN].casefold())[0]
    same = [code for code in codes if code.partition("-")[0] == language]
    return f"; did you mean {' or '.join(same)}?" if same else nearest(text, codes)


def flag() -> Kind:
    """True or false, as text in any case: the JavaScript SDK writes ``true``, the Python one ``True``."""

    def read(value: object) -> bool:
        if isinstance(value, bool):
            return value
        text = value.lower() if isinstance(value, str) else None
        if text not in {"true", "false"}:
            raise Unfit("type", "must be true or false")
        return text == "true"

    return Kind("true or false", {"type": "boolean"}, read)


def number(*, least: int, most: int) -> Kind:
    """A whole number within bounds, both included. As text: ASCII digits, no sign, no leading zero."""
    expected = f"{least}" if least == most else f"a whole number from {least} to {most}"

    def read(value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"0|[1-9][0-9]{0,17}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise Unfit("type", f"must be {expected}, in plain digits")
        if not least <= value <= most:
            raise Unfit("range", f"must be {expected}")
        return value

    return Kind(expected, {"type": "integer", "minimum": least, "maximum": most}, read)


def choice(*values: str, noun: str = "", hint: Hint = nearest) -> Kind:
    """One of ``values``, case-sensitive. ``noun`` speaks for them where they are too many to list."""
    expected = noun or (f"one of {', '.join(values)}" if len(values) > 1 else values[0])
    known = frozenset(values)

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise Unfit("type", f"must be text: {expected}")
        if value not in known:
            raise Unfit("value", f"must be {expected}{hint(value, values)}")
        return value

    return Kind(expected, {"type": "string", "enum": list(values)}, read)


def text(pattern: str, *, noun: str, most: int, least: int = 1) -> Kind:
    """Text of bounded length that matches ``pattern`` as a whole; ``noun`` says what that is."""
    span = f"{least}" if least == most else f"{least} to {most}"
    matches = re.compile(pattern, re.ASCII).fullmatch

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise Unfit("type", f"must be text: {noun}")
        if not least <= len(value) <= most:
            raise Unfit("length", f"must be {noun}, of {span} characters")
        if not matches(value):
            raise Unfit("pattern", f"must be {noun}")
        return value

    schema = {"type": "string", "minLength": least, "maxLength": most, "pattern": f"^{pattern}$"}
    return Kind(noun, schema, read)


def names(
    pattern: str, *, noun: str, most: int, known: Collection[str], count: int = 1, hint: Hint = nearest
) -> Kind:
    """A comma-separated list of at least ``count`` ``known`` words, otherwise as ``text``."""
    line = text(pattern, noun=noun, most=most)

    def read(value: object) -> str:
        line.read(value)
        words = split(str(value))
        for word in words:
            if word not in known:
                raise Unfit("value", f"must be {noun}{hint(word, known)}")
        if len(words) < count:
            raise Unfit("value", f"must be {noun}, at least {count}")
        return str(value)

    return Kind(noun, line.schema, read, _listing(known, spaced=" " in pattern, count=count))


def _listing(words: Collection[str], *, spaced: bool, count: int) -> str:
    """The pattern of a comma-separated list of ``count`` or more of ``words``, all of them plain."""
    space = " *" if spaced else ""
    word = f"{space}({'|'.join(words)}){space}"
    return f"^{word}(,{word}){{{count - 1},}}$"


def split(listed: str) -> list[str]:
    """The words of a comma-separated list, without the spaces around them."""
    return [word.strip(" ") for word in listed.split(",")]
