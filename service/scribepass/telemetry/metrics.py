"""The metrics of the table, in the files by which several processes add theirs up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from .library import library
from .table import BUCKETS, OTHER, PREFIX, Metric, declared

if TYPE_CHECKING:
    from prometheus_client.metrics import MetricWrapperBase

__all__ = ["Prometheus"]

_Key = tuple[object, ...]
_Write = Callable[[float], object]


class Prometheus:
    """Metrics by prometheus_client. Safe to share between threads, and to use after a fork.

    ``issuers`` are the names of the token issuers that the operator trusts. A label value that is not of
    the table becomes ``other``, a label that is missing too; a name that is not there is ignored, or, where
    ``strict``, a KeyError: a fault of ours that a test is to find.

    Where ``PROMETHEUS_MULTIPROC_DIR`` was set before the first of these was made, each process has its files
    there (`exposition`); otherwise figures stay in this process's memory.
    """

    def __init__(self, *, issuers: Iterable[str] = (), strict: bool = False) -> None:
        self._table = {each.name: each for each in declared(tuple(issuers))}
        self._strict = strict
        self._families: dict[str, MetricWrapperBase] = {}
        self._writes: dict[_Key, _Write] = {}
        self._making = threading.Lock()
        self._begin_at_zero()

    def count(self, name: str, /, **labels: str) -> None:
        """One more of ``name``."""
        self._write(name, 1.0, labels)

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        """It took this long."""
        self._write(name, seconds, labels)

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        """It stands at this."""
        self._write(name, value, labels)

    def _write(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        write = self._writes.get((name, *labels.items()))
        if write is None:
            write = self._found(name, labels)
        write(value)

    def _found(self, name: str, labels: Mapping[str, str]) -> _Write:
        metric = self._table.get(name)
        if metric is None:
            if self._strict:
                raise KeyError(name)
            return _nothing
        if self._strict and set(labels) != set(metric.labels):
            raise KeyError(f"{name}{sorted(labels)}")
        known = {
            label: value if (value := labels.get(label)) in values else OTHER
            for label, values in metric.labels.items()
        }
        with self._making:
            write = self._writes.get((name, *known.items()))
            if write is None:
                write = self._made(metric, list(known.values()))
                # Only under what is of the table: what a caller sends is never kept.
                self._writes[name, *known.items()] = write
            if known == labels:
                self._writes[name, *labels.items()] = write
        return write

    def _made(self, metric: Metric, values: Sequence[str]) -> _Write:
        family = self._families.get(metric.name)
        if family is None:
            family = self._families[metric.name] = _family(metric)
        child = family.labels(*values) if values else family
        method = {"counter": "inc", "histogram": "observe", "gauge": "set"}[metric.kind]
        write: _Write = getattr(child, method)
        return write

    def _begin_at_zero(self) -> None:
        """Show counters from the start: a series that begins at 1 has no rate."""
        for metric in self._table.values():
            if metric.kind == "counter" and len(metric.labels) < 2:
                (label, values), *_ = [*metric.labels.items(), ("", ("",))]
                for value in values:
                    self._found(metric.name, {label: value} if label else {})


def _family(metric: Metric) -> MetricWrapperBase:
    kinds: Mapping[str, tuple[str, Mapping[str, object]]] = {
        "counter": ("Counter", {}),
        "histogram": ("Histogram", {"buckets": BUCKETS}),
        "gauge": ("Gauge", {"multiprocess_mode": metric.mode}),
    }
    make, options = kinds[metric.kind]
    family: MetricWrapperBase = getattr(library(), make)(
        f"{PREFIX}_{metric.name}", metric.help, list(metric.labels), registry=None, **options
    )
    return family


def _nothing(_value: float) -> None:
    pass
