"""What every error is, and what it may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

__all__ = ["ManyProblems", "Problem", "ScribepassError"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault of one field: its name on the wire, a stable slug, and a sentence that helps."""

    field: str
    code: str
    message: str


class ScribepassError(Exception):
    """The root of the tree."""

    code: ClassVar[str] = "error"


class ManyProblems(ScribepassError):
    """Faults that are reported together."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.message}" for each in problems))
        self.problems = tuple(problems)
