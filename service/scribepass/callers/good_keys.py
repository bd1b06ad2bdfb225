"""A good answer of an issuer, when it came, and for how long it counts."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .jwks import MAX_BODY, SECONDS, Keys, keys_of
from .last_good import LastGood

__all__ = ["GoodKeys", "Pace", "memory"]

_MOMENT = struct.Struct("!dd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds. How often an issuer is asked, and for how long its answer is good."""

    refresh: float = 300.0
    """Between a good answer and the next fetch, at most."""
    cooldown: float = 30.0
    """Between two fetches for unknown keys, and at most between a failure and the next fetch."""
    cold: float = 5.0
    """The same, after a failure and while there is no key at all."""
    keep: float = 24 * 3600.0
    """For which a good answer is served."""
    timeout: float = SECONDS
    """For one fetch, and for which requests wait for it, from its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodKeys:
    """The keys of one answer, and when it came: POSIX time, and ``elapsed`` by the monotonic clock."""

    keys: Keys
    wall: float
    elapsed: float

    @classmethod
    def of(cls, document: bytes, *, wall: float, elapsed: float) -> GoodKeys:
        """The keys of a document that has just come. JwksFault if it is not good."""
        return cls(keys=keys_of(document), wall=wall, elapsed=elapsed)

    @classmethod
    def remembered(cls, last: LastGood) -> GoodKeys | None:
        """What ``last`` was given by this process or a relative; None if it was given nothing."""
        kept = last.get()
        if kept is None:
            return None
        wall, elapsed = _MOMENT.unpack_from(kept)
        return cls.of(kept[_MOMENT.size :], wall=wall, elapsed=elapsed)

    def remember(self, document: bytes, *, by: LastGood) -> None:
        """Leave the ``document`` that this is made of to this process and its relatives."""
        by.put(_MOMENT.pack(self.wall, self.elapsed) + document)

    def age(self, *, wall: float, elapsed: float) -> float:
        """Seconds since it came, by whichever clock says more: one may be set, the other rest in a sleep."""
        return max(wall - self.wall, elapsed - self.elapsed, 0.0)


def memory() -> LastGood:
    """What remembers an answer, for this process and those that are forked from it."""
    return LastGood(_MOMENT.size + MAX_BODY)
