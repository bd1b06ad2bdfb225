"""Which values are the same, and which defaults can stand beside what is asked."""

from __future__ import annotations

from collections.abc import Mapping

from scribepass.errors import Problem
from scribepass.transcribe import Operation
from scribepass.transcribe.parameters import PARAMETERS
from scribepass.transcribe.rules import Given, broken
from scribepass.transcribe.values import Unfit, Value

__all__ = ["Pairs", "contradictions", "differs", "fitting", "readable", "text_of", "unmet"]

Pairs = list[tuple[str, object]]


def text_of(value: Value) -> str:
    """The value as it stands in a query."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def differs(operation: Operation, name: str, value: object, other: Value) -> bool:
    """Whether ``value``, as text or as a native type, is another than ``other``, or none at all."""
    try:
        return PARAMETERS[operation][name].kind.read(value) != other
    except Unfit:
        return True


def contradictions(operation: Operation, values: Mapping[str, Value]) -> set[Problem]:
    """Where ``values`` exclude one another, whatever else is asked for."""
    return {each for each in _broken(operation, values) if each.code == "conflict"}


def fitting(operation: Operation, pairs: Pairs, *, defaults: Mapping[str, Value]) -> Pairs:
    """Those of ``defaults`` that ``pairs`` do not name, and that break no rule beside them."""
    named = {name for name, _ in pairs}
    absent = {name: value for name, value in defaults.items() if name not in named}
    if not absent:
        return []
    asked = dict(readable(operation, pairs))
    known = contradictions(operation, asked)
    chosen = {
        name: value
        for name, value in absent.items()
        if contradictions(operation, {**asked, name: value}) <= known
    }
    while idle := unmet(operation, {**asked, **chosen}) & chosen.keys():
        chosen = {name: value for name, value in chosen.items() if name not in idle}
    return list(chosen.items())


def unmet(operation: Operation, values: Mapping[str, Value]) -> set[str]:
    """Parameters that want another beside them, which is not there."""
    return {each.field for each in _broken(operation, values) if each.code == "requires"}


def readable(operation: Operation, pairs: Pairs) -> list[tuple[str, Value]]:
    """Those of ``pairs`` that are parameters of the operation, with values that they can have."""
    found = []
    for name, value in pairs:
        if name in PARAMETERS[operation]:
            try:
                found.append((name, PARAMETERS[operation][name].kind.read(value)))
            except Unfit:
                continue
    return found


def _broken(operation: Operation, values: Mapping[str, Value]) -> list[Problem]:
    texts = {name: text_of(value) for name, value in values.items() if value is not False}
    return broken(operation, Given(texts=texts))
