"""Headers of every answer, and which origins may read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus

from flask import Flask, Response
from flask_cors.core import get_cors_options, set_cors_headers

from scribepass.quotas import Standing

from .at_hand import the_known, the_request
from .docs_page import DOCS_ENDPOINTS, DOCS_HEADERS

__all__ = ["API_HEADERS", "PAGE_ENDPOINT", "add_headers", "page_policy"]

PAGE_ENDPOINT = "page"

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Origin",
}
API_HEADERS = {
    **_COMMON,
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Of every answer that is not the page."""

_PAGE = {
    **_COMMON,
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}
_API_PAIRS = list(API_HEADERS.items())
_EXPOSED = ("RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate", "X-Request-Id")
_TRANSPORT_SECURITY = "max-age=31536000"
_PREFLIGHT_SECONDS = 600


def add_headers(app: Flask, *, allowed_origins: Sequence[str], policy: str) -> None:
    """Set the headers of every answer, errors too. ``policy`` is the page's Content-Security-Policy."""
    special = {
        PAGE_ENDPOINT: {**_PAGE, "Content-Security-Policy": policy},
        **{endpoint: {**_COMMON, **DOCS_HEADERS} for endpoint in DOCS_ENDPOINTS},
    }
    share = _sharing(app, allowed_origins)

    def finish(response: Response) -> Response:
        asked, known, headers = the_request(), the_known(), response.headers
        environ = asked.environ
        if "HTTP_ORIGIN" in environ:
            share(response)
        own = special.get(asked.endpoint or "")
        if own is not None and response.status_code < HTTPStatus.BAD_REQUEST:
            headers.update(own)
        else:
            headers.extend(_API_PAIRS)
        headers.add("X-Request-Id", known.get("request_id", ""))
        if environ["REQUEST_METHOD"] == "OPTIONS" and not response.data:
            del headers["Content-Type"]
        standing: Standing | None = known.get("standing")
        if standing is not None:
            headers.extend(_said(standing))
        if environ["wsgi.url_scheme"] == "https":
            headers.add("Strict-Transport-Security", _TRANSPORT_SECURITY)
        return response

    app.after_request(finish)


def _sharing(app: Flask, allowed_origins: Sequence[str]) -> Callable[[Response], object]:
    """What lets the pages of these origins read an answer, in an answer to one of them."""
    options = get_cors_options(
        app,
        {
            # As anchored patterns, because flask-cors compares plain text without regard to case.
            "origins": [re.compile(re.escape(origin) + r"\Z") for origin in allowed_origins],
            "methods": ["GET", "POST", "OPTIONS"],
            "allow_headers": ["Authorization", "Content-Type", "X-API-Key", "X-Request-Id"],
            "expose_headers": list(_EXPOSED),
            "max_age": _PREFLIGHT_SECONDS,
            "always_send": False,
            "vary_header": False,
        },
    )
    return lambda response: set_cors_headers(response, options)


def _said(standing: Standing) -> list[tuple[str, str]]:
    """How many tickets the caller may still ask for (draft-ietf-httpapi-ratelimit-headers)."""
    return [
        ("RateLimit-Policy", f'"caller";q={standing.limit};w={standing.window}'),
        ("RateLimit", f'"caller";r={standing.remaining};t={standing.reset}'),
    ]


def page_policy(stream_origins: Sequence[str]) -> str:
    """The page's Content-Security-Policy: its own files, and sockets to ``stream_origins`` alone."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            f"connect-src 'self' {' '.join(stream_origins)}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
