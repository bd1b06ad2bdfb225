"""The service over HTTP: Flask, and the only place that knows of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from scribepass.settings import Settings
from scribepass.transcribe import host_of

from .address import Forwarding
from .docs_page import add_docs
from .guard import Guard, Hosts
from .headers import add_headers, page_policy
from .openapi import document
from .page import serve_page
from .problems import Problems
from .routes import add_routes
from .wiring import Parts, build_parts

__all__ = ["Parts", "build_parts", "create_app"]

MAX_BODY = 8 * 1024
"""Bytes; every parameter at its longest fits twice."""


class _Service(Flask):
    """Flask, which would ask of every function of every request whether it is a coroutine. None is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func


def create_app(settings: Settings, *, parts: Parts | None = None) -> Flask:
    """The application that ``settings`` describe, made of ``parts`` or of those that `build_parts` makes.

    Raises:
        SettingsError: as `build_parts`.
    """
    parts = parts or build_parts(settings)
    app = _Service("scribepass", static_folder=None)
    app.debug = False  # whatever FLASK_DEBUG says
    app.json = DefaultJSONProvider(app)
    app.json.sort_keys = False
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    # Redirects would carry a credential from one path, or one scheme, to another.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    Problems(names=parts.vendor.names, metrics=parts.metrics).handle(app)
    add_headers(app, allowed_origins=settings.allowed_origins, policy=page_policy(_stream_origins(settings)))
    hosts = Hosts.LOCAL if settings.env == "local" else Hosts.ANY
    Guard(
        authenticator=parts.authenticator,
        quotas=parts.vendor.quotas,
        hosts=hosts,
        forwarding=Forwarding(hops=settings.trusted_hops, proxies=settings.forwarded_allow_ips),
        metrics=parts.metrics,
    ).watch(app)
    add_routes(app, vendor=parts.vendor, readiness=parts.readiness)
    add_docs(app, document(parts.vendor.deployment))
    if settings.page_dir is not None:
        serve_page(app, folder=settings.page_dir)
    return app


def _stream_origins(settings: Settings) -> list[str]:
    if settings.transcribe_endpoint:
        return [settings.transcribe_endpoint]
    return [f"wss://{host_of(region)}" for region in settings.regions]
