"""Faults as JSON has them, for the control API and for the environment. Pure.

``{"kind": "drop", "after": 2.5, "times": 3}`` is a plan of one fault; ``{"faults": [{…}, {…}]}`` of several
that befall a stream together. ``times`` is a number of streams, or ``"all"``; ``session_id`` keeps a plan for
the streams of a session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scribepass.errors import Problem

from .faults import MOST_MESSAGE, Fault, FaultKind, Plan, is_exception
from .members import Invalid, Member, number, one_of, problems_of, text

__all__ = ["as_json", "plan_of", "plans_of"]

_FAULT: Mapping[str, Member] = {
    "kind": one_of([kind.value for kind in FaultKind]),
    "after": number(0, 14_400),
    "exception": Member(accepts=is_exception, must="must be the name of an exception"),
    "message": text(MOST_MESSAGE),
    "seconds": number(0, 3600),
}
_PLAN: Mapping[str, Member] = {
    "times": Member(
        accepts=lambda value: value == "all" or (type(value) is int and 1 <= value <= 1_000_000),
        must='must be a number of streams, or "all"',
    ),
    "session_id": text(64),
}
_OF_ONE_KIND = {"exception": FaultKind.EXCEPTION, "message": FaultKind.EXCEPTION, "seconds": FaultKind.SLOW}


def plan_of(value: object, *, at: str = "") -> Plan:
    """The plan that ``value``, from JSON, describes. :class:`~.members.Invalid`."""
    problems = list(_problems(value, at))
    if problems or not isinstance(value, dict):
        raise Invalid(problems)
    several = value.get("faults") or [{name: value[name] for name in _FAULT if name in value}]
    times = value.get("times", 1)
    return Plan(
        faults=tuple(Fault(**{**each, "kind": FaultKind(each["kind"])}) for each in several),
        times=None if times == "all" else times,
        session_id=value.get("session_id"),
    )


def plans_of(value: object) -> list[Plan]:
    """The plans of a list, or of one that stands alone. :class:`~.members.Invalid` with the faults of all."""
    plans: list[Plan] = []
    problems: list[Problem] = []
    for number_, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
        try:
            plans.append(plan_of(each, at="" if number_ is None else f"{number_}."))
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid(problems)
    return plans


def as_json(plan: Plan) -> dict[str, Any]:
    """What :func:`plan_of` reads."""
    faults = [
        {
            "kind": fault.kind.value,
            "after": fault.after,
            **{
                name: getattr(fault, name)
                for name, kind in _OF_ONE_KIND.items()
                if kind is fault.kind and getattr(fault, name) is not None
            },
        }
        for fault in plan.faults
    ]
    session = {} if plan.session_id is None else {"session_id": plan.session_id}
    return {"faults": faults, "times": "all" if plan.times is None else plan.times, **session}


def _problems(value: object, at: str) -> Iterator[Problem]:
    if not (isinstance(value, dict) and "faults" in value):
        yield from _of_fault(value, {**_FAULT, **_PLAN}, at)
        return
    faults = value["faults"]
    rest = {name: each for name, each in value.items() if name != "faults"}
    yield from problems_of(rest, _PLAN, at=at)
    if not isinstance(faults, list) or not 1 <= len(faults) <= 16:
        yield Problem(field=f"{at}faults", code="value", message="must be a list of 1 to 16 faults")
        return
    for number_, each in enumerate(faults):
        yield from _of_fault(each, _FAULT, f"{at}faults.{number_}.")


def _of_fault(value: object, members: Mapping[str, Member], at: str) -> Iterator[Problem]:
    yield from problems_of(value, members, required={"kind"}, at=at)
    if not isinstance(value, dict):
        return
    for name, kind in _OF_ONE_KIND.items():
        if name in value and value.get("kind") != kind.value:
            yield Problem(
                field=at + name, code="conflict", message=f"is of a fault of kind {kind.value} alone"
            )
    if value.get("kind") == FaultKind.SLOW.value and "seconds" not in value:
        yield Problem(field=f"{at}seconds", code="required", message="is missing")
