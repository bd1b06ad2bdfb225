"""What the service would write to stderr, as parsed lines."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from scribepass.telemetry import configure


class Lines:
    """The lines written since the beginning."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def all(self) -> list[dict[str, Any]]:
        """Every line; each must be one JSON object."""
        return [json.loads(line) for line in self.text.splitlines()]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.all if line["event"] == event]


@contextmanager
def captured(level: str = "debug") -> Iterator[Lines]:
    """Configure this process's logging as the service does, and undo it."""
    root, own = logging.getLogger(), structlog.get_config()
    handlers, root_level, hooks = root.handlers[:], root.level, (sys.excepthook, threading.excepthook)
    levels = {name: logging.getLogger(name).level for name in list(root.manager.loggerDict)}
    lines = Lines()
    configure(level, stream=lines.stream)
    try:
        yield lines
    finally:
        structlog.contextvars.clear_contextvars()
        structlog.configure(**own)
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(root_level)
        for name in list(root.manager.loggerDict):
            logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))
        sys.excepthook, threading.excepthook = hooks
