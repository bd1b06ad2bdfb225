"""The request at hand itself, for whoever asks it several things: Flask's proxies look for it each time."""

from __future__ import annotations

from typing import Any, cast

from flask import Request, g, request

__all__ = ["the_known", "the_request"]


def the_request() -> Request:
    """What ``flask.request`` stands for."""
    found: Request = cast("Any", request)._get_current_object()  # noqa: SLF001
    return found


def the_known() -> Any:  # noqa: ANN401 (it has whatever is put there)
    """What ``flask.g`` stands for: what is known of the request."""
    return cast("Any", g)._get_current_object()  # noqa: SLF001
