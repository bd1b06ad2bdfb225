"""The rules between stream parameters, one table per operation.

Source: the parameter descriptions of the streaming API reference. A rule about a boolean applies where it is
true. Where AWS says that a parameter is "only intended for use" with or without another, it is a rule too: no
other use is documented. That speaker labels and channel identification exclude each other stands in the API
reference of 2021 and in AWS's Python SDK, and no longer in the current text; the pair is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Final, Protocol

from scribepass.errors import Problem

from .catalogue import Operation
from .values import split


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a request asks for.

    ``texts`` has each parameter that is set, but no boolean that is false; its value is empty where the value
    itself is at fault. ``undecided`` are booleans that cannot be read: no rule is broken by one of these.
    """

    texts: Mapping[str, str]
    undecided: frozenset[str] = field(default=frozenset())

    def any(self, names: tuple[str, ...]) -> bool:
        """Whether one of ``names`` is set, or may be."""
        return any(name in self.texts or name in self.undecided for name in names)

    def listed(self, name: str) -> list[str]:
        """The words of a comma-separated list; none where it is not set or is at fault."""
        return split(self.texts[name]) if self.texts.get(name) else []


class Rule(Protocol):
    """One sentence of AWS's documentation."""

    @property
    def name(self) -> str | None:
        """The parameter without which it cannot be broken; None where it always can."""

    def broken(self, given: Given) -> Iterator[Problem]:
        """The problems that ``given`` has with this rule."""


@dataclass(frozen=True, slots=True)
class ExactlyOne:
    """One of ``names``, and only one."""

    names: tuple[str, ...]
    name: ClassVar[None] = None

    def broken(self, given: Given) -> Iterator[Problem]:  # noqa: D102 - as Rule says
        chosen = [name for name in self.names if name in given.texts]
        others = " or ".join(self.names[1:])
        if not given.any(self.names):
            yield Problem(
                field=self.names[0], code="required", message=f"is required, unless {others} is true"
            )
        for name in chosen[1:]:
            yield Problem(field=name, code="conflict", message=f"cannot be used together with {chosen[0]}")


@dataclass(frozen=True, slots=True)
class NeverBoth:
    """Not ``name`` beside ``other``; ``instead`` is what AWS has for that."""

    name: str
    other: str
    instead: str = ""

    def broken(self, given: Given) -> Iterator[Problem]:  # noqa: D102
        if self.name in given.texts and self.other in given.texts:
            instead = f"; use {self.instead}" if self.instead else ""
            message = f"cannot be used together with {self.other}{instead}"
            yield Problem(field=self.name, code="conflict", message=message)


@dataclass(frozen=True, slots=True)
class Needs:
    """``name`` only beside one of ``others``."""

    name: str
    others: tuple[str, ...]

    def broken(self, given: Given) -> Iterator[Problem]:  # noqa: D102
        if self.name in given.texts and not given.any(self.others):
            yield Problem(
                field=self.name, code="requires", message=f"needs {' or '.join(self.others)} beside it"
            )


@dataclass(frozen=True, slots=True)
class OnlyWith:
    """Where ``name`` is set, ``other`` is one of ``values``."""

    name: str
    other: str
    values: tuple[str, ...]

    def broken(self, given: Given) -> Iterator[Problem]:  # noqa: D102
        value = given.texts.get(self.other)
        if self.name in given.texts and value and value not in self.values:
            message = f"must be {' or '.join(self.values)} together with {self.name}"
            yield Problem(field=self.other, code="conflict", message=message)


@dataclass(frozen=True, slots=True)
class Among:
    """``name`` is one of the words of the list ``others``."""

    name: str
    others: str

    def broken(self, given: Given) -> Iterator[Problem]:  # noqa: D102
        value, listed = given.texts.get(self.name), given.listed(self.others)
        if value and listed and value not in listed:
            yield Problem(field=self.name, code="conflict", message=f"must be one of {self.others}")


@dataclass(frozen=True, slots=True)
class OneDialect:
    """The list ``name`` has no two codes of one language."""

    name: str

    def broken(self, given: Given) -> Iterator[Problem]:  # noqa: D102
        codes = given.listed(self.name)
        languages = [code.partition("-")[0] for code in codes]
        if len(set(languages)) < len(languages):
            message = "may name one dialect per language only: not both en-US and en-GB, nor one code twice"
            yield Problem(field=self.name, code="conflict", message=message)


def _language_rules(*flags: str) -> tuple[Rule, ...]:
    return (
        ExactlyOne(("language-code", *flags)),
        *(Needs(flag, ("language-options",)) for flag in flags),
        Needs("language-options", flags),
        OneDialect("language-options"),
        Needs("preferred-language", ("identify-language",)),
        Needs("preferred-language", ("language-options",)),
        Among("preferred-language", "language-options"),
        NeverBoth("vocabulary-name", "identify-language", "vocabulary-names"),
        NeverBoth("vocabulary-filter-name", "identify-language", "vocabulary-filter-names"),
        Needs("vocabulary-names", flags),
        Needs("vocabulary-filter-names", flags),
        NeverBoth("content-redaction-type", "content-identification-type"),
        Needs("pii-entity-types", ("content-identification-type", "content-redaction-type")),
    )


_CHANNEL_RULES: tuple[Rule, ...] = (
    Needs("enable-channel-identification", ("number-of-channels",)),
    Needs("number-of-channels", ("enable-channel-identification",)),
    NeverBoth("show-speaker-label", "enable-channel-identification"),
)

RULES: Final[Mapping[Operation, tuple[Rule, ...]]] = MappingProxyType(
    {
        Operation.STANDARD: (
            *_language_rules("identify-language", "identify-multiple-languages"),
            NeverBoth("language-model-name", "identify-language"),
            NeverBoth("content-redaction-type", "identify-language"),
            OnlyWith("identify-language", "media-encoding", ("pcm", "flac")),
            *_CHANNEL_RULES,
        ),
        Operation.MEDICAL: _CHANNEL_RULES,
        Operation.CALL_ANALYTICS: _language_rules("identify-language"),
    }
)

# Asked for every request, of whose parameters most rules name none.
_RULES_AND_NAMES = {operation: [(rule.name, rule) for rule in rules] for operation, rules in RULES.items()}


def broken(operation: Operation, given: Given) -> list[Problem]:
    """Every problem between the parameters of one request."""
    texts = given.texts
    return [
        problem
        for name, rule in _RULES_AND_NAMES[operation]
        if name is None or name in texts
        for problem in rule.broken(given)
    ]
