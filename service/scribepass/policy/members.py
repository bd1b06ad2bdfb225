"""What each member of a class may say. A reader gives the value or raises `Unfit` with the sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from scribepass.transcribe import ENCODINGS, LANGUAGES, REGIONS, Operation
from scribepass.transcribe.catalogue import MAX_URL_SECONDS
from scribepass.transcribe.values import Unfit, nearest, shown

__all__ = ["ALL", "MEMBERS", "QUOTA", "Reader"]

ALL: Final = "all"
MIN_EXPIRES: Final = 15
"""Seconds: no URL that is vended lives shorter."""
MAX_LIMIT: Final = 1_000_000

Reader = Callable[[object], Any]

_PREFIX = re.compile("[0-9a-zA-Z._-]{1,200}")


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Unfit("type", f'must be a list of texts, or "{ALL}"')
    repeated = [word for word, times in Counter(value).items() if times > 1]
    if repeated:
        raise Unfit("repeated", f"names {shown(repeated[0])} twice")
    return value


def _among(known: Mapping[str, object], *, noun: str) -> Reader:
    """A list of what is ``known``, as those; None for all."""

    def read(value: object) -> frozenset[object] | None:
        if value == ALL:
            return None
        words = _texts(value)
        strange = [word for word in words if word not in known]
        if strange:
            listed = ", ".join(shown(word) for word in strange)
            raise Unfit(
                "value", f"names what is no {noun} of Transcribe: {listed}{nearest(strange[0], known)}"
            )
        return frozenset(known[word] for word in words)

    return read


def _prefixes(value: object) -> tuple[str, ...] | None:
    if value == ALL:
        return None
    words = _texts(value)
    if not all(_PREFIX.fullmatch(word) for word in words):
        raise Unfit("pattern", "must be how names begin: 1 to 200 letters, digits, dots, _ and -")
    return tuple(words)


def _whole(least: int, most: int) -> Reader:
    def read(value: object) -> int:
        if type(value) is not int or not least <= value <= most:
            raise Unfit("range", f"must be a whole number from {least} to {most}")
        return value

    return read


def _itself(known: Mapping[str, object]) -> Mapping[str, str]:
    return {code: code for code in known}


MEMBERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "operations": _among({each.value: each for each in Operation}, noun="operation"),
        "regions": _among(_itself(REGIONS), noun="region"),
        "languages": _among(_itself(LANGUAGES), noun="language"),
        "encodings": _among(_itself(ENCODINGS), noun="encoding"),
        "vocabularies": _prefixes,
        "vocabulary_filters": _prefixes,
        "language_models": _prefixes,
        "max_expires_in": _whole(MIN_EXPIRES, MAX_URL_SECONDS),
    }
)
"""The fields of `Rules` that are read by themselves."""

QUOTA: Final[Mapping[str, Reader]] = MappingProxyType(
    {name: _whole(0, MAX_LIMIT) for name in ("per_minute", "burst", "per_hour", "sessions")}
)
