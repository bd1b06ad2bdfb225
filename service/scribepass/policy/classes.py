"""One class: what its table says over what ``[default]`` says, and the rules that come of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from scribepass.transcribe import Operation
from scribepass.transcribe.values import shown

from .completion import contradictions, text_of
from .faults import Faults
from .locks import Locks
from .members import ALL, MEMBERS, QUOTA
from .rules import IDENTIFYING, Rules
from .settled import Settled, flat, laid_over, values_of

__all__ = ["Said", "Vended", "rules_of", "said_by"]

Table = Mapping[str, object]

_TABLES = ("locked", "defaults", "quota")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vended:
    """What the deployment vends; None in place of its regions does not ask for them."""

    operations: Collection[Operation]
    regions: Collection[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a class says, its own words and the default's, before it is read."""

    members: Table = field(default_factory=dict)
    locked: Settled = field(default_factory=dict)
    defaults: Settled = field(default_factory=dict)
    quota: Table = field(default_factory=dict)


def said_by(own: Table, *, base: Said | None, faults: Faults) -> Said:
    """What the table ``own`` says over ``base``; None for the default, which has nothing below it."""
    faults.strangers(own, known=(*MEMBERS, *_TABLES, *(["unlocked"] if base else [])))
    locked, defaults, quota = (faults.table(own, name) for name in _TABLES)
    faults.strangers(quota, known=QUOTA, place="quota.")
    below = base or Said()
    return Said(
        members={**below.members, **{name: own[name] for name in MEMBERS if name in own}},
        locked=laid_over(below.locked, flat(locked), without=_unlocked(own, base=base, faults=faults)),
        defaults=laid_over(below.defaults, flat(defaults)),
        quota={**below.quota, **{name: quota[name] for name in QUOTA if name in quota}},
    )


def _unlocked(own: Table, *, base: Said | None, faults: Faults) -> list[str]:
    names = own.get("unlocked", []) if base else []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        faults.tell("unlocked", "must be a list of parameters that default.locked has")
        return []
    locks = {name for _, name in base.locked} if base else ()
    for name in names:
        if name not in locks:
            faults.tell("unlocked", f"has {shown(name)}, which default.locked has not")
    return names


def rules_of(said: Said, *, name: str, vended: Vended, faults: Faults) -> Rules:
    """The rules that were said. Where there are faults, they are not to be used."""
    members = {each: faults.read(MEMBERS[each], value, place=each) for each, value in said.members.items()}
    quota = {
        each: faults.read(QUOTA[each], value, place=f"quota.{each}") for each, value in said.quota.items()
    }
    if quota.get("burst") == 0 and quota.get("per_minute") != 0:
        faults.tell("quota.burst", "must be 1 or more unless per_minute is 0")
    _of_some_use(members, vended=vended, faults=faults)
    operations, sure = _operations(said, members.get("operations"), vended=vended.operations)
    rules = Rules(
        name=name,
        **members,
        locked=values_of(said.locked, operations=operations, every=sure, place="locked", fault=faults.tell),
        defaults=values_of(
            said.defaults, operations=operations, every=False, place="defaults", fault=faults.tell
        ),
        quota=quota,
    )
    for each in operations if sure else ():
        _consistent(rules, operation=each, faults=faults)
    return rules


def _of_some_use(members: Mapping[str, Any], *, vended: Vended, faults: Faults) -> None:
    """A list must have something that is vended here, unless it is empty: that is meant."""
    here = {"operations": [each.value for each in vended.operations], "regions": vended.regions}
    for name, known in here.items():
        listed = {each.value if isinstance(each, Operation) else each for each in members.get(name) or ()}
        if listed and known is not None and listed.isdisjoint(known):
            faults.tell(
                name, f"has nothing of what is vended here: {', '.join(known)} (write [] for nothing)"
            )


def _operations(
    said: Said, allowed: Collection[Operation] | None, *, vended: Collection[Operation]
) -> tuple[list[Operation], bool]:
    """Those for which the values that are set must be sound, and whether they are known for sure."""
    if allowed is None and said.members.get("operations", ALL) != ALL:
        return list(Operation), False
    return [each for each in Operation if each in (vended if allowed is None else allowed)], True


def _consistent(rules: Rules, *, operation: Operation, faults: Faults) -> None:
    """A value that the policy sets must be one that it allows, and go together with the others."""
    locked = rules.locked.get(operation, {})
    settled = {**rules.defaults.get(operation, {}), **locked}
    places = {name: f"{'locked' if name in locked else 'defaults'}.{name}" for name in settled}
    texts = {name: text_of(value) for name, value in settled.items()}
    for problem in rules.refused(operation, texts):
        if problem.field not in IDENTIFYING:
            faults.tell(places[problem.field], "is nothing that this class may use")
    locks = Locks(operation=operation, values=locked)
    for name in settled:
        if superior := locks.superior(name):
            message = f"would let the caller undo the lock of {superior}; put it into locked, or unlock that"
            faults.tell(places[name], message)
    for problem in sorted(contradictions(operation, settled), key=lambda each: each.field):
        faults.tell(places[problem.field], problem.message)
