"""What the operator's port answers: figures and readiness, with nothing secret and nobody's name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from scribepass.telemetry.exposition import CONTENT_TYPE, exposition, states

from .pulse import SERVICE

__all__ = ["SILENT_SECONDS", "Answer", "answer_to", "readiness_of"]

SILENT_SECONDS = 10.0
"""Without a pulse for so long, a worker hangs, and what it last said of itself does not count."""


class Answer(NamedTuple):
    """Status, body, and what the body is."""

    status: HTTPStatus
    body: bytes
    content_type: str = "application/json"

    @classmethod
    def of(cls, status: HTTPStatus, fields: Mapping[str, Any]) -> Answer:
        """An answer in JSON."""
        return cls(status, json.dumps(fields).encode())


def answer_to(path: str, *, folder: Path, now: float) -> Answer:
    """The answer to ``GET path``, from the figures in ``folder``; ``now`` is the wall clock's."""
    match path.partition("?")[0]:
        case "/metrics":
            return Answer(HTTPStatus.OK, exposition(folder), CONTENT_TYPE)
        case "/readyz":
            ready, fields = readiness_of(folder, now=now)
            return Answer.of(HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE, fields)
        case "/healthz":
            return Answer.of(HTTPStatus.OK, {"status": "ok"})
        case _:
            return Answer.of(HTTPStatus.NOT_FOUND, {"status": "not found"})


def readiness_of(folder: Path, *, now: float) -> tuple[bool, dict[str, Any]]:
    """Whether every worker can serve, and which part is missing in how many of them.

    Where no worker has said anything of late, nothing is ready.
    """
    every = states(folder)
    heard = [each.ready for each in every if now - each.pulse < SILENT_SECONDS]
    missing = {name: sum(not each.get(name) for each in heard) for each in heard for name in each}
    ready = bool(heard) and missing.pop(SERVICE, 1) == 0
    parts = {
        name: {"ready": not count, "workers_not_ready": count} for name, count in sorted(missing.items())
    }
    workers = {"alive": len(heard), "silent": len(every) - len(heard)}
    return ready, {"status": "ready" if ready else "not ready", "workers": workers, "parts": parts}
