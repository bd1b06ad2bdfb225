"""The operator's port: metrics, and readiness with its reasons. Never on the port that callers know.

gunicorn's master binds it before it forks, and each worker answers in threads of its own, from the files
of all of them: whichever worker is alive knows everything, and no thread that serves callers is used.

There is no authentication, nothing secret, and nobody's name: whoever can connect may read. Bind it to
loopback, or to an address that only the monitoring reaches.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from socketserver import TCPServer
from typing import Any

from scribepass.telemetry import get_log

from .operator_requests import Handler

__all__ = ["OperatorPort", "bound"]

_AT_ONCE = 8  # connections in each worker
_CONNECTION_SECONDS = 5.0

_log = get_log("operator")


class OperatorPort:
    """The port, bound. `serve` in each process that is to answer; the figures are those of ``folder``."""

    def __init__(self, listener: socket.socket, *, folder: Path) -> None:
        listener.setblocking(False)  # each process is woken, and one of them gets the connection
        self.listener = listener
        self.folder = folder
        self._server = _Server(listener, folder=folder)
        self._thread: threading.Thread | None = None

    def serve(self) -> None:
        """Answer from here on, in daemon threads of this process."""
        self._thread = threading.Thread(target=self._server.serve_forever, name="operator", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End what `serve` began in this process, and let go of the port."""
        if self._thread is not None:
            self._server.shutdown()
        self._server.server_close()


def bound(address: str) -> socket.socket:
    """A socket that listens on HOST:PORT or [IPv6]:PORT.

    Raises:
        OSError: it is in use, or not an address of this machine.
    """
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family)


class _Server(TCPServer):
    """As many connections at once as there are slots, each for so long; whoever comes then waits."""

    def __init__(self, listener: socket.socket, *, folder: Path) -> None:
        # Not the constructor of TCPServer, which would make another socket.
        super(TCPServer, self).__init__(listener.getsockname(), partial(Handler, folder=folder))
        self.socket = listener
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._open: dict[socket.socket, float] = {}

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept, if there is a slot."""
        if not self._slots.acquire(timeout=0.1):
            raise BlockingIOError
        try:
            return super().get_request()
        except OSError:  # another process was faster
            self._slots.release()
            raise

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 (a socket)
        """Answer in a thread of its own."""
        request.setblocking(True)
        self._open[request] = time.monotonic()
        threading.Thread(
            target=self._answer, args=(request, client_address), name="operator", daemon=True
        ).start()

    def service_actions(self) -> None:
        """Called at least twice a second: end connections that take too long."""
        now = time.monotonic()
        for connection, begun in list(self._open.items()):
            if now - begun > _CONNECTION_SECONDS:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 (a socket)
        """Close the connection, and give its slot to another."""
        self._open.pop(request, None)
        super().shutdown_request(request)
        self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002
        """Say what failed; nobody who asks is told."""
        _log.error("operator_port_failed", exc_info=True)

    def _answer(self, request: socket.socket, client_address: object) -> None:
        try:
            with suppress(OSError):  # the client has gone, or was sent away
                self.finish_request(request, client_address)
        except Exception:  # noqa: BLE001 (a thread's last word)
            self.handle_error(request, client_address)
        finally:
            self.shutdown_request(request)
