"""What gunicorn runs: the application that the environment describes.

``gunicorn -c python:scribepass.app.gunicorn_conf scribepass.app.wsgi:app``
"""

from __future__ import annotations

import os

from scribepass.telemetry import configure
from scribepass.telemetry.tracing import trace, wanted

from . import build_parts, create_app
from .measuring import build_metrics, build_pulse, routes_of
from .operations import FOLDER
from .wiring import settings_of

settings = settings_of(os.environ)
configure(settings.log_level)
parts = build_parts(
    settings,
    measure=lambda issuers: build_metrics(settings, folder=os.environ.get(FOLDER), issuers=issuers),
)
service = create_app(settings, parts=parts)
app = trace(service, route_of=routes_of(service)) if wanted(os.environ) else service

# Looks for credentials in the background from here on, so that the first request finds some.
parts.start()
build_pulse(parts).start()
