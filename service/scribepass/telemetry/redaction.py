"""What must never be written: one function, applied to every record on its way out.

It knows secrets by the names that stand before them (in a query, a header, JSON, XML or a repr; plain,
percent-encoded or JSON-escaped), by their own shape, by the name of the field that holds them, and those
that it was told of (`protect`) wherever they stand.
"""

from __future__ import annotations

import re
import string
from collections import deque
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import quote

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

REDACTED = "[redacted]"
MAX_CHARACTERS = 16_384
"""The longest value that is written; a hostile request must not fill the disk."""

_NAMES = (
    r"x-amz-(?:signature|security-token|credential)"
    r"|secret_?(?:access_?)?key|(?:session|security)_?token|aws_secret_access_key|password"
)
# What may stand between a name and its value: = : , > and their encodings, with quotes around them.
_BETWEEN = r"""(?:\\*["'])?\s*(?:[=:,>]|%(?:25)*3[dDaA]|\\+u003[dDaA])\s*(?:b?\\*["'])?"""
_VALUE = r"""(?:[^\s"'&<>()\[\]{},;\\]|\\+/)+"""


def _without_query(match: re.Match[str]) -> str:
    return f"{match[1]}?{REDACTED}" if match[2] else match[1]


_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    # A WebSocket address with a query is a presigned URL, however it is spelt inside. Always a match, and
    # possessive: else each of many addresses that run together would be read to the end of them all.
    (re.compile(r"""(wss?://[^\s"'<>?]*+)(?:(\?)[^\s"'<>]*+)?""", re.IGNORECASE), _without_query),
    (re.compile(rf"((?:{_NAMES}){_BETWEEN}){_VALUE}", re.IGNORECASE), rf"\1{REDACTED}"),
    # These headers hold several words, so everything up to the end of the line or string goes.
    (
        re.compile(rf"""((?:authorization|x-api-key){_BETWEEN})[^\r\n"']+""", re.IGNORECASE),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"\b(bearer\s+)[\w.~+/=-]+", re.IGNORECASE), rf"\1{REDACTED}"),
    # An API key of ours keeps its id: whoever leaked it must be found.
    (re.compile(r"(?<![A-Za-z0-9])(sp_[a-z0-9]+_[A-Za-z0-9]+_)[A-Za-z0-9_-]+"), rf"\1{REDACTED}"),
    # A secret access key, bare: in per-caller mode there are more of them than `protect` keeps.
    (
        re.compile(
            r"(?<![\w/+=.-])(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=[^0-9]*[0-9])[A-Za-z0-9/+]{40}(?![\w/+=.-])"
        ),
        REDACTED,
    ),
    # A bare signature, and anything as long as a token or an encoded URL that is no path of a file.
    (re.compile(r"[0-9a-fA-F]{64,}"), REDACTED),
    (re.compile(r"(?<![/\w.%-])[A-Za-z0-9+][A-Za-z0-9+/_=%-]{79,}"), REDACTED),
)

_TOKEN_CHARACTERS = f"{string.ascii_letters}{string.digits}+/_=%-"

# Most values are a word, a moment or an address. None of the rules can match what is short and has nothing
# between its parts, or too few letters for any of the names.
_WORD = re.compile(r"(?!.*sp_)(?:[\w./+-]{0,39}|[\w./+-]{41,63}|[0-9A-FTZa-f:.+-]{0,39})", re.ASCII)

_SECRET_FIELDS = frozenset(
    {
        "api_key",
        "authorization",
        "cookie",
        "password",
        "secret",
        "secret_access_key",
        "security_token",
        "session_token",
        "signature",
        "token",
        "url",
        "x_api_key",
    }
)


_MIN_PROTECTED = 16  # a shorter one would blot out ordinary words; AWS's have 40 characters and more
_protected: deque[str] = deque(maxlen=24)  # a few generations of credentials; older ones have expired


def protect(*secrets: str | None) -> None:
    """Never write these, whatever stands around them: neither as they are nor percent-encoded."""
    for secret in filter(None, secrets):
        for form in {secret, quote(secret, safe="")}:
            if len(form) >= _MIN_PROTECTED and form not in _protected:
                _protected.append(form)
                _name.cache_clear()


def redact_text(text: str) -> str:
    """``text`` without secrets, cut to `MAX_CHARACTERS`. What it costs grows with the length, no faster."""
    if len(text) >= _MIN_PROTECTED:
        for secret in tuple(_protected):
            text = text.replace(secret, REDACTED)
    if _WORD.fullmatch(text):
        return text
    # Cut first. A secret that is cut in two may have lost its shape: the word at the cut goes.
    whole = len(text) <= MAX_CHARACTERS
    text = text[:MAX_CHARACTERS]
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = text if whole else text.rstrip(_TOKEN_CHARACTERS)
    return text if whole and len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…"


def redact_value(value: object) -> Json:
    """A copy of ``value`` that JSON can hold, every text in it redacted, whatever it was made of."""
    if isinstance(value, str):
        return redact_text(value)
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return redact_fields(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_value(each) for each in value]
    return redact_text(repr(value))


def redact_fields(fields: Mapping[Any, object]) -> dict[str, Json]:
    """Redact names and values; of a field that is named like a secret, nothing is left."""
    redacted = {}
    for name, each in fields.items():
        shown, secret = _name(str(name))
        redacted[shown] = REDACTED if secret and each is not None else redact_value(each)
    return redacted


@lru_cache(maxsize=1024)
def _name(name: str) -> tuple[str, bool]:
    """How a field's name is written, and whether it says that its value is a secret."""
    return redact_text(name), name.lower().replace("-", "_") in _SECRET_FIELDS
