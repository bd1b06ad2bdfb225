"""A local AWS that is visited without a pause by good, faulty, vanishing and refused clients.

Memory, file descriptors, threads and child processes of the server are sampled all the while. At rest,
before and after, it must hold the same; in between, no line through its memory may rise by more than 4 MiB.
Its engine has a child process for each stream.
"""

import argparse
import asyncio
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from support.local_server import Served, served
from support.processes import Held, held, pss

from .clients import VISITS

LIMITS = {
    "concurrent_streams": 60,
    "starts_per_second": 10_000,
    "connections": 120,
    "recognition_processes": 6,
    "close_gap_seconds": 0.01,
    "sniff_seconds": 15.0,
    "open_seconds": 15.0,
    "close_seconds": 15.0,
}
VISITORS = 10
WARM = 500
"""Visits until every cache is full; 256 streams are on record, for one."""
RISE = 4 * 2**20
REST_SECONDS = 60.0


@dataclass(kw_only=True)
class LocalSoak:
    """So many ``minutes`` of visits after the warm-up. What was wrong stands in ``faults``."""

    minutes: float
    folder: Path
    warm: int = WARM
    most: float = RISE
    samples: list[tuple[float, Held]] = field(default_factory=list)
    visits: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Soak, and print the figures."""
        with served(self.folder, recogniser="counting", limits=LIMITS) as server:
            asyncio.run(self._run(server))
            self.faults += server.troubles()[:10]

    async def _run(self, server: Served) -> None:
        pid = server.process.pid
        await self._visited(server, until=lambda: self.visits.total() >= self.warm)
        before, before_pss = await at_rest(pid), pss(pid)
        ends = time.monotonic() + self.minutes * 60
        self.samples.clear()
        await self._visited(server, until=lambda: time.monotonic() > ends)
        if self.faults:
            return
        after, after_pss = await at_rest(pid), pss(pid)
        self._compare(before, after)
        print(f"visits: {dict(self.visits)}")
        print(f"at rest before: {before}, PSS of all {before_pss:,}")
        print(f"at rest after:  {after}, PSS of all {after_pss:,}")
        print(self._summary())

    async def _visited(self, server: Served, *, until: Callable[[], bool]) -> None:
        done = asyncio.Event()
        visitors = [asyncio.create_task(self._visitor(server.endpoint, done)) for _ in range(VISITORS)]
        while not (self.faults or until()):
            await asyncio.sleep(min(1.0, self.minutes * 60 / 40))
            self.samples.append((time.monotonic(), held(server.process.pid)))
        done.set()
        await asyncio.gather(*visitors)

    async def _visitor(self, endpoint: str, done: asyncio.Event) -> None:
        kinds, weights = list(VISITS), list(VISITS.values())
        while not done.is_set():
            (visit,) = random.choices(kinds, weights)
            try:
                await visit(endpoint)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what the soak is for
                self.faults.append(f"{visit.__name__}: {type(error).__name__}: {error}")
                return
            self.visits[visit.__name__] += 1

    def _compare(self, before: Held, after: Held) -> None:
        for what in ("fds", "threads", "children"):
            was, now = getattr(before, what), getattr(after, what)
            if now > was:
                self.faults.append(f"{what}: {was} at rest before, {now} after")
        if (rise := self.rise()) > self.most:
            self.faults.append(f"memory rose by {rise:,.0f} bytes")

    def rise(self) -> float:
        """By how much a straight line through the samples of the memory rises from the first to the last."""
        times, sizes = [at for at, _ in self.samples], [each.rss for _, each in self.samples]
        slope: float = statistics.linear_regression(times, sizes).slope
        return slope * (times[-1] - times[0])

    def _summary(self) -> str:
        ranges = []
        for what in ("rss", "fds", "threads", "children"):
            values = [getattr(each, what) for _, each in self.samples]
            ranges.append(f"{what} {min(values):,} to {max(values):,}")
        minutes = (self.samples[-1][0] - self.samples[0][0]) / 60
        figures = f"{minutes:.1f} minutes, {len(self.samples)} samples: {', '.join(ranges)}"
        return f"{figures}; memory rose by {self.rise():,.0f} bytes"


async def at_rest(pid: int) -> Held:
    """What the server holds once nobody is there and it has held the same for two seconds."""
    ends, last = time.monotonic() + REST_SECONDS, [held(pid)]
    while time.monotonic() < ends:
        await asyncio.sleep(0.2)
        last = [*last[-10:], held(pid)]
        if len(last) > 10 and len({(each.fds, each.threads, each.children) for each in last}) == 1:
            break
    return last[-1]


def main(arguments: Sequence[str]) -> int:
    """Exit status 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak local", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="after the warm-up (60)")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended too
    with tempfile.TemporaryDirectory() as folder:
        soak = LocalSoak(minutes=given.minutes, folder=Path(folder))
        soak.run()
    print("\n".join(soak.faults) or "every promise was kept")
    return int(bool(soak.faults))
