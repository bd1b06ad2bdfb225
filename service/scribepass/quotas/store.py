"""Where several processes count together, whatever it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from .leases import Full
from .windows import Limits, Window

__all__ = ["TIMEOUT", "Leased", "Spent", "Store", "StoreAway"]

TIMEOUT = 0.05
"""Seconds that the store has to accept a connection, and for each answer."""


class StoreAway(Exception):
    """It did not answer, or not in time, or has forgotten what it was told. The text is a word for logs."""


class Spent(NamedTuple):
    """What the store says of one request: the window that refuses it, if one does, for ``wait`` seconds.

    Otherwise ``remaining`` and ``eases`` (seconds) are those of the window that callers are told about.
    """

    refused: Window | None = None
    wait: float = 0.0
    remaining: int = 0
    eases: float = 0.0


class Leased(NamedTuple):
    """What the store says of one lease: what is full, if anything; all leases; this caller's, in seconds."""

    full: Full | None
    total: int
    sessions: Mapping[str, float]


class Store(Protocol):
    """Counts for all. Each method is atomic where it counts; each raises `StoreAway`, and nothing else."""

    def spend(self, key: str, limits: Limits, *, owed: int) -> Spent:
        """Count one request, and ``owed`` more in windows of more than a minute."""

    def lease(self, caller: str, session: str, *, seconds: float, limit: int, ceiling: int) -> Leased:
        """Hold a session, or say what is full. One that is held only ends later. A limit of 0 is none."""

    def release(self, caller: str, session: str) -> None:
        """Hold it no longer."""

    def recover(self) -> bool:
        """Answer as often and as fast as a request needs it; whether it has forgotten since the last time."""

    def close(self) -> None:
        """End the connections."""
