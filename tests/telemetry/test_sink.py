"""The end of the log: what cannot be written is lost and counted, and nobody waits for it."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from scribepass.telemetry import configure
from scribepass.telemetry.sink import Sink
from support.logs import Lines


class Pipe:
    """A pipe, written through a text stream as stderr is."""

    def __init__(self) -> None:
        self.reader, writer = os.pipe()
        self.stream = os.fdopen(writer, "w")

    def fill(self) -> None:
        """Write until nothing more goes in."""
        descriptor = self.stream.fileno()
        os.set_blocking(descriptor, False)
        try:
            while True:
                os.write(descriptor, b"." * 4096)
        except BlockingIOError:
            os.set_blocking(descriptor, True)

    def drain(self) -> bytes:
        """Whatever is in it."""
        os.set_blocking(self.reader, False)
        found = b""
        try:
            while piece := os.read(self.reader, 65536):
                found += piece
        except BlockingIOError:
            pass
        return found


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.stream.close()
    try:
        os.close(made.reader)
    except OSError:
        assert made.reader  # a test has closed it


def made(stream: TextIO | None, told: list[int]) -> Sink:
    return Sink(stream, tell=told.append, patience=0.01)


def test_without_a_reader_lines_are_lost(pipe: Pipe) -> None:
    """A broken pipe raises nothing; each line is counted."""
    told: list[int] = []
    sink = made(pipe.stream, told)
    os.close(pipe.reader)
    for _ in range(3):
        sink.write("line")
    assert (sink.lost, told) == (3, [])


def test_on_a_full_disk_lines_are_lost() -> None:
    """ENOSPC raises nothing, neither at the write nor when the stream is closed."""
    with open("/dev/full", "w") as full:  # noqa: PTH123
        sink = made(full, [])
        sink.write("line")
        assert sink.lost == 1


def test_nobody_waits_for_a_reader_that_does_not_read(pipe: Pipe) -> None:
    """A full pipe takes nothing; once it is read, lines go in again, after the number of those lost."""
    told: list[int] = []
    sink = made(pipe.stream, told)
    pipe.fill()
    sink.write("one")
    sink.write("two")
    assert (sink.lost, told) == (2, [])
    pipe.drain()
    sink.write("three")
    assert (sink.lost, told) == (0, [2])
    assert pipe.drain() == b"three\n"


def test_a_line_that_broke_off_does_not_spoil_the_next(pipe: Pipe) -> None:
    """What was written of it keeps a line of its own."""
    sink = made(pipe.stream, [])
    sink.write("x" * 1_000_000)
    assert sink.lost == 1
    torn = pipe.drain()
    assert 0 < len(torn) < 1_000_000
    sink.write("next")
    assert pipe.drain() == b"\nnext\n"


def test_a_long_line_arrives_whole(pipe: Pipe) -> None:
    """However many pieces a pipe takes it in, while somebody reads."""
    sink = Sink(pipe.stream, tell=[].append)
    found: list[bytes] = []

    def read() -> None:
        while not found or not found[-1].endswith(b"\n"):
            found.append(os.read(pipe.reader, 65536))

    reader = threading.Thread(target=read)
    reader.start()
    sink.write("x" * 300_000)
    reader.join()
    assert b"".join(found) == b"x" * 300_000 + b"\n"


def test_a_closed_stream_and_no_stream_are_the_same(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without stderr logs nothing, and runs."""
    pipe.stream.close()
    closed = made(pipe.stream, [])
    closed.write("line")
    monkeypatch.setattr(sys, "stderr", None)
    absent = made(None, [])
    absent.write("line")
    assert closed.lost == absent.lost == 1


def test_a_lock_that_is_never_released_costs_a_line(pipe: Pipe) -> None:
    """A child may be forked while another thread writes; its lock would be held for ever."""
    sink = made(pipe.stream, [])
    with sink._lock:
        sink.write("line")
    assert sink.lost == 1


def test_the_log_says_how_many_lines_were_lost(log: Lines, pipe: Pipe) -> None:
    """By every way in, of our own and of other libraries: nothing is raised, and the count is told."""
    import logging

    from scribepass.telemetry import get_log

    configure("info", stream=pipe.stream)
    pipe.fill()
    get_log("app").warning("one")
    logging.getLogger("library").warning("two")
    pipe.drain()
    get_log("app").warning("three")
    lines = pipe.drain().decode().splitlines()
    assert [name in line for name, line in zip(["three", "log_lines_lost"], lines, strict=True)] == [
        True,
        True,
    ]
    assert '"count": 2' in lines[1]
    assert log.text == ""


PROGRAM = """
import logging, sys, threading
from scribepass.telemetry import configure, get_log

configure()
get_log("app").info("before")
sys.stdin.readline()
get_log("app").info("after")
logging.getLogger("library").error("after")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
print("alive", flush=True)
"""


def test_a_process_outlives_the_reader_of_its_log() -> None:
    """The log goes to a pipe whose reader is killed: work goes on, and the process ends well."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        assert "before" in process.stderr.readline()
        process.stderr.close()
        process.stdin.write("\n")
        process.stdin.close()
        assert process.stdout.read() == "alive\n"
    assert process.returncode == 0
