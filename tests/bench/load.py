"""Real-time streams on one core: how late their chunks are answered, what they cost, what they weigh.

The server is pinned to one core, the generator to another. Each of many WebSockets sends 100 ms of audio
every 100 ms, their phases spread evenly. The scripted engine says a word every 100 ms of audio, so every
chunk causes exactly one partial, and a chunk is as late as that partial comes after the moment at which the
chunk was due to be sent: what the generator is late itself counts as well, and is shown beside it.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.local_server import served
from support.processes import cpu, pss

from .cores import SERVER_CORE, apart
from .real_time import CHUNK_BYTES, CHUNK_SECONDS, Timed, due_in_turn

STREAMS = 200
SECONDS = 20.0
LATE_MS = 100.0
REFERENCE_US = 100.0
"""Of the reference server in ``local-endpoint.md``, which said one event to 5 chunks: 1.20 s for 12,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one run with the scripted engine has shown. Times in seconds, memory in bytes a stream."""

    late: list[float]
    sent_late: list[float]
    cpu: float
    opened: float
    heard: float

    def row(self, name: str, values: Sequence[float]) -> str:
        cuts = statistics.quantiles(values, n=100)
        figures = (cuts[49], cuts[94], cuts[98], max(values))
        return f"{name:46}" + "".join(f"{each * 1e3:9.1f}" for each in figures)


def script(folder: Path, *, words: int) -> str:
    """The engine that says a word every 100 ms, ten to a line."""
    lines = [
        {"text": " ".join(["word"] * 10), "start": float(second), "end": second + 1.0}
        for second in range(words // 10 + 2)
    ]
    path = folder / "script.json"
    path.write_text(json.dumps(lines))
    return f"scripted:{path}"


def load(*, streams: int, seconds: float) -> Load:
    """So many streams for so long."""
    with tempfile.TemporaryDirectory() as folder:
        limits = {
            "concurrent_streams": streams + 10,
            "connections": streams + 10,
            "starts_per_second": streams + 10,
        }
        recogniser = script(Path(folder), words=round(seconds / CHUNK_SECONDS))
        with apart(), served(Path(folder), recogniser=recogniser, limits=limits, core=SERVER_CORE) as server:
            found = asyncio.run(_load(server.endpoint, server.process.pid, streams=streams, seconds=seconds))
            if troubles := server.troubles():
                raise RuntimeError(troubles[0])
    return found


async def _load(endpoint: str, pid: int, *, streams: int, seconds: float) -> Load:
    empty = pss(pid)
    pcm = bytes(round(seconds / CHUNK_SECONDS) * CHUNK_BYTES)
    speakers = [await Timed.open(endpoint, pcm) for _ in range(streams)]
    opened, before = pss(pid), cpu(pid)
    await asyncio.gather(*(each.speak(due) for each, due in zip(speakers, due_in_turn(streams), strict=True)))
    used, heard = cpu(pid) - before, pss(pid)
    await asyncio.gather(*(each.end() for each in speakers))
    return Load(
        late=[each for speaker in speakers for each in speaker.late()],
        sent_late=[each for speaker in speakers for each in speaker.sent_late],
        cpu=used / (streams * len(pcm) / CHUNK_BYTES),
        opened=(opened - empty) / streams,
        heard=(heard - opened) / streams,
    )


def report() -> bool:
    """Print both tables; true when no chunk was late."""
    print(f"\nload average when this began: {os.getloadavg()[0]:.1f}")
    found = load(streams=STREAMS, seconds=SECONDS)
    late = sum(each * 1e3 > LATE_MS for each in found.late)
    print(f"{STREAMS} real-time WebSocket streams on one core, {len(found.late):,} chunks of 100 ms")
    print(f"{'':46}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    print(found.row("chunk due to partial received", found.late))
    print(found.row("of that: the generator's own lateness", found.sent_late))
    print(f"{f'chunks later than {LATE_MS:.0f} ms':46}{late:9,}")
    print(f"{'CPU of the server for a chunk, µs':46}{found.cpu * 1e6:9.0f}   (reference: {REFERENCE_US:.0f})")
    print(f"{'memory of an open stream, KiB':46}{found.opened / 1024:9.0f}")
    print(f"{f'its record after {SECONDS:.0f} s of audio, KiB more':46}{found.heard / 1024:9.0f}")
    return not late


if __name__ == "__main__":
    sys.exit(not report())
