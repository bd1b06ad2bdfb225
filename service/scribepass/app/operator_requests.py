"""One request on the operator's port: read within bounds, answered without anything of what was sent."""

from __future__ import annotations

import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase
from pathlib import Path
from typing import Any, cast

from scribepass.telemetry import get_log

from .operator_answers import Answer, answer_to

__all__ = ["Handler"]

_HEAD_BYTES = 8192
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Connection": "close"}

_log = get_log("operator")


class Handler(BaseHTTPRequestHandler):
    """One request of one connection, answered from the figures in ``folder``."""

    raw_requestline: bytes

    def __init__(self, *connection: Any, folder: Path) -> None:  # noqa: ANN401 (the library's own)
        self._folder = folder
        super().__init__(*connection)

    def setup(self) -> None:
        """Read no more than a request needs."""
        super().setup()
        self.rfile = cast("Any", _Head(self.rfile))

    def parse_request(self) -> bool:
        """Read the rest, unless the first line is all that may be read."""
        if self.raw_requestline.endswith(b"\n"):
            return super().parse_request()
        self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
        return False

    def do_GET(self) -> None:
        """Answer what there is."""
        try:
            answer = answer_to(self.path, folder=self._folder, now=time.time())
        except Exception:  # noqa: BLE001 (whoever asks must hear that it failed)
            _log.error("operator_port_failed", exc_info=True)
            answer = _said(HTTPStatus.INTERNAL_SERVER_ERROR)
        self._send(answer)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Refuse, with nothing of what was sent: the library's own page would show it."""
        status = HTTPStatus(code)
        unknown = status is HTTPStatus.NOT_IMPLEMENTED
        self._send(_said(HTTPStatus.METHOD_NOT_ALLOWED if unknown else status))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        """Nothing: there is no access log here either."""

    def _send(self, answer: Answer) -> None:
        self.request_version = self.protocol_version  # else HTTP/0.9, without headers, where it was not read
        self.send_response_only(answer.status)
        if answer.status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET")
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


def _said(status: HTTPStatus) -> Answer:
    return Answer.of(status, {"status": status.phrase.lower()})


class _Head:
    """The beginning of a stream, which ends after so many bytes."""

    def __init__(self, stream: BufferedIOBase) -> None:
        self._stream = stream
        self._left = _HEAD_BYTES

    def readline(self, limit: int = -1) -> bytes:
        """A line, or as much of it as may still be read."""
        line = self._stream.readline(min(limit, self._left) if limit >= 0 else self._left)
        self._left -= len(line)
        return line

    def close(self) -> None:
        """Let go of the stream."""
        self._stream.close()
