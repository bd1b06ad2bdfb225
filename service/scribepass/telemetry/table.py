"""Every metric there is: its name, what it means, and the only values that its labels take.

No caller chooses a label's value, so the number of series is that of this table, whatever is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Literal

__all__ = ["BUCKETS", "OTHER", "PREFIX", "Metric", "declared", "series_of"]

PREFIX = "scribepass"

OTHER = "other"
"""What stands for a label value that is not of the table."""

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0)
"""Upper bounds in seconds: from a ticket signed from memory to the longest wait for STS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. ``name`` is what our code calls it; the wire adds the prefix, and ``_total`` to counters.

    ``mode`` is how the gauges of several processes become one (prometheus_client's ``multiprocess_mode``).
    """

    name: str
    kind: Literal["counter", "histogram", "gauge"]
    help: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mode: Literal["livemin", "livemax", "livemostrecent"] = "livemax"


_ISSUERS = "<issuers>"
"""Stands for the names of the token issuers."""
_SOURCES = ("any", "none", "keys", "anonymous", _ISSUERS)
_OUTCOMES = ("issued", "refused", "failed")
_REASONS = (
    *("none", "bad_request", "invalid_parameters", "unauthenticated", "forbidden", "unknown_ticket"),
    *("not_found", "method_not_allowed", "request_incomplete", "body_too_large", "query_too_long"),
    *("unsupported_media_type", "expectation_failed", "headers_too_large", "not_implemented"),
    *("rate_limited", "too_many_sessions", "at_capacity", "too_many_failures", "not_ready"),
    *("credentials_unavailable", "issuer_unavailable", "internal"),
)
_ENDPOINTS = ("presign", "close", "catalogue")
_STATUSES = ("2xx", "4xx", "5xx")
_STS_RESULTS = ("ok", "denied", "throttled", "unreachable", "timeout", "unreadable", "failed")
_PARTS = ("service", "credentials", "key_set", "store", "clock")


_TABLE = (
    Metric(
        name="tickets",
        kind="counter",
        help="Tickets asked for.",
        labels={"outcome": _OUTCOMES, "reason": _REASONS},
    ),
    Metric(
        name="request_seconds",
        kind="histogram",
        help="Time to answer a request.",
        labels={"endpoint": _ENDPOINTS, "status": _STATUSES},
    ),
    Metric(
        name="authentications",
        kind="counter",
        help="Credentials shown by callers.",
        labels={"source": _SOURCES, "result": ("ok", "refused", "unavailable")},
    ),
    Metric(name="sts_calls", kind="counter", help="Calls of STS by result.", labels={"result": _STS_RESULTS}),
    Metric(name="sts_seconds", kind="histogram", help="Time of a call of STS."),
    Metric(
        name="credential_seconds_left",
        kind="gauge",
        help="Life of the credentials at hand, the least of all workers.",
        mode="livemin",
    ),
    Metric(name="limiter_degraded", kind="gauge", help="1 while a worker counts without the store."),
    Metric(name="store_errors", kind="counter", help="Failed calls of the limiter's store."),
    Metric(
        name="key_set_age_seconds",
        kind="gauge",
        help="Time since an issuer's keys were last fetched, the most of all workers.",
        labels={"issuer": (_ISSUERS,)},
    ),
    Metric(
        name="clock_skew_seconds",
        kind="gauge",
        help="This clock less that of STS.",
        mode="livemostrecent",
    ),
    Metric(
        name="ready",
        kind="gauge",
        help="1 where the part is ready in every worker.",
        labels={"part": _PARTS},
        mode="livemin",
    ),
    Metric(
        name="pulse_timestamp_seconds",
        kind="gauge",
        help="When the worker that is longest silent last wrote its gauges.",
        mode="livemin",
    ),
    Metric(name="log_lines_lost", kind="counter", help="Log lines that could not be written."),
)


def declared(issuers: Sequence[str] = ()) -> tuple[Metric, ...]:
    """The table, for a service that trusts these token issuers: names that its operator gave."""

    def filled(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for value in values for each in (issuers if value == _ISSUERS else (value,)))

    return tuple(
        replace(metric, labels={label: filled(values) for label, values in metric.labels.items()})
        for metric in _TABLE
    )


def series_of(metrics: Sequence[Metric]) -> int:
    """The most series that these metrics can have, whatever is sent."""
    each = {"counter": 1, "gauge": 1, "histogram": len(BUCKETS) + 3}  # +Inf, sum and count
    return sum(each[it.kind] * prod(len(values) + 1 for values in it.labels.values()) for it in metrics)
