"""Vocabulary filters at work on a passage."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from scribepass.local.vocabulary_filters import Method, VocabularyFilter, folded

from .passage import Passage, Word

__all__ = ["filtered", "words_of"]

MASK = "***"
_WORD = re.compile(r"\w(?:.*\w)?")


def words_of(filters: Collection[VocabularyFilter], *, language: str | None) -> frozenset[str]:
    """The words of those filters that are for ``language``.

    AWS does not apply a filter of another language than it hears. Where an engine does not say what it
    hears, all of them apply.
    """
    return frozenset(
        word
        for each in filters
        if language is None or each.language is None or each.language == language
        for word in each.words
    )


def filtered(passage: Passage, words: Collection[str], method: Method) -> Passage:
    """``passage`` with those of its items that are ``words`` removed, masked or tagged."""
    match method:
        case Method.REMOVE:
            return tuple(word for word in passage if not _matches(word, words))
        case Method.MASK:
            return tuple(_masked(word) if _matches(word, words) else word for word in passage)
        case Method.TAG:
            return tuple(
                Word(word.gap, replace(word.item, vocabulary_filter_match=_matches(word, words)))
                for word in passage
            )


def _matches(word: Word, words: Collection[str]) -> bool:
    found = _WORD.search(word.item.content)
    return found is not None and folded(found[0]) in words


def _masked(word: Word) -> Word:
    """Punctuation that an engine leaves on its words stays."""
    return Word(word.gap, replace(word.item, content=_WORD.sub(MASK, word.item.content, count=1)))
