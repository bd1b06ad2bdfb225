"""How much a caller may ask for, and all callers together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from scribepass.callers import Caller

__all__ = ["Ceiling", "Quota", "Quotas", "Standing", "Unlimited"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The limits of one caller; 0 is none.

    ``per_minute`` and ``per_hour`` are tickets asked for, ``burst`` how many of them at once, ``sessions``
    how many tickets may be outstanding: neither reported closed nor at the end of their lease.
    """

    per_minute: int = 10
    burst: int = 5
    per_hour: int = 120
    sessions: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The limits of all callers together; 0 is none. ``sessions`` follows the account's quota of streams."""

    sessions: int = 20
    per_second: int = 5
    burst: int = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a caller stands in the window of ``window`` seconds; ``reset`` is in seconds from now."""

    limit: int
    remaining: int
    reset: int
    window: int = 60


class Quotas(Protocol):
    """Counts, and says no. Safe to share between threads; no method waits longer than a store's time-outs."""

    @property
    def degraded(self) -> bool:
        """Whether there is a store that does not answer, so that this process allows only its share."""

    def spend(self, caller: Caller, *, quota: Quota) -> Standing | None:
        """Count one request for a ticket; None where the caller has no limit.

        Raises:
            Throttled: it is one too many, of the caller's or of the deployment's.
        """

    def lease(self, caller: Caller, *, session_id: str, quota: Quota, seconds: int) -> None:
        """Count an outstanding ticket; one of the same session only renews its lease.

        Raises:
            Throttled: too many are outstanding, of the caller's or of the deployment's.
        """

    def release(self, caller: Caller, *, session_id: str) -> None:
        """The session is closed. Nothing happens where no lease is known."""

    def failed(self, address: str) -> None:
        """Count a refused credential.

        Raises:
            Throttled: too many from this address.
        """

    def ready(self) -> bool:
        """Whether the store answers, where there is one."""

    def close(self) -> None:
        """End what runs in the background, and connections."""


class Unlimited:
    """Counts nothing."""

    degraded = False

    def spend(self, caller: Caller, *, quota: Quota) -> Standing | None:  # noqa: ARG002
        """Always allowed."""
        return None

    def lease(self, caller: Caller, *, session_id: str, quota: Quota, seconds: int) -> None:
        """Always allowed."""

    def release(self, caller: Caller, *, session_id: str) -> None:
        """Nothing to do."""

    def failed(self, address: str) -> None:
        """Nothing to do."""

    def ready(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Nothing to do."""
