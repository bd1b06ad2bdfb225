"""The worker against clients that send, read or close slowly: a real gunicorn with shorter times."""

import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from support.gunicorn import LOCAL, Running, running
from support.service import QUERY

ARRIVAL, ANSWER = 2, 3
QUICK = f"""
import sys
from scribepass.app import worker
worker.ARRIVAL_SECONDS, worker.ANSWER_SECONDS = {ARRIVAL}, {ANSWER}
from gunicorn.app.wsgiapp import run
sys.exit(run())
"""
COMMAND = [
    sys.executable, "-c", QUICK, "-c", "python:scribepass.app.gunicorn_conf", "scribepass.app.wsgi:app",
]  # fmt: skip
ASKING = f"GET /presign?{QUERY} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
HALF_BODY = (
    b"POST /presign HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 90\r\n\r\n{}"
)
HALF_CHUNK = HALF_BODY.replace(b"Content-Length: 90", b"Transfer-Encoding: chunked").replace(
    b"{}", b"9\r\n{}"
)
LARGE = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One worker of four threads, and a page with a file that no buffer holds."""
    folder = tmp_path_factory.mktemp("worker")
    (folder / "web" / "page").mkdir(parents=True)
    (folder / "web" / "index.html").touch()
    with (folder / "web" / "page" / "large.js").open("wb") as file:
        file.truncate(LARGE)
    few = {"SCRIBEPASS_WORKERS": "1", "SCRIBEPASS_THREADS": "4", "SCRIBEPASS_PAGE_DIR": str(folder / "web")}
    with running(folder, command=COMMAND, **LOCAL, **few) as it:
        yield it


def answered(connection: socket.socket) -> int:
    """The status of one answer, all of which is read."""
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(1)
        assert part, "closed without an answer"
        head += part
    length = next(
        int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length:")
    )
    while length:
        length -= len(connection.recv(min(length, 65536)))
    return int(head.split()[1])


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: local", id="half a head"),
        pytest.param(HALF_BODY, id="half a body"),
        pytest.param(HALF_CHUNK, id="half a chunk"),
        pytest.param(b"nonsense\r\n\r\n", id="nonsense"),
        pytest.param(b"GET /page/large.js HTTP/1.1\r\nHost: localhost\r\n\r\n", id="no reading"),
    ],
)
def test_those_who_never_finish_stop_nobody(it: Running, sent: bytes) -> None:
    """Five times as many as there are threads: everybody else is answered, then and afterwards."""
    with ExitStack() as held:
        for _ in range(20):
            held.enter_context(it.connect()).sendall(sent)
        for _ in range(3):
            with it.connect() as connection:
                connection.sendall(ASKING)
                assert answered(connection) == 200
    assert "Traceback" not in it.log.read_text()


@pytest.mark.parametrize("sent", [HALF_BODY, HALF_CHUNK], ids=["length", "chunked"])
def test_half_a_body_is_refused_in_words(it: Running, sent: bytes) -> None:
    """408, when its time is over, and the connection ends."""
    head, _, body = it.raw(sent).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert json.loads(body)["code"] == "request_incomplete"


def test_a_body_that_ends_early_is_not_taken_for_whole(it: Running) -> None:
    """Also where what has come would be a request by itself."""
    body = json.dumps({"language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16000}).encode()
    with it.connect() as connection:
        connection.sendall(HALF_BODY[:-2] + body)
        connection.shutdown(socket.SHUT_WR)
        assert answered(connection) == 408


def test_an_idle_connection_is_kept(it: Running) -> None:
    """Longer than a request may take, before the first request and between two."""
    with it.connect() as connection:
        for _ in range(2):
            time.sleep(ANSWER + 1)  # the promise is about time
            connection.sendall(ASKING)
            assert answered(connection) == 200


def test_a_slow_client_that_is_alive_is_served(it: Running) -> None:
    """In small pieces, but in time."""
    with it.connect() as connection:
        for at in range(0, len(ASKING), 20):
            connection.sendall(ASKING[at : at + 20])
            time.sleep(0.1)  # what a slow line does
        assert answered(connection) == 200


def test_a_drip_is_not_a_way_to_stay(it: Running) -> None:
    """The time is that of the whole request; a byte now and then does not begin it anew."""
    with it.connect() as connection, pytest.raises(OSError, match=r"reset|pipe"):  # noqa: PT012
        deadline = time.monotonic() + 20
        connection.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        while time.monotonic() < deadline:
            connection.sendall(b"a")
            time.sleep(0.2)
