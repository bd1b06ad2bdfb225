"""Headers of every answer, and which origins may read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus

from flask import Flask, Response, g, request
from flask_cors import CORS

from scribepass.quotas import Standing

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
_TRANSPORT_SECURITY = "max-age=31536000"
_PREFLIGHT_SECONDS = 600


def add_headers(app: Flask, *, allowed_origins: Sequence[str], policy: str) -> None:
    """Set the headers of every answer, errors too. ``policy`` is the page's Content-Security-Policy."""
    special = {
        PAGE_ENDPOINT: {**_PAGE, "Content-Security-Policy": policy},
        **{endpoint: {**_COMMON, **DOCS_HEADERS} for endpoint in DOCS_ENDPOINTS},
    }

    def finish(response: Response) -> Response:
        good = response.status_code < HTTPStatus.BAD_REQUEST
        response.headers.update(special.get(request.endpoint or "", API_HEADERS) if good else API_HEADERS)
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if request.method == "OPTIONS" and not response.data:
            del response.headers["Content-Type"]
        _say_standing(response)
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = _TRANSPORT_SECURITY
        return response

    # Flask runs these last to first: flask-cors before ours.
    app.after_request(finish)
    CORS(
        app,
        # As anchored patterns, because flask-cors compares plain text without regard to case.
        origins=[re.compile(re.escape(origin) + r"\Z") for origin in allowed_origins],
        methods=["GET", "POST", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type", "X-API-Key", "X-Request-Id"],
        expose_headers=["RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate", "X-Request-Id"],
        max_age=_PREFLIGHT_SECONDS,
        always_send=False,
        vary_header=False,
    )


def _say_standing(response: Response) -> None:
    """How many tickets the caller may still ask for (draft-ietf-httpapi-ratelimit-headers)."""
    standing: Standing | None = g.get("standing")
    if standing is not None:
        response.headers["RateLimit-Policy"] = f'"caller";q={standing.limit};w={standing.window}'
        response.headers["RateLimit"] = f'"caller";r={standing.remaining};t={standing.reset}'


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
