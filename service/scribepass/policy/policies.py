"""Which rules are whose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scribepass.callers import Caller

from .rules import Rules

__all__ = ["Policy", "open_policy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Rules by class, and classes by a caller's id or else by its source; ``default`` for everybody else."""

    default: Rules = field(default_factory=Rules)
    classes: Mapping[str, Rules] = field(default_factory=dict)
    callers: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def rules_of(self, caller: Caller) -> Rules:
        """The rules of this caller. Never fails: who is not listed is of the default class."""
        name = self.callers.get(caller.id) or self.sources.get(caller.source, "default")
        return self.classes.get(name, self.default)


def open_policy() -> Policy:
    """Everybody may ask for everything that the deployment vends."""
    return Policy()
