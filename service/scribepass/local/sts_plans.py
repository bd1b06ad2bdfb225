"""Faults of STS as JSON has them, for the control API and for tests. Pure.

``{"code": "Throttling", "times": 2}`` is one that is known by its code, with its text and status; any member
of :class:`~.sts.faults.StsFault` may stand beside it. ``action`` keeps the fault for one action.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from scribepass.errors import Problem

from .members import Invalid, Member, number, one_of, problems_of, text, whole
from .sts.faults import NAMED, FaultKind, StsFault, has_body

__all__ = ["StsPlan", "sts_plans_of"]

_FAULT: Mapping[str, Member] = {
    "kind": one_of([kind.value for kind in FaultKind]),
    "code": text(128),
    "status": Member(
        accepts=lambda value: type(value) is int and has_body(value),
        must="must be a status of HTTP whose answers have a body",
    ),
    "message": text(1024),
    "delay_seconds": number(0, 3600),
    "times": whole(1, 1_000_000),
    "action": text(64),
}


class StsPlan(NamedTuple):
    """What ``StsFaults.add`` takes."""

    fault: StsFault
    times: int
    action: str | None


def sts_plans_of(value: object) -> list[StsPlan]:
    """The plans of a list, or of one that stands alone. :class:`~.members.Invalid` with the faults of all."""
    several = (
        [(f"{at}.", each) for at, each in enumerate(value)] if isinstance(value, list) else [("", value)]
    )
    problems: list[Problem] = []
    plans = []
    for at, each in several:
        found = list(problems_of(each, _FAULT, at=at))
        if found or not isinstance(each, dict):
            problems += found
            continue
        like = NAMED.get(each.get("code", ""), StsFault())
        members = {name: given for name, given in each.items() if name not in ("times", "action")}
        if "kind" in members:
            members["kind"] = FaultKind(members["kind"])
        plans.append(StsPlan(replace(like, **members), each.get("times", 1), each.get("action")))
    if problems:
        raise Invalid(problems)
    return plans
