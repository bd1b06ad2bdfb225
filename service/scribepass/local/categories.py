"""Call Analytics categories, which AWS keeps in the account and this endpoint in a file.

::

    [[categories]]
    name = "network-complaint"
    phrases = ["network issues", "no signal"]
    participant = "CUSTOMER"                    # or "AGENT"; left out: whoever says it

Of AWS's rules these are the transcript filters for exact words; those on sentiment, time and interruptions
are not here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scribepass.transcribe.calls import ROLES

__all__ = ["Rule", "read"]

_NAME = re.compile(r"[0-9a-zA-Z._-]{1,200}")
_MEMBERS = {"name", "phrases", "participant"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A category. It matches a final utterance in which one of ``phrases`` is said: whole words, any case."""

    name: str
    phrases: tuple[str, ...]
    participant: str | None = None


def read(source: Path | Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The categories of a TOML file, or of a list of such tables.

    ``ValueError`` says what is wrong with it; ``OSError`` for a file that cannot be read.
    """
    tables: object = source
    if isinstance(source, Path):
        file = tomllib.loads(source.read_text(encoding="utf-8"))
        if file.keys() != {"categories"}:
            raise ValueError("a file of categories has tables [[categories]] and nothing else")
        tables = file["categories"]
    if not isinstance(tables, list | tuple):
        raise ValueError("categories are a list of tables")  # noqa: TRY004 - a fault of the file
    rules = tuple(_rule(table) for table in tables)
    if len({rule.name for rule in rules}) < len(rules):
        raise ValueError("two categories have the same name")
    return rules


def _rule(table: object) -> Rule:
    if not isinstance(table, Mapping) or table.keys() - _MEMBERS:
        raise ValueError(f"a category has {', '.join(sorted(_MEMBERS))}, and nothing else")
    name, phrases, participant = table.get("name"), table.get("phrases"), table.get("participant")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"the category {name!r} has no name that AWS would take")
    if not isinstance(phrases, list | tuple) or not phrases:
        raise ValueError(f"the category {name} has no list of phrases")
    for phrase in phrases:
        if not isinstance(phrase, str) or not phrase.split():
            raise ValueError(f"the category {name} has {phrase!r}, which is no phrase")
    if participant is not None and participant not in ROLES:
        raise ValueError(
            f"the category {name} is for {participant!r}, which is neither of {', '.join(ROLES)}"
        )
    return Rule(name=name, phrases=tuple(phrases), participant=participant)
