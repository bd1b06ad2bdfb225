"""Tables of a script, read member by member: what is wrong is noted with its path, and reading goes on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from scribepass.local.members import is_unicode

__all__ = ["Check", "Table", "flag", "number", "one_of", "texts", "word"]

_Value = TypeVar("_Value")
_Default = TypeVar("_Default")

Check = Callable[[object], _Value]
"""Returns what a member says. ``ValueError`` says what it must be."""


class Table:
    """A mapping at ``path`` of a script; ``faults`` takes what is wrong with it, as ``path: what``."""

    def __init__(self, given: object, *, path: str, faults: list[str]) -> None:
        self.path = path
        self.faults = faults
        self._given: Mapping[str, object] = given if isinstance(given, Mapping) else {}
        self._known: list[str] = []
        if not isinstance(given, Mapping):
            self.note("", "must be a table")

    def note(self, member: str, fault: str) -> None:
        """Something is wrong with ``member``, or with all of it."""
        where = f"{self.path}.{member}".strip(".")
        self.faults.append(f"{where}: {fault}" if where else f"it {fault}")

    def take(self, member: str, check: Check[_Value], default: _Default) -> _Value | _Default:
        """What ``member`` says, or ``default`` where it is not given or wrong."""
        self._known.append(member)
        if member not in self._given:
            return default
        try:
            return check(self._given[member])
        except ValueError as error:
            self.note(member, str(error))
            return default

    def need(self, member: str, check: Check[_Value], default: _Value) -> _Value:
        """As :meth:`take`, of a member that must be given."""
        if member not in self._given:
            self.note(member, "is missing")
        return self.take(member, check, default)

    def tables(self, member: str) -> Iterator[Table]:
        """The tables of the list ``member``."""
        for place, each in enumerate(self.take(member, _list, ())):
            yield Table(each, path=f"{self.path}.{member}[{place}]".strip("."), faults=self.faults)

    def values(self, member: str) -> Sequence[object]:
        """What the list ``member`` holds."""
        return self.take(member, _list, ())

    def has(self, member: str) -> bool:
        """Whether ``member`` is given."""
        return member in self._given

    def close(self) -> None:
        """Note the members that nobody has asked for."""
        for name in self._given:
            if name not in self._known:
                self.note(str(name), f"is not one of {', '.join(sorted(self._known))}")


def number(low: float, high: float) -> Check[float]:
    """A finite number within bounds, both included."""

    def check(value: object) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        raise ValueError(f"must be a number from {low:g} to {high:g}")  # NaN is in no bounds

    return check


def word(value: object) -> str:
    """Text that is not empty."""
    if not isinstance(value, str) or not value.strip() or not is_unicode(value):
        raise ValueError("must be text")
    return value


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - a fault of the file
    return value


def one_of(choices: Collection[str]) -> Check[str]:
    """One of several texts."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return check


def texts(value: object) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(word(each) for each in _list(value))


def _list(value: object) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise ValueError("must be a list")  # noqa: TRY004 - a fault of the file
    return value
