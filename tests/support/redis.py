"""redis-server as a real process on a free loopback port, and a wire to it that breaks in several ways."""

import select
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from support.stack import free_port
from support.tools import needs

READY_SECONDS = 20
SLOTS = 16384


class RedisServer:
    """A server that keeps nothing on disk: whoever kills it kills what it holds."""

    def __init__(self, folder: Path, *, cluster: bool = False) -> None:
        self.port = free_port()
        self.socket = folder / f"{self.port}.sock"
        self._cluster = cluster
        self._command = [
            needs("redis-server"),
            *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(folder)),
            *("--save", "", "--appendonly", "no", "--unixsocket", str(self.socket)),
        ]
        if cluster:
            self._command += ["--cluster-enabled", "yes", "--cluster-config-file", f"{self.port}.conf"]
            self._command += ["--cluster-port", str(free_port()), "--cluster-announce-ip", "127.0.0.1"]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis{'+cluster' if self._cluster else ''}://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        self._wait_for(b"PING", b"+PONG")
        if self._cluster and b"cluster_state:ok" not in self.ask(b"CLUSTER INFO"):
            self.ask(b"CLUSTER ADDSLOTSRANGE 0 %d" % (SLOTS - 1))
            self._wait_for(b"CLUSTER INFO", b"cluster_state:ok")

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """Connections are still accepted, by the kernel; nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def ask(self, command: bytes) -> bytes:
        """The raw answer to an inline command."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(command + b"\r\nQUIT\r\n")
            answer = b""
            while part := connection.recv(65536):
                answer += part
        return answer

    def keys(self) -> list[str]:
        return [line for line in self.ask(b"KEYS *").decode().splitlines() if line[:1] not in "*$+"]

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _wait_for(self, command: bytes, answer: bytes) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError):
                if answer in self.ask(command):
                    return
            time.sleep(0.01)
        raise AssertionError(f"redis-server never answered {command!r}")


@contextmanager
def running(folder: Path, *, cluster: bool = False) -> Iterator[RedisServer]:
    """A server until the block ends."""
    server = RedisServer(folder, cluster=cluster)
    try:
        server.start()
        yield server
    finally:
        server.close()


class Wire:
    """A TCP proxy: ``mode`` is pass, hole (accepts, never answers), slow (after ``delay`` s), reset, refuse.

    What it breaks on its way loses nothing of what the server holds.
    """

    def __init__(self, server: RedisServer, *, delay: float = 5.0) -> None:
        self.mode = "pass"
        self._delay = delay
        self._target = ("127.0.0.1", server.port)
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._closed.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            if select.select([self._listener], [], [], 0.02)[0]:
                thread = threading.Thread(target=self._serve, args=[self._listener.accept()[0]], daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            if self.mode == "refuse":
                return
            with socket.create_connection(self._target, timeout=1) as server:
                while not self._closed.is_set() and self._pump(client, server):
                    pass

    def _pump(self, client: socket.socket, server: socket.socket) -> bool:
        if self.mode == "refuse":
            return False
        if self.mode == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        for source in select.select([client, server], [], [], 0.02)[0]:
            if self.mode == "hole":
                self._closed.wait(0.02)
                return True
            if self.mode == "slow" and source is server:
                self._closed.wait(self._delay)
            if not (data := source.recv(65536)):
                return False
            (server if source is client else client).sendall(data)
        return True


@contextmanager
def wire(server: RedisServer, *, delay: float = 5.0) -> Iterator[Wire]:
    """A wire to ``server`` until the block ends."""
    made = Wire(server, delay=delay)
    try:
        yield made
    finally:
        made.close()
