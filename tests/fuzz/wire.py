"""Fuzzes a running local AWS over its sockets, through its checksums: ``make fuzz ARGS="--frames 100000"``.

Frames are counted as they are sent; most of them are examined, since a stream goes on until one is refused.
A good stream is held now and then. The run fails when a stream is answered wrongly, or not at all for a
minute, when the server ends or writes of an exception, or when it grows. Every talk has a seed of its own,
``SEED/SHARD/NUMBER``, which a failure names; ``--only`` says it again, alone.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import queue
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess
from pathlib import Path

if __name__ == "__main__":
    CHECKOUT = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(CHECKOUT / "service"), str(CHECKOUT / "tests")]

from fuzz.shard import Shard, Tally
from fuzz.transports import TRANSPORTS
from support.local_server import Served, served
from support.processes import Held, cpu, held

SCRIPT = '["one two"]'
LIMITS = {
    "concurrent_streams": 200,
    "starts_per_second": 10_000,
    "connections": 1000,
    "close_gap_seconds": 0.0,
    "sniff_seconds": 3.0,
    "open_seconds": 3.0,
    "http_idle_seconds": 3.0,
}
WARM = 1000
"""Streams after which the records that the server keeps of old ones are as many as they will be."""
GROWTH = 64 * 2**20
SPAWN = multiprocessing.get_context("spawn")


@dataclass(kw_only=True)
class Fuzz:
    """One run: ``frames`` to be sent by so many ``workers``, or as many as ``seconds`` allow."""

    frames: int
    seed: int
    workers: int = 1
    transport: str = "websocket"
    good_each: int = 250
    seconds: float = float("inf")
    report_seconds: float = 30.0
    tally: Tally = field(default_factory=Tally)
    warm: Held | None = None
    most: int = 0
    cpu: float = 0.0

    def run(self, folder: Path) -> list[str]:
        """Fuzz; what was wrong is returned."""
        script = folder / "script.json"
        script.write_text(SCRIPT)
        began = time.monotonic()
        with served(folder, recogniser=f"scripted:{script}", limits=LIMITS) as server:
            with self._shards(server) as queued:
                told = began
                while self.tally.frames < self.frames and not self.tally.wrong:
                    with contextlib.suppress(queue.Empty):
                        self.tally += queued.get(timeout=1)
                    self._look(server)
                    if time.monotonic() - told > self.report_seconds:
                        told = time.monotonic()
                        print(self.line(told - began), flush=True)
                    if time.monotonic() - began > self.seconds or server.process.poll() is not None:
                        break
            faults = [*self.tally.wrong, *server.troubles()[:10], *self._at_the_end(server)]
        print(self.line(time.monotonic() - began), flush=True)
        return faults

    def line(self, seconds: float) -> str:
        """How far it has come."""
        endings = ", ".join(f"{kind} {number:,}" for kind, number in self.tally.endings.most_common())
        return (
            f"{time.strftime('%H:%M:%S')} {self.tally.frames:,} frames on {self.tally.talks:,} streams, "
            f"{self.tally.good:,} good ones between, {self.tally.requests:,} damaged requests; "
            f"{self.tally.frames / seconds:,.0f} frames/s, {self.cpu:.0f} s of CPU; "
            f"RSS at most {self.most / 2**20:.0f} MiB, "
            f"{(self.warm.rss if self.warm else 0) / 2**20:.0f} when warm\n    {endings}"
        )

    def _look(self, server: Served) -> None:
        if server.process.poll() is not None:
            return
        now = held(server.process.pid)
        self.most = max(self.most, now.rss)
        self.cpu = cpu(server.process.pid)
        if self.warm is None and self.tally.talks >= WARM:
            self.warm = now

    def _at_the_end(self, server: Served) -> Iterator[str]:
        if server.process.poll() is not None:
            yield f"the server ended with {server.process.returncode}"
        elif not self.tally.good and not self.tally.wrong:
            yield "no good stream was held"
        if self.warm is not None and self.most > self.warm.rss + GROWTH:
            yield f"the server grew from {self.warm.rss:,} to {self.most:,} bytes"

    @contextlib.contextmanager
    def _shards(self, server: Served) -> Iterator["multiprocessing.Queue[Tally]"]:
        queued: multiprocessing.Queue[Tally] = SPAWN.Queue()
        processes: list[SpawnProcess] = []
        for number in range(self.workers):
            shard = Shard(
                endpoint=server.endpoint,
                seed=f"{self.seed}/{number}",
                transport=self.transport,
                good_each=self.good_each,
            )
            processes.append(SPAWN.Process(target=shard.work, args=(queued,), daemon=True))
            processes[-1].start()
        try:
            yield queued
        finally:
            for process in processes:
                process.terminate()
                process.join()


def once(talk: str, *, transport: str) -> None:
    """Say one talk again."""
    seed, _, number = talk.rpartition("/")
    with tempfile.TemporaryDirectory() as name:
        script = Path(name) / "script.json"
        script.write_text(SCRIPT)
        with served(Path(name), recogniser=f"scripted:{script}", limits=LIMITS) as server:
            shard = Shard(endpoint=server.endpoint, seed=seed, transport=transport)
            asyncio.run(shard.say(int(number)))
            print(shard.tally, *server.troubles(), sep="\n")


def main() -> int:
    """Exit status 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop then, whatever was sent")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes that send")
    parser.add_argument("--transport", choices=sorted(TRANSPORTS), default="websocket")
    parser.add_argument("--only", metavar="SEED/SHARD/NUMBER", help="say one talk again")
    given = parser.parse_args()
    if given.only:
        once(given.only, transport=given.transport)
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended too
    fuzz = Fuzz(
        frames=given.frames,
        seconds=given.seconds,
        seed=given.seed,
        workers=given.workers,
        transport=given.transport,
    )
    with tempfile.TemporaryDirectory() as folder:
        faults = fuzz.run(Path(folder))
    print("\n".join(faults) if faults else "nothing was wrong")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
