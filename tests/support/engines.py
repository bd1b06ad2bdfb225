"""Engines that misbehave, each in its own way. They live in a module so that children can import them."""

import os
import signal
import threading
import time
from dataclasses import dataclass

from scribepass.local.recognisers import Isolation, Options
from scribepass.transcribe import Alternative, Item, Result


def heard(text: str, *, number: int = 0, is_partial: bool = False) -> Result:
    """A result with one word."""
    item = Item(content=text, start_time=0.0, end_time=0.1)
    return Result(
        result_id=f"r{number}",
        start_time=0.0,
        end_time=0.1,
        is_partial=is_partial,
        alternatives=(Alternative(transcript=text, items=(item,)),),
    )


@dataclass(frozen=True)
class Counting:
    """Tells its process, then how many bytes it has heard; dies, fails or shouts where it is told to."""

    isolation: Isolation = "process"
    preload: str | None = "scribepass.local.recognisers.zygote"
    dies_at: int | None = None
    dies_at_end: bool = False
    fails_at: int | None = None
    fails_to_open: bool = False
    ignores_signals: bool = False
    seconds_each: float = 0.0
    shouts: int = 0
    name: str = "counting"
    languages: tuple[str, ...] = ()

    def open(self, options: Options) -> "Count":  # noqa: ARG002 - as Engine has it
        if self.fails_to_open:
            raise RuntimeError("the model cannot be read")
        if self.ignores_signals:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return Count(self)


class Count:
    def __init__(self, engine: Counting) -> None:
        self.engine = engine
        self.bytes = 0

    def feed(self, pcm: bytes) -> list[Result]:
        first = not self.bytes
        self.bytes += len(pcm)
        time.sleep(self.engine.seconds_each)
        if self.engine.dies_at is not None and self.bytes >= self.engine.dies_at:
            os._exit(3)
        if self.engine.fails_at is not None and self.bytes >= self.engine.fails_at:
            raise RuntimeError("a bug in the engine")
        if self.engine.shouts:
            return [heard("x" * self.engine.shouts)]
        return [heard(str(os.getpid()))] if first else []

    def finish(self) -> list[Result]:
        if self.engine.dies_at_end:
            os._exit(3)
        return [heard(str(self.bytes), number=1)]

    def close(self) -> None:
        pass


class Gate:
    """Holds up the recognisers behind it, and writes down what they do and in which thread."""

    def __init__(self, *, is_open: bool = False) -> None:
        self.entered = threading.Event()
        self.log: list[tuple[str, int]] = []
        self._passable = threading.Event()
        if is_open:
            self.open()

    def open(self) -> None:
        self._passable.set()

    def shut(self) -> None:
        self._passable.clear()

    def note(self, what: str) -> None:
        self.log.append((what, threading.get_ident()))

    def enter(self) -> None:
        self.entered.set()
        if not self._passable.wait(30):
            raise TimeoutError("nobody opened the gate")


class Gated:
    """Says how many bytes it has heard, in threads that wait at a gate."""

    name = "gated"
    languages: tuple[str, ...] = ()
    isolation: Isolation = "thread"
    preload: str | None = None

    def __init__(self, gate: Gate, *, opens_slowly: bool = False, fails: bool = False) -> None:
        self.gate = gate
        self.opens_slowly = opens_slowly
        self.fails = fails

    def open(self, options: Options) -> "Waiting":  # noqa: ARG002 - as Engine has it
        self.gate.note("open")
        if self.opens_slowly:
            self.gate.enter()
        return Waiting(self)


class Waiting:
    def __init__(self, engine: Gated) -> None:
        self.engine = engine
        self.bytes = 0

    def feed(self, pcm: bytes) -> list[Result]:
        self.engine.gate.note("feed")
        self.engine.gate.enter()
        if self.engine.fails:
            raise RuntimeError("a bug in the engine")
        self.bytes += len(pcm)
        return [heard(str(self.bytes))]

    def finish(self) -> list[Result]:
        self.engine.gate.note("finish")
        return [heard("the end")]

    def close(self) -> None:
        self.engine.gate.note("close")
