"""The static page at ``/``, when the settings name its folder: the files it needs and no others."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from flask import Flask, Response, send_from_directory
from werkzeug.exceptions import NotFound

from .headers import PAGE_ENDPOINT

__all__ = ["serve_page"]

_FILES = ("index.html", "styles.css", "config.js", "config.json", "favicon.ico", "favicon.svg")
_FOLDERS = ("page", "scribepass")
# Not from the machine's own table: on some .js is text/plain, and nosniff then stops every module.
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
}


def serve_page(app: Flask, *, folder: Path) -> None:
    """Serve the page's files from ``folder``, each rule its own, so that no path of the API is among them."""
    root = folder.resolve()

    def page(name: str, top: str = ".") -> Response:
        path = PurePosixPath(name)
        if path.suffix not in _TYPES or any(part.startswith(".") for part in path.parts):
            raise NotFound
        return send_from_directory(root / top, name, mimetype=_TYPES[path.suffix])

    app.add_url_rule("/", PAGE_ENDPOINT, page, defaults={"name": "index.html"})
    for file in _FILES:
        app.add_url_rule(f"/{file}", PAGE_ENDPOINT, page, defaults={"name": file})
    for top in _FOLDERS:
        app.add_url_rule(f"/{top}/<path:name>", PAGE_ENDPOINT, page, defaults={"top": top})
