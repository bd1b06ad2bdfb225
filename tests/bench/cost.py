"""CPU for a ticket: the service as shipped, beside a bare Flask route and a signing Express server.

What is measured is the CPU time (user and system) of each server's processes while they answer the same
requests over kept connections. A round asks each server in turn, so that a machine that slows down slows all.
"""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scribepass.callers.api_keys import new_key
from scribepass.callers.key_changes import add_key

from . import sections
from .environment import ASKED, settings

WANTED = 1.6
ROUNDS = 15
REQUESTS = 1000
CONNECTIONS = 4
START_SECONDS = 30

HERE = Path(__file__).parent
GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "python:scribepass.app.gunicorn_conf"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A process that listens, and whoever it has started."""

    process: subprocess.Popen[bytes]
    port: int

    def cpu(self) -> float:
        """Seconds that its processes have used so far."""
        ticks = sum(sum(_ticks(pid)) for pid in _family(self.process.pid))
        return ticks / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    # The name in parentheses may hold anything; what is wanted stands after it.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _ticks(pid: int) -> tuple[int, int]:
    fields = _stat(pid)
    return int(fields[11]), int(fields[12])


def _family(pid: int) -> Iterator[int]:
    yield pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in children:
        yield from _family(int(child))


@contextmanager
def running(command: list[str], *, port: int, environ: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """The server, once it listens."""
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(command, env=dict(environ), stdout=log, stderr=log, cwd=HERE.parents[1])
    try:
        _wait(port, process, folder / f"{port}.log")
        yield Server(process=process, port=port)
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                probe.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                status = probe.recv(12)[9:12]
        except OSError:
            status = b""
        if status in {b"200", b"404"}:
            return
        time.sleep(0.1)
    raise RuntimeError(f"no server on port {port}:\n{log.read_text(errors='replace')}")


class Load:
    """The same request over kept connections, in lockstep: send on all, then read from all."""

    def __init__(self, server: Server, *, key: str) -> None:
        body = json.dumps(ASKED).encode()
        head = (
            f"POST /presign HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nAccept: */*\r\n\r\n"
        )
        self._request = head.encode() + body
        self._sockets = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(CONNECTIONS)]
        for each in self._sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, count: int) -> int:
        """Ask that often; the size of the last body is returned."""
        size = 0
        for _ in range(count // CONNECTIONS):
            for each in self._sockets:
                each.sendall(self._request)
            for each in self._sockets:
                size = _answer(each)
        return size

    def close(self) -> None:
        for each in self._sockets:
            each.close()


def _answer(connection: socket.socket) -> int:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _received(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    if b" 201 " not in head[:14]:
        raise RuntimeError(f"no ticket: {data[:400]!r}")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2])
    while len(body) < length:
        body += _received(connection)
    return length


def _received(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        raise RuntimeError("the server hung up")
    return part


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure(folder: Path, *, key: str) -> tuple[dict[str, list[float]], int]:
    """Seconds of CPU for a request, round by round and server by server, and the size of a ticket."""
    with ExitStack() as stack:

        def start(command: list[str], **extra: str) -> Load:
            port = free_port()
            environ = settings(folder, port=port, operator_port=free_port()) | extra
            server = stack.enter_context(
                running(
                    [each.format(port=port) for each in command], port=port, environ=environ, folder=folder
                )
            )
            load = Load(server, key=key)
            stack.callback(load.close)
            servers[server] = load
            return load

        servers: dict[Server, Load] = {}
        size = start([*GUNICORN, "scribepass.app.wsgi:app"]).send(CONNECTIONS)
        start([*GUNICORN, "tests.bench.bare:app"], BENCH_ANSWER_BYTES=str(size))
        names = [OURS, BARE]
        if node := shutil.which("node"):
            start([node, str(HERE / "express.mjs"), "{port}"])
            names.append(EXPRESS)
        return dict(zip(names, _rounds(servers), strict=True)), size


def _rounds(servers: Mapping[Server, Load]) -> list[list[float]]:
    samples: list[list[float]] = [[] for _ in servers]
    for load in servers.values():
        load.send(REQUESTS)  # until everything is warm
    for _ in range(ROUNDS):
        for (server, load), found in zip(servers.items(), samples, strict=True):
            before = server.cpu()
            load.send(REQUESTS)
            found.append((server.cpu() - before) / REQUESTS)
    return samples


OURS = "scribepass under gunicorn, as shipped"
BARE = "a bare Flask route under the same"
EXPRESS = "Express with @smithy/signature-v4"


def report() -> None:
    """Print the table, and where the time goes."""
    with tempfile.TemporaryDirectory() as folder:
        key, record = new_key("bench", caller="bench")
        add_key(Path(folder) / "keys.json", record=record)
        samples, size = measure(Path(folder), key=key)
        shares = sections.measure(Path(folder), key=key)
    print(f"\nCPU of the server for a ticket of {size:,} bytes ({ROUNDS} rounds of {REQUESTS:,} requests)")
    print(f"{'':42}{'µs':>9}{'ratio':>9}{'wanted':>15}")
    for name, seconds in samples.items():
        # Round by round, because neighbours were measured under the same conditions.
        each = statistics.median(mine / theirs for mine, theirs in zip(samples[OURS], seconds, strict=True))
        goal = f"≤ {WANTED:g}" + ("" if each <= WANTED else ", missed") if name == BARE else ""
        print(f"{name:42}{statistics.median(seconds) * 1e6:9.0f}{each:9.2f}{goal:>15}".rstrip())
    if EXPRESS not in samples:
        print(f"{EXPRESS:42} not measured: node is not installed")
    sections.show(shares)


if __name__ == "__main__":
    report()
