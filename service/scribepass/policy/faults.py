"""Faults of the file while it is read, each at its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scribepass.errors import Problem
from scribepass.transcribe.values import Unfit, nearest, shown

from .members import Reader

__all__ = ["VARIABLE", "Faults", "fault"]

VARIABLE: Final = "SCRIBEPASS_POLICY_FILE"


def fault(message: str) -> Problem:
    """A fault of the file; ``message`` begins with the place."""
    return Problem(field=VARIABLE, code="policy", message=message)


@dataclass(slots=True)
class Faults:
    """Places and what is wrong with them, in the order in which they were found."""

    found: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, place: str, message: str) -> None:
        """One fault, once."""
        if (place, message) not in self.found:
            self.found.append((place, message))

    def table(self, outer: Mapping[str, object], name: str) -> dict[str, Any]:
        """The table of this name; an empty one where there is none, or something else."""
        value = outer.get(name, {})
        if isinstance(value, dict):
            return value
        self.tell(shown(name), "must be a table")
        return {}

    def strangers(self, table: Mapping[str, object], *, known: Collection[str], place: str = "") -> None:
        """A fault for each name that is not ``known``."""
        for name in table:
            if name not in known:
                self.tell(f"{place}{shown(name)}", f"is nothing that a policy has{nearest(name, known)}")

    def read(self, reader: Reader, value: object, *, place: str) -> Any:  # noqa: ANN401 (of any member)
        """What ``reader`` makes of the value; None, and a fault, where it refuses."""
        try:
            return reader(value)
        except Unfit as unfit:
            self.tell(place, unfit.message)
            return None
