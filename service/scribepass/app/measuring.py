"""Whose figures go where: to the operator's port, if there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.exceptions import HTTPException

from scribepass.settings import Settings
from scribepass.telemetry import NULL_METRICS, Metrics, get_log
from scribepass.telemetry.folder import reserve
from scribepass.telemetry.metrics import Prometheus

from .pulse import Pulse
from .wiring import Parts

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["build_metrics", "build_pulse", "routes_of"]

_log = get_log("metrics")


def build_metrics(settings: Settings, *, folder: str | None, issuers: Sequence[str]) -> Metrics:
    """Where this process's figures go: to its files in ``folder``, which prometheus_client knows by itself.

    ``issuers`` are the names of those whose tokens are accepted.

    Nowhere if nobody could read them: without an operator's port, or a folder (gunicorn's master makes it).
    Nor if there is no room in the folder, which the log then says: the service does without.
    """
    if settings.operator_bind is None or folder is None:
        return NULL_METRICS
    try:
        reserve(Path(folder))
    except OSError as error:
        _log.error("metrics_off", error=error.strerror)
        return NULL_METRICS
    return Prometheus(issuers=issuers)


def build_pulse(parts: Parts) -> Pulse:
    """What writes down how these parts stand."""
    vendor, oidc, skew = parts.vendor, parts.oidc, parts.skew
    return Pulse(
        parts.metrics,
        readiness=parts.readiness,
        seconds_left=vendor.seconds_left,
        ages=oidc.ages if oidc else dict,
        degraded=lambda: vendor.quotas.degraded,
        skew=lambda: skew.seconds,
    )


def routes_of(app: Flask) -> Callable[[WSGIEnvironment], str | None]:
    """What finds the template of the route that a request matches, such as ``/sessions/<ticket_id>/closed``.

    It looks again, after Flask, and only where requests are traced.
    """

    def route_of(environ: WSGIEnvironment) -> str | None:
        try:
            rule, _ = app.url_map.bind_to_environ(environ).match(return_rule=True)
        except HTTPException:
            return None
        return rule.rule

    return route_of
