"""What gunicorn runs: the application that the environment describes.

``gunicorn -c python:scribepass.app.gunicorn_conf scribepass.app.wsgi:app``
"""

from __future__ import annotations

import os

from scribepass.settings import Settings
from scribepass.telemetry import configure

from . import build_parts, create_app

settings = Settings.from_env(os.environ)
configure(settings.log_level)
parts = build_parts(settings)
app = create_app(settings, parts=parts)

# Looks for credentials in the background from here on, so that the first request finds some.
parts.vendor.ready()
