"""What the callers of one class may ask for, and what is asked for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from scribepass.errors import Forbidden, Problem
from scribepass.transcribe import LANGUAGES, Operation, StreamParams
from scribepass.transcribe.catalogue import MAX_URL_SECONDS
from scribepass.transcribe.values import Value, split

from .completion import Pairs, fitting
from .locks import Locks

__all__ = ["IDENTIFYING", "Rules"]

Values = Mapping[str, Value]
ByOperation = Mapping[Operation, Values]

IDENTIFYING = ("identify-language", "identify-multiple-languages")

_UNFIT = "is not one that this caller may use"
"""The same of what is another caller's and of what does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One class. None in place of a collection is everything that the deployment vends; an empty one nothing.

    ``vocabularies``, ``vocabulary_filters`` and ``language_models`` are prefixes of names. ``quota`` has the
    limits that differ from the deployment's: ``per_minute``, ``burst``, ``per_hour``, ``sessions``.
    """

    name: str = "default"
    operations: Collection[Operation] | None = None
    regions: Collection[str] | None = None
    languages: Collection[str] | None = None
    encodings: Collection[str] | None = None
    vocabularies: tuple[str, ...] | None = None
    vocabulary_filters: tuple[str, ...] | None = None
    language_models: tuple[str, ...] | None = None
    max_expires_in: int = MAX_URL_SECONDS
    locked: ByOperation = field(default_factory=dict)
    defaults: ByOperation = field(default_factory=dict)
    quota: Mapping[str, int] = field(default_factory=dict)

    def allows_operation(self, operation: Operation) -> bool:
        """Whether streams of this kind may be asked for."""
        return self.operations is None or operation in self.operations

    def allows_region(self, code: str) -> bool:
        """Whether streams in this region may be asked for."""
        return self.regions is None or code in self.regions

    def allows_encoding(self, code: str) -> bool:
        """Whether audio in this encoding may be sent."""
        return self.encodings is None or code in self.encodings

    def allows_language(self, code: str, *, operation: Operation | None = None) -> bool:
        """Whether this language may be asked for, of this operation if it is named.

        Where redaction is locked, a language must have it.
        """
        if operation is not None and self._redacts(operation):
            language = LANGUAGES.get(code)
            if language is None or not language.redaction:
                return False
        return self.languages is None or code in self.languages

    def complete(self, operation: Operation, pairs: Pairs) -> Pairs:
        """``pairs`` as they are read instead: with what is locked, and with defaults where nothing is said.

        ``pairs`` need not be valid. Names of other things than stream parameters are left alone.

        Raises:
            Forbidden: a locked parameter is wished otherwise; ``problems`` has every one.
        """
        defaults = self.defaults.get(operation, {})
        settled = self._locks(operation).settle(pairs) if operation in self.locked else pairs
        return [*settled, *fitting(operation, settled, defaults=defaults)] if defaults else settled

    def check(
        self, *, operation: Operation, region: str, expires_in: int | None, params: StreamParams
    ) -> None:
        """Refuse what these callers may not have, parameters that were never completed included.

        ``expires_in`` is the life that the caller wishes for, in seconds; None is no wish.

        Raises:
            Forbidden: ``problems`` has every refusal.
        """
        texts = dict(params.items())
        problems = [
            *self._beside(operation, region=region, expires_in=expires_in),
            *self.refused(operation, texts),
            *(self._locks(operation).broken(texts) if operation in self.locked else ()),
        ]
        if problems:
            fields = dict.fromkeys(each.field for each in problems)
            raise Forbidden(" and ".join(("this value of " + each) for each in fields), problems=problems)

    def refused(self, operation: Operation, texts: Mapping[str, str]) -> Iterator[Problem]:
        """A problem for each parameter whose value, as text, these callers may not use."""
        for name, allows in _ALLOWED.items():
            if name in texts and not all(allows(self, operation, word) for word in split(texts[name])):
                yield Problem(field=name, code="forbidden", message=_UNFIT)
        flags = [name for name in IDENTIFYING if texts.get(name) == "true"]
        if flags and "language-options" not in texts and self._chooses_languages(operation):
            message = "needs language-options, out of the languages that this caller may use"
            yield Problem(field=flags[0], code="forbidden", message=message)

    def _beside(self, operation: Operation, *, region: str, expires_in: int | None) -> Iterator[Problem]:
        if not self.allows_operation(operation):
            yield Problem(field="operation", code="forbidden", message=_UNFIT)
        if not self.allows_region(region):
            yield Problem(field="region", code="forbidden", message=_UNFIT)
        if expires_in is not None and expires_in > self.max_expires_in:
            message = f"must be at most {self.max_expires_in} seconds for this caller"
            yield Problem(field="expires-in", code="forbidden", message=message)

    def _locks(self, operation: Operation) -> Locks:
        return Locks(operation=operation, values=self.locked.get(operation, {}))

    def _redacts(self, operation: Operation) -> bool:
        return "content-redaction-type" in self.locked.get(operation, {})

    def _chooses_languages(self, operation: Operation) -> bool:
        return self.languages is not None or self._redacts(operation)


def _begins(prefixes: tuple[str, ...] | None, name: str) -> bool:
    return prefixes is None or name.startswith(prefixes)


def _language(rules: Rules, operation: Operation, word: str) -> bool:
    return rules.allows_language(word, operation=operation)


def _vocabulary(rules: Rules, _: Operation, word: str) -> bool:
    return _begins(rules.vocabularies, word)


def _filter(rules: Rules, _: Operation, word: str) -> bool:
    return _begins(rules.vocabulary_filters, word)


_ALLOWED: Final[Mapping[str, Callable[[Rules, Operation, str], bool]]] = {
    "media-encoding": lambda rules, _, word: rules.allows_encoding(word),
    "language-code": _language,
    "language-options": _language,
    "preferred-language": _language,
    "vocabulary-name": _vocabulary,
    "vocabulary-names": _vocabulary,
    "vocabulary-filter-name": _filter,
    "vocabulary-filter-names": _filter,
    "language-model-name": lambda rules, _, word: _begins(rules.language_models, word),
}
