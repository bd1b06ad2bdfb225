"""A small STS over real HTTP: it answers what it is told to, and keeps what it was asked."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLESTS"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE/TOKEN+with/every=kind==" * 12


def issued(
    *,
    life: float = 3600,
    secret: str = SECRET,
    token: str = TOKEN,
    now: datetime | None = None,
    **changed: str,
) -> str:
    """AssumeRole's answer, with members changed or, where empty, left out."""
    ends = ((now or datetime.now(UTC)) + timedelta(seconds=life)).strftime("%Y-%m-%dT%H:%M:%SZ")
    members = {
        "AccessKeyId": "ASIAEXAMPLE",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": ends,
    }
    body = "".join(f"<{name}>{value}</{name}>" for name, value in {**members, **changed}.items() if value)
    return (
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>'
        f"{body}</Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )


def refusal(code: str, message: str) -> str:
    """STS's way to say no."""
    error = f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
    return f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"


class Stub(ThreadingHTTPServer):
    """Set ``status``, ``body`` and ``kind``; read ``asked`` and ``authorization``.

    ``reply`` makes the body of each question, ``raw`` takes over the whole answer until ``stopping`` is set,
    and ``now`` is the server's clock, in POSIX time.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.status, self.body, self.kind = 200, issued(), "text/xml"
        self.reply: Callable[[dict[str, str]], str] | None = None
        self.raw: Callable[[BaseHTTPRequestHandler], None] | None = None
        self.now: Callable[[], float] = time.time
        self.stopping = threading.Event()
        self.asked: list[dict[str, str]] = []
        self.authorization: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Stub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = dict(parse_qsl(body.decode()))
        self.server.asked.append(asked)
        self._answer(self.server.reply(asked) if self.server.reply else self.server.body)

    def do_GET(self) -> None:
        self.server.asked.append({})
        self._answer(self.server.body)

    def _answer(self, text: str) -> None:
        self.server.authorization.append(self.headers.get("Authorization", ""))
        if self.server.raw is not None:
            with suppress(OSError):  # who asked has gone
                self.server.raw(self)
            self.close_connection = True
            return
        body = text.encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", self.server.kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(timestamp or self.server.now())

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def sts() -> Iterator[Stub]:
    """A stub that listens until the block ends."""
    with Stub() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            server.shutdown()
            thread.join()
