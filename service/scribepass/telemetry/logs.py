"""JSON lines: a request id, an event name and fields. Never a URL.

Our own events go through structlog natively, records of other libraries through the same processors by
way of the root logger's one handler, and both through `redaction` last of all. Logging never fails and never
blocks: a line that cannot be written is dropped, and counted (`Sink`).
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import MutableMapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Protocol, TextIO, cast

import structlog

from .redaction import redact_fields, redact_value
from .sink import Sink

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

NOISY = ("boto3", "botocore", "hpack", "http.client", "s3transfer", "urllib3")
"""Libraries that write headers, canonical requests and STS answers at DEBUG, which is dropped."""


_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_JSON = json.JSONEncoder()


class EventLog(Protocol):
    """Where events go: a stable name in snake_case, and fields that say the rest."""

    def debug(self, event: str, /, **fields: object) -> object:
        """For whoever is looking for a fault."""

    def info(self, event: str, /, **fields: object) -> object:
        """For the record: this happened, as it should."""

    def warning(self, event: str, /, **fields: object) -> object:
        """For whoever is on call tomorrow."""

    def error(self, event: str, /, **fields: object) -> object:
        """For whoever is on call now."""


def get_log(part: str) -> EventLog:
    """The log of one part, which is a field of its lines.

    Until `configure` is called, warnings and errors go to stderr, redacted all the same.
    """
    return cast("EventLog", structlog.get_logger(part=part))


def get_audit_log(part: str) -> EventLog:
    """A log whose lines are written whatever the level: they are records, and not only news."""
    every = structlog.make_filtering_bound_logger(logging.INFO)
    return cast("EventLog", structlog.wrap_logger(None, wrapper_class=every, part=part))


def begin_request(request_id: str) -> None:
    """Give every line that this thread writes from here on this request's id."""
    _request_id.set(request_id)


def end_request() -> None:
    """What this thread writes from here on belongs to no request."""
    _request_id.set(None)


def configure(level: str = "info", *, stream: TextIO | None = None) -> None:
    """Send every record of this process to ``stream`` (stderr) as JSON lines, redacted.

    ``level`` is a key of `LEVELS`. Warnings and exceptions that nobody caught become lines as well. What
    ``stream`` does not take is lost; when it takes lines again, ``log_lines_lost`` says how many were.
    May be called again: gunicorn does so in its master, after each reload, and the worker after the fork.
    """
    sink = Sink(stream, tell=_lines_lost)
    _configure_own(level, sink=sink)
    handler = _ForeignHandler(sink)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
    for name in NOISY:
        logging.getLogger(name).setLevel(max(LEVELS[level], logging.INFO))
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _configure_own(level: str, *, sink: Sink) -> None:
    structlog.configure(
        processors=[*_COMMON, *_LAST],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: sink,
    )


class _ForeignHandler(logging.Handler):
    """The one handler of records that were not made by structlog."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink
        self.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=[
                    structlog.stdlib.add_logger_name,
                    *_COMMON,
                ],
                processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_LAST],
            )
        )

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop the DEBUG of `NOISY`, even of a logger that somebody has set to DEBUG by name."""
        noisy = record.levelno < logging.INFO and f"{record.name}.".startswith(_NOISY_PREFIXES)
        return not noisy and bool(super().filter(record))

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as a line."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 (a record's arguments may be anything)
            self.handleError(record)
        else:
            self._sink.write(line)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's own name)
        """Say which logger made a record that cannot be formatted; its arguments may be anything."""
        kind = getattr(sys.exc_info()[0], "__name__", "")
        get_log("telemetry").error("log_record_unreadable", source=record.name, error=kind)


def _lines_lost(count: int) -> None:
    get_log("telemetry").error("log_lines_lost", count=count)


def _of_request(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    request_id = _request_id.get()
    return event if request_id is None else {"request_id": request_id, **event}


def _rendered(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    return _JSON.encode(event)  # only what JSON can hold, because it is redacted


def _redacted(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The line as it will be written, what a reader looks for first of all at its beginning."""
    head = {"timestamp": event.pop("timestamp"), "level": event.pop("level")}
    return {**head, "event": redact_value(event.pop("event", None)), **redact_fields(event)}


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    get_log("process").error("uncaught_exception", exc_info=(kind, error, trace))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    error = args.exc_value or args.exc_type()
    get_log("process").error(
        "uncaught_exception_in_thread", exc_info=(args.exc_type, error, args.exc_traceback)
    )


_NOISY_PREFIXES = tuple(f"{name}." for name in NOISY)
_COMMON: tuple[Any, ...] = (
    _of_request,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
_LAST: tuple[Any, ...] = (
    structlog.processors.format_exc_info,
    _redacted,
    _rendered,
)

if not structlog.is_configured():
    _configure_own("warning", sink=Sink(tell=_lines_lost))
