"""gunicorn's threaded worker, held to a time for each request and to our own words.

gunicorn's own waits without end for the rest of a request, in one of its few threads, and answers what it
cannot read with a page of HTML that holds what was sent.
"""

from __future__ import annotations

import socket
import time
import uuid
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from scribepass.telemetry import get_log

from .headers import API_HEADERS
from .kinds import MEDIA_TYPE
from .problems import problem_of

__all__ = ["Worker"]

ARRIVAL_SECONDS = 10.0
"""From a request's first byte, whether a thread is free or not, to its last."""
ANSWER_SECONDS = 15.0
"""From the moment when a thread takes the request to the last byte of the answer."""
LINGER_SECONDS = 1.0
"""For a client to close, once it is told that we do."""
_LINGER_BYTES = 64 * 1024

_STATUSES: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (errors.LimitRequestLine, HTTPStatus.REQUEST_URI_TOO_LONG),
    (errors.LimitRequestHeaders, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    (errors.ExpectationFailed, HTTPStatus.EXPECTATION_FAILED),
    (errors.UnsupportedTransferCoding, HTTPStatus.NOT_IMPLEMENTED),
    (errors.ParseException, HTTPStatus.BAD_REQUEST),
)
_OURS = ("ConfigurationProblem", "InvalidResponseHeader", "InvalidResponseHeaderName")
"""Parse errors by name that are no client's fault; not every gunicorn has each."""

_log = get_log("worker")


class Worker(ThreadWorker):  # type: ignore[misc]
    """Serves whoever sends a whole request in time, however many others do not.

    All but `handle` and `handle_error` run in the worker's main thread.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 (gunicorn has no types)
        super().__init__(*args, **options)
        self._begun: dict[TConn, float] = {}  # in the order of their times
        self._taken: dict[TConn, float] = {}

    def enqueue_req(self, conn: TConn) -> None:
        """Give the connection to a thread; one that is still silent waits without any."""
        if self.cfg.keepalive and not conn.initialized and _silent(conn.sock):
            conn.set_timeout()
            self.keepalived_conns.append(conn)
            self.poller.register(conn.sock, EVENT_READ, partial(self.on_client_socket_readable, conn))
            return
        self._begun[conn] = time.monotonic()
        super().enqueue_req(conn)

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Take the connection back from its thread."""
        self._begun.pop(conn, None)
        self._taken.pop(conn, None)
        super().finish_request(conn, fs)

    def murder_keepalived(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        """Called at least once a second: close idle connections, and end requests that take too long."""
        super().murder_keepalived(*args, **options)
        now = time.monotonic()
        for conn, begun in self._begun.items():
            if now - begun < ARRIVAL_SECONDS:
                break
            # Whoever waits in recv or send then finds the end of the stream. What has arrived whole before
            # is still read and answered.
            late = now - self._taken.get(conn, now) >= ANSWER_SECONDS
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR if late else socket.SHUT_RD)

    def handle(self, conn: TConn) -> object:
        """Serve one request; whether the connection can be kept is what comes back."""
        self._taken[conn] = time.monotonic()
        kept = super().handle(conn)
        if kept is False:
            # gunicorn would wait for the client's end in the main thread, where everybody waits along.
            _linger(conn.sock)
        return kept

    def handle_error(self, req: object, client: socket.socket, addr: Any, exc: Exception) -> None:  # noqa: ANN401, ARG002
        """Answer a request that the application has not answered."""
        status, request_id = _status_of(exc), str(uuid.uuid4())
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("request_failed", request_id=request_id, exc_info=exc)
        else:
            kind, address = type(exc).__name__, addr[0] if addr else ""
            _log.info(
                "request_refused", status=status.value, error=kind, address=address, request_id=request_id
            )
        with suppress(OSError):
            util.write_nonblock(client, _answer(status, request_id=request_id))


def _status_of(error: Exception) -> HTTPStatus:
    if type(error).__name__ in _OURS:
        return HTTPStatus.INTERNAL_SERVER_ERROR
    found = (status for kind, status in _STATUSES if isinstance(error, kind))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def _answer(status: HTTPStatus, *, request_id: str) -> bytes:
    body = problem_of(status, request_id=request_id).encode()
    headers = {
        **API_HEADERS,
        "X-Request-Id": request_id,
        "Date": util.http_date(),
        "Connection": "close",
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
    }
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _silent(connection: socket.socket) -> bool:
    """Whether nothing has come yet, not even the end. The socket does not block."""
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _linger(connection: socket.socket) -> None:
    """Say that nothing more is sent, and give the client a moment to read and close (RFC 9112, 9.6)."""
    deadline, read = time.monotonic() + LINGER_SECONDS, 0
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while read < _LINGER_BYTES and (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            data = connection.recv(4096)
            if not data:
                break
            read += len(data)
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RD)
