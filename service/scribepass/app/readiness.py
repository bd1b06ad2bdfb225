"""What must be at hand for the service to do its work, each part by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["Readiness"]


class Readiness:
    """``parts`` say whether each is ready, from memory. Without one of ``needed`` no ticket can be vended.

    The store is not needed: without it each process allows its share.
    """

    def __init__(self, parts: Mapping[str, Callable[[], bool]], *, needed: frozenset[str]) -> None:
        self.parts = dict(parts)
        self._needed = needed

    def ready(self) -> bool:
        """Whether a caller can be served."""
        return all(self.parts[name]() for name in self._needed & self.parts.keys())
