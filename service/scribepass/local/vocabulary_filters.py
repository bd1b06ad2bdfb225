"""Vocabulary filters, which AWS keeps in the account and this endpoint in a file.

::

    [filters.rude-en]
    language = "en-US"         # left out: for any language
    words = ["darn", "heck"]

As AWS has it: single words, case-insensitive, whole; names are case-sensitive.
"""

from __future__ import annotations

import enum
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scribepass.transcribe import LANGUAGES, StreamParams

__all__ = ["Method", "VocabularyFilter", "folded", "named_by", "read"]

_NAME = re.compile(r"[0-9a-zA-Z._-]{1,200}")


class Method(enum.Enum):
    """What happens to a word of a filter."""

    REMOVE = "remove"
    MASK = "mask"
    TAG = "tag"


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabularyFilter:
    """``words`` are folded; ``language`` is a code such as ``en-US``, or None for any."""

    words: frozenset[str]
    language: str | None = None


def folded(word: str) -> str:
    """``word`` as it is compared."""
    return word.casefold().replace("’", "'")


def read(source: Path | Mapping[str, Any]) -> dict[str, VocabularyFilter]:
    """The filters of a TOML file, or of what such a file holds, by name.

    ``ValueError`` says what is wrong with it; ``OSError`` for a file that cannot be read.
    """
    tables = tomllib.loads(source.read_text(encoding="utf-8")) if isinstance(source, Path) else source
    filters = tables.get("filters")
    if tables.keys() - {"filters"} or not isinstance(filters, Mapping):
        raise ValueError("a file of vocabulary filters has tables [filters.NAME] and nothing else")
    return {str(name): _filter(str(name), table) for name, table in filters.items()}


def named_by(params: StreamParams) -> list[str]:
    """The filters that a request names."""
    one = getattr(params, "vocabulary_filter_name", None)
    several = getattr(params, "vocabulary_filter_names", None)
    return [*([one] if one else []), *(each for each in (several or "").split(",") if each)]


def _filter(name: str, table: object) -> VocabularyFilter:
    if not _NAME.fullmatch(name):
        raise ValueError(f"the filter {name!r} has a name that AWS would not take")
    if not isinstance(table, Mapping) or table.keys() - {"language", "words"}:
        raise ValueError(f"the filter {name} has 'words' and 'language', and nothing else")
    language, words = table.get("language"), table.get("words")
    if language is not None and language not in LANGUAGES:
        raise ValueError(f"the filter {name} is for {language!r}, which is no language that AWS streams")
    if not isinstance(words, list | tuple) or not words:
        raise ValueError(f"the filter {name} has no list of words")
    for word in words:
        if not isinstance(word, str) or len(word.split()) != 1:
            raise ValueError(f"the filter {name} has {word!r}, which is not one word")
    return VocabularyFilter(words=frozenset(folded(word.strip()) for word in words), language=language)
