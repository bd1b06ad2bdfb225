"""What the kernel says of a process: memory, CPU, file descriptors, threads, children."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a process holds at one moment."""

    rss: int
    fds: int
    threads: int
    children: int


def held(pid: int) -> Held:
    """What ``pid`` holds now; ``ProcessLookupError`` or ``FileNotFoundError`` when it is gone."""
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return Held(
        rss=int(status["VmRSS"].split()[0]) * KIB,
        fds=len(os.listdir(f"/proc/{pid}/fd")),  # noqa: PTH208 - the names are of no interest
        threads=int(status["Threads"]),
        children=len(list(descendants(pid))),
    )


def cpu(pid: int) -> float:
    """Seconds of CPU that ``pid`` and its descendants have used."""
    return sum(_of(_ticks, each) for each in (pid, *descendants(pid))) * TICK


def pss(pid: int) -> int:
    """Bytes of memory of ``pid`` and its descendants, what they share counted once."""
    return sum(_of(_pss, each) for each in (pid, *descendants(pid)))


def descendants(pid: int) -> Iterator[int]:
    """Children, and theirs, as far as they do not end meanwhile."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from descendants(int(child))


def _of(measure: Callable[[int], int], pid: int) -> int:
    try:
        return measure(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _ticks(pid: int) -> int:
    # The name in parentheses may hold anything; what is wanted stands after it.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * KIB
