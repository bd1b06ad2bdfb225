"""What has threads or locks, told when the process is forked."""

from __future__ import annotations

import os
import weakref
from typing import Protocol

__all__ = ["BeginsAnew", "begins_anew"]


class BeginsAnew(Protocol):
    """Has threads or locks, which a forked child cannot use."""

    def begin_anew(self) -> None:
        """Go on in a forked child, in its only thread."""


_EVERY: weakref.WeakSet[BeginsAnew] = weakref.WeakSet()


def begins_anew(each: BeginsAnew) -> None:
    """Tell ``each`` in every child that is forked from here on."""
    _EVERY.add(each)


def _after_fork_in_child() -> None:
    # Runs before anything else in the child and in its only thread, so that no check of the pid can race.
    for each in list(_EVERY):
        each.begin_anew()


os.register_at_fork(after_in_child=_after_fork_in_child)
