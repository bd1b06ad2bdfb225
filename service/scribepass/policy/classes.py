"""One class: what its table says over what ``[default]`` says, and the rules that come of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from scribepass.transcribe import Operation
from scribepass.transcribe.values import shown

from .completion import contradictions, text_of
from .faults import Faults
from .members import ALL, MEMBERS, QUOTA
from .rules import IDENTIFYING, Rules
from .settled import Settled, flat, laid_over, values_of

__all__ = ["Said", "rules_of", "said_by"]

Table = Mapping[str, object]

_TABLES = ("locked", "defaults", "quota")


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


def rules_of(said: Said, *, name: str, vended: Collection[Operation], faults: Faults) -> Rules:
    """The rules that were said. Where there are faults, they are not to be used."""
    members = {each: faults.read(MEMBERS[each], value, place=each) for each, value in said.members.items()}
    quota = {
        each: faults.read(QUOTA[each], value, place=f"quota.{each}") for each, value in said.quota.items()
    }
    if quota.get("burst") == 0 and quota.get("per_minute") != 0:
        faults.tell("quota.burst", "must be 1 or more unless per_minute is 0")
    operations, sure = _operations(said, members.get("operations"), vended=vended)
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
    for problem in sorted(contradictions(operation, settled), key=lambda each: each.field):
        faults.tell(places[problem.field], problem.message)
