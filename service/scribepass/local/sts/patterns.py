"""The patterns of AWS's models, which are Java's: code points by number, and classes of Unicode."""

from __future__ import annotations

import functools
import re
import unicodedata

__all__ = ["matches"]

_CODE_POINT = re.compile(r"\\u(10[0-9A-F]{4}|[1-9A-F][0-9A-F]{4}|[0-9A-F]{4})")
_CLASSES = {r"\p{L}": "A-Za-z", r"\p{Z}": " ", r"\p{N}": "0-9"}
_EXAMPLES = {"L": "a", "Z": " ", "N": "0"}


def matches(pattern: str, text: str) -> bool:
    r"""Whether the whole ``text`` fits ``pattern``. ``\w`` and ``\d`` are of ASCII, as in Java."""
    expression, by_class = _compiled(pattern)
    return expression.fullmatch(_examples(text) if by_class else text) is not None


@functools.cache
def _compiled(pattern: str) -> tuple[re.Pattern[str], bool]:
    by_class = r"\p" in pattern
    for name, members in _CLASSES.items():
        pattern = pattern.replace(name, members)
    expression = _CODE_POINT.sub(lambda match: re.escape(chr(int(match[1], 16))), pattern)
    return re.compile(expression, re.ASCII), by_class


def _examples(text: str) -> str:
    """Put a character of ASCII for each beyond it that is of the same class, and NUL for all others."""
    return "".join(
        character if character.isascii() else _EXAMPLES.get(unicodedata.category(character)[0], "\0")
        for character in text
    )
