"""What is counted and measured. The names are those of the table in ``metrics``, where the library is."""

from __future__ import annotations

from typing import Protocol

__all__ = ["NULL_METRICS", "Metrics"]


class Metrics(Protocol):
    """Where figures go. No method raises, and none blocks."""

    def count(self, name: str, /, **labels: str) -> None:
        """One more of ``name``."""

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        """It took this long."""

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        """It stands at this."""


class _Null:
    def count(self, name: str, /, **labels: str) -> None:
        pass

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        pass

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        pass


NULL_METRICS: Metrics = _Null()
"""Keeps nothing."""
