"""A policy from its TOML text: every fault of it at once, or none."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from scribepass.errors import SettingsError
from scribepass.transcribe import Operation
from scribepass.transcribe.values import nearest, shown

from .classes import Said, Vended, rules_of, said_by
from .faults import Faults, fault
from .policies import Policy
from .rules import Rules

__all__ = ["parse"]

_DEFAULT = "default"
_CLASS_NAME = re.compile("[A-Za-z0-9._-]{1,64}")
_TABLES = (_DEFAULT, "class", "callers", "issuers")

Table = Mapping[str, object]


def parse(
    text: str,
    *,
    operations: Collection[Operation] = tuple(Operation),
    regions: Collection[str] | None = None,
    sources: Collection[str] | None = None,
) -> Policy:
    """The policy that ``text`` describes.

    ``operations`` and ``regions`` are those that the deployment vends: a class that lists none may use these.
    ``sources`` are what ``Caller.source`` can be. None does not ask.

    Raises:
        SettingsError: with every fault; each message begins with the place, such as class.mobile.regions.
    """
    try:
        whole = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError([fault(f"is not TOML: {error}")]) from error
    faults = Faults()
    vended = Vended(operations=operations, regions=regions)
    classes = _classes(whole, vended=vended, faults=faults)
    policy = Policy(
        default=classes[_DEFAULT],
        classes=classes,
        callers=_assigned(whole, "callers", classes=classes, known=None, faults=faults),
        sources=_assigned(whole, "issuers", classes=classes, known=sources, faults=faults),
    )
    if faults.found:
        raise SettingsError([fault(f"{place} {message}") for place, message in faults.found])
    return policy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    said: Said
    rules: Rules
    faults: Faults


def _classes(whole: Table, *, vended: Vended, faults: Faults) -> dict[str, Rules]:
    faults.strangers(whole, known=_TABLES)
    if _DEFAULT not in whole:
        faults.tell(
            _DEFAULT, "is missing: the rules of callers of no class; an empty table allows everything"
        )
    default = _class(faults.table(whole, _DEFAULT), name=_DEFAULT, base=None, vended=vended)
    for place, message in default.faults.found:
        faults.tell(f"{_DEFAULT}.{place}", message)
    classes = {_DEFAULT: default.rules}
    for name, value in faults.table(whole, "class").items():
        place = f"class.{shown(name)}"
        if name == _DEFAULT or not _CLASS_NAME.fullmatch(name):
            faults.tell(place, "must have another name, of 1 to 64 letters, digits, dots, _ and -")
        if not isinstance(value, dict):
            faults.tell(place, "must be a table")
            continue
        read = _class(value, name=name, base=default.said, vended=vended)
        for inner, message in read.faults.found:
            # What is at fault in the default is so in every class that has it from there: it is told once.
            if (inner, message) not in default.faults.found or _has(value, inner):
                faults.tell(f"{place}.{inner}", message)
        classes[name] = read.rules
    return classes


def _class(own: Table, *, name: str, base: Said | None, vended: Vended) -> _Read:
    faults = Faults()
    said = said_by(own, base=base, faults=faults)
    return _Read(said=said, rules=rules_of(said, name=name, vended=vended, faults=faults), faults=faults)


def _has(table: object, place: str) -> bool:
    for name in place.split("."):
        if not isinstance(table, dict) or name not in table:
            return False
        table = table[name]
    return True


def _assigned(
    whole: Table, table: str, *, classes: Collection[str], known: Collection[str] | None, faults: Faults
) -> dict[str, str]:
    found = {}
    for name, value in faults.table(whole, table).items():
        place = f"{table}.{shown(name)}"
        if known is not None and name not in known:
            faults.tell(place, f"is none of {', '.join(sorted(known))}{nearest(name, known)}")
        if isinstance(value, str) and value in classes:
            found[name] = value
        else:
            hint = nearest(value, classes) if isinstance(value, str) else ""
            faults.tell(place, f"must be {_DEFAULT} or a class of this file{hint}")
    return found
