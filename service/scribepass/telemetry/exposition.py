"""What the processes of one service say together, read from their folder by any one of them."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .folder import PATIENCE, held, values_of
from .library import library
from .table import PREFIX

__all__ = ["CONTENT_TYPE", "State", "exposition", "states"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_READY = f"{PREFIX}_ready"
_PULSE = f"{PREFIX}_pulse_timestamp_seconds"


def exposition(folder: Path) -> bytes:
    """The figures of all processes, added up, in Prometheus' text format."""
    registry = library().CollectorRegistry()
    library().multiprocess.MultiProcessCollector(registry, path=str(folder))
    with held(folder, fcntl.LOCK_SH, patience=PATIENCE):
        # Also without the lock, if who holds it hangs: then one reading may hold a dead process twice.
        text: bytes = library().generate_latest(registry)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What one process last said of itself: when, by the wall clock, and which parts were ready."""

    pulse: float
    ready: Mapping[str, bool]


def states(folder: Path) -> list[State]:
    """How things stand, one for each process that has not ended."""
    found: list[State] = []
    for path in folder.glob("gauge_livemin_*.db"):
        ready: dict[str, bool] = {}
        pulse = 0.0
        with suppress(FileNotFoundError):  # it has just died
            for key, value in values_of(path):
                _, name, labels, _ = json.loads(key)
                if name == _READY:
                    ready[labels["part"]] = bool(value)
                elif name == _PULSE:
                    pulse = value
        found.append(State(pulse=pulse, ready=ready))
    return found
