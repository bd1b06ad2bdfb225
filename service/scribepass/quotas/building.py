"""Quotas by the settings."""

from __future__ import annotations

import time
from collections.abc import Callable

from scribepass.telemetry import NULL_METRICS, Metrics

from . import Ceiling, Quotas
from .memory import InMemory
from .redis_store import RedisStore
from .shared import Shared

__all__ = ["build_quotas"]


def build_quotas(
    store_url: str | None,
    *,
    ceiling: Ceiling,
    failures_per_minute: int,
    share: float,
    metrics: Metrics = NULL_METRICS,
    monotonic: Callable[[], float] = time.monotonic,
) -> Quotas:
    """Quotas in the store at ``store_url``, or without one in this process's memory.

    Nobody is asked yet, so that what is made before a fork serves after it. ``share`` is the part of every
    limit that this process allows without the store: 1 / (processes of all instances).

    Raises:
        ValueError: ``store_url`` is none of Redis or Valkey. The text does not repeat it.
    """
    if store_url is None:
        return InMemory(
            ceiling=ceiling, failures_per_minute=failures_per_minute, share=share, monotonic=monotonic
        )
    return Shared(
        RedisStore(store_url),
        ceiling=ceiling,
        failures_per_minute=failures_per_minute,
        share=share,
        monotonic=monotonic,
        metrics=metrics,
    )
