"""Parameters that the service sets, whatever the caller says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from scribepass.errors import Forbidden, Problem
from scribepass.transcribe import Operation
from scribepass.transcribe.values import Value

from .completion import Pairs, differs, text_of

__all__ = ["SUBORDINATE", "Locks"]

SUBORDINATE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "content-redaction-type": "pii-entity-types",
        "content-identification-type": "pii-entity-types",
        "vocabulary-filter-name": "vocabulary-filter-method",
        "vocabulary-filter-names": "vocabulary-filter-method",
    }
)
"""A parameter that can take away most of what a lock on another promises: only a lock sets it beside that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locks:
    """The locks of one operation. What is ``SUBORDINATE`` to one is not the caller's to set either."""

    operation: Operation
    values: Mapping[str, Value]

    def settle(self, pairs: Pairs) -> Pairs:
        """``pairs`` with the locked values in them.

        Raises:
            Forbidden: they wish for others; ``problems`` has every one.
        """
        wished = sorted({name for name, value in pairs if self._contradicts(name, value)})
        if wished:
            raise Forbidden(
                f"another {' or '.join(wished)}", problems=[self._problem(name) for name in wished]
            )
        named = {name for name, _ in pairs}
        settled = [(name, self.values.get(name, value)) for name, value in pairs]
        return settled + [(name, value) for name, value in self.values.items() if name not in named]

    def broken(self, texts: Mapping[str, str]) -> Iterator[Problem]:
        """A problem for each lock that these parameters, values as text, do not keep."""
        for name in self.values:
            if name not in texts or self._contradicts(name, texts[name]):
                yield self._problem(name)
        for name in sorted({*SUBORDINATE.values()} & texts.keys()):
            if self.superior(name):
                yield self._problem(name)

    def superior(self, name: str) -> str | None:
        """The locked parameter to which ``name``, which is not locked itself, is subordinate."""
        if name in self.values:
            return None
        found = (each for each, lesser in SUBORDINATE.items() if lesser == name and each in self.values)
        return next(found, None)

    def _contradicts(self, name: str, value: object) -> bool:
        if name in self.values:
            return differs(self.operation, name, value, self.values[name])
        return self.superior(name) is not None

    def _problem(self, name: str) -> Problem:
        value = f"; it is {text_of(self.values[name])}" if name in self.values else ""
        message = f"is set by the service for this caller, who leaves it out{value}"
        return Problem(field=name, code="locked", message=message)
