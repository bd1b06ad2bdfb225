"""The tables ``locked`` and ``defaults``: values of stream parameters, for all operations or for one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from scribepass.transcribe import Operation
from scribepass.transcribe.parameters import PARAMETERS
from scribepass.transcribe.values import Unfit, Value, nearest, shown

__all__ = ["OPERATIONS", "Settled", "flat", "laid_over", "values_of"]

Settled = Mapping[tuple[Operation | None, str], object]
"""Raw values by operation and parameter; of every operation under None."""

Fault = Callable[[str, str], None]
"""Given a place and a sentence about it."""

OPERATIONS: Final = {each.value: each for each in Operation}

_PER_REQUEST = "session-id"


def flat(table: Mapping[str, object]) -> Settled:
    """The values of the table and of those in it that stand for one operation."""
    return dict(_flat(table))


def _flat(table: Mapping[str, object]) -> Iterator[tuple[tuple[Operation | None, str], object]]:
    for name, value in table.items():
        if name in OPERATIONS and isinstance(value, dict):
            yield from (((OPERATIONS[name], inner), each) for inner, each in value.items())
        else:
            yield (None, name), value


def laid_over(below: Settled, above: Settled, *, without: Collection[str] = ()) -> Settled:
    """``above`` in place of the same names of ``below``, of which ``without`` are left out."""
    general = {name for operation, name in above if operation is None}
    kept = {key: value for key, value in below.items() if key[1] not in general and key[1] not in without}
    return {**kept, **above}


def values_of(
    settled: Settled, *, operations: Collection[Operation], every: bool, place: str, fault: Fault
) -> dict[Operation, dict[str, Value]]:
    """The values by operation, read; what cannot be is told to ``fault``.

    A value for all of ``operations`` must fit each of them where ``every``, otherwise one at least.
    """
    found: dict[Operation, dict[str, Value]] = {each: {} for each in Operation}
    for (operation, name), value in sorted(settled.items(), key=lambda item: item[0][0] is not None):
        where = f"{place}.{operation.value}.{shown(name)}" if operation else f"{place}.{shown(name)}"
        if stranger := _stranger(name):
            fault(where, stranger)
            continue
        faults = {}
        asked = [operation] if operation else operations
        for each in asked:
            try:
                found[each][name] = _read(each, name, value)
            except Unfit as unfit:
                faults[each] = unfit.message
        if faults and (every or len(faults) == len(asked)):
            fault(where, _sentence(faults, asked=len(asked)) + ("" if operation else _hint(faults)))
    return {operation: values for operation, values in found.items() if values}


def _read(operation: Operation, name: str, value: object) -> Value:
    if name not in PARAMETERS[operation]:
        raise Unfit("unknown", f"is no parameter of {operation.value} streams")
    return PARAMETERS[operation][name].kind.read(value)


def _stranger(name: str) -> str | None:
    if name == _PER_REQUEST or name.casefold().startswith("x-amz-"):
        return "differs from URL to URL and cannot be set here"
    known = {name for parameters in PARAMETERS.values() for name in parameters}
    return None if name in known else f"is no parameter of any stream{nearest(name, known)}"


def _sentence(faults: Mapping[Operation, str], *, asked: int) -> str:
    """What is wrong, and in which of the ``asked`` operations unless it is so in all of them."""
    said = sorted(set(faults.values()))
    if len(said) > 1 or len(faults) < asked:
        said = sorted(
            message if message.endswith("streams") else f"{message} ({operation.value})"
            for operation, message in faults.items()
        )
    return " and ".join(said)


def _hint(faults: Mapping[Operation, str]) -> str:
    if not any(message.endswith("streams") for message in faults.values()):
        return ""
    return "; leave those out of operations, or set it for one operation alone (see unlocked)"
