"""How gunicorn runs the service. Read in gunicorn's master, before anything listens.

Every fault of the environment ends the process here, in words, with exit code 2, as in the CLI. The names in
lower case at the end are gunicorn's own.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.glogging import Logger

from scribepass.errors import Problem, SettingsError
from scribepass.settings import Settings, is_loopback
from scribepass.telemetry import configure
from scribepass.telemetry.tracing import Traced

from .operations import Operations
from .wiring import build_parts, settings_of

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

EXIT_SETTINGS = 2


def _checked() -> Settings:
    try:
        checked = settings_of(os.environ)
        build_parts(checked)
    except SettingsError as error:
        _refuse(error)
    return checked


def _refuse(error: SettingsError) -> None:
    lines = [f"  {each.field} {each.message}" for each in error.problems]
    sys.stderr.write("\n".join(["scribepass cannot start:", *lines, ""]))
    sys.exit(EXIT_SETTINGS)


_settings = _checked()
_operations = Operations(_settings.operator_bind, environ=os.environ) if _settings.operator_bind else None


class JsonLogger(Logger):  # type: ignore[misc]
    """gunicorn's own messages as JSON lines. There is no access log: each ticket and refusal has its line."""

    def setup(self, cfg: Any) -> None:  # noqa: ANN401 (gunicorn has no types)
        """Let gunicorn set its level, and the root logger's handler do the rest."""
        super().setup(cfg)
        configure(_settings.log_level)
        self.error_log.propagate = True


def listens_locally(addresses: Iterable[object]) -> bool:
    """Whether every one of gunicorn's parsed addresses is a loopback address or a Unix socket."""
    return all(
        isinstance(each, str) or (isinstance(each, tuple) and is_loopback(each[0])) for each in addresses
    )


def on_starting(server: Arbiter) -> None:
    """Look at what will really be bound, for ``--bind`` and ``GUNICORN_CMD_ARGS`` win over the settings."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the keys
    _refuse_strangers(server.cfg.address)
    if _operations is not None:
        try:
            _operations.open(others=server.cfg.address, owner=(server.cfg.uid, server.cfg.gid))
        except SettingsError as error:
            _refuse(error)


def when_ready(server: Arbiter) -> None:
    """Look again at what is bound, for systemd (``LISTEN_FDS``) wins over all of these."""
    _refuse_strangers(each.getsockname() for each in server.LISTENERS)


def on_reload(_server: Arbiter) -> None:
    """Read every file again in the master: its workers inherit what was good where one is broken now."""
    with suppress(SettingsError):
        build_parts(settings_of(os.environ))


def post_worker_init(_worker: Worker) -> None:
    """Let the worker answer operators too."""
    if _operations is not None:
        _operations.serve()


def worker_exit(_server: Arbiter, worker: Worker) -> None:
    """Send the spans that are left."""
    application = getattr(worker, "wsgi", None)
    if isinstance(application, Traced):
        application.close()


def child_exit(server: Arbiter, worker: Worker) -> None:
    """Keep the figures of a worker that has ended, in the master."""
    if _operations is not None:
        _operations.bury(worker.pid, alive=server.WORKERS)


def pre_exec(server: Arbiter) -> None:
    """Leave the operator's port to the next master (USR2)."""
    if _operations is not None:
        _operations.hand_over(server.cfg.env_orig)


def _refuse_strangers(addresses: Iterable[object]) -> None:
    if _settings.local_only and not listens_locally(addresses):
        named = ", ".join(f"SCRIBEPASS_{each.upper()}" for each in _settings.local_only)
        message = f"is another address than this machine's own, which {named} forbids"
        _refuse(SettingsError([Problem(field="--bind", code="local_only", message=message)]))


bind = [_settings.bind]  # also because gunicorn's default is 0.0.0.0 where PORT is set
worker_class = "scribepass.app.worker.Worker"
workers = _settings.processes
threads = _settings.threads
keepalive = 75  # longer than the 60 s of a load balancer, or it answers 502
timeout = 30
graceful_timeout = 30
limit_request_line = 4094
limit_request_fields = 50
limit_request_field_size = 8190
forwarded_allow_ips = ",".join(_settings.forwarded_allow_ips)
forwarder_headers = "X-SCRIBEPASS-NONE"  # its default lets a trusted peer's client set SCRIPT_NAME
control_socket_disable = True
preload_app = False
umask = 0o007  # of a Unix socket: the proxy in front shares its group
errorlog = None
accesslog = None
logger_class = JsonLogger
loglevel = _settings.log_level
if Path("/dev/shm").is_dir():  # noqa: S108 (gunicorn's heartbeat; a disk may block it)
    worker_tmp_dir = "/dev/shm"  # noqa: S108
