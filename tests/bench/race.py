"""What a benchmark compares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """One question: ours against its peers, with the ratios that we want."""

    title: str
    ours: str
    contestants: Mapping[str, Callable[[], object]]
    wanted: Mapping[str, float]
