"""``scribepass serve``: the service, by gunicorn, as the settings describe it."""

from __future__ import annotations

import os
import sys

import click

__all__ = ["command"]

HELP = """Run the service that vends tickets, as SCRIBEPASS_* variables describe it.

Every fault of them is printed before anything starts. This process then becomes gunicorn's master, so
signals and supervisors find what they expect. What else gunicorn should do goes into GUNICORN_CMD_ARGS.
"""


@click.command("serve", help=HELP, short_help="Run the service, for production too.")
def command() -> None:
    """Check the environment, then become gunicorn."""
    from scribepass.settings import Settings

    Settings.from_env(os.environ)
    sys.stdout.flush()
    arguments = ("-m", "gunicorn", "-c", "python:scribepass.app.gunicorn_conf", "scribepass.app.wsgi:app")
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - this interpreter, fixed arguments
