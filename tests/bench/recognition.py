"""How many real-time pocketsphinx streams a core holds.

pocketsphinx answers when it has heard a word, not a chunk. A stream is late by how long its results come
after the end of the audio that they cover; it keeps up when it is over a second after the end of its audio.
"""

import asyncio
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from support.local_server import served
from support.processes import cpu, pss
from support.shared import SHARED
from support.speech import pcm_of

from .cores import SERVER_CORE, apart
from .real_time import CHUNK_BYTES, CHUNK_SECONDS, Speaking, due_in_turn

MOST_SPEAKERS = 6
CLIPS = ("goforward", "arctic_aew_a0003", "librivox_sense_0880", "jfk", "sr_english", "aws_sdk")
DRAINED_SECONDS = 1.0


def speech() -> bytes:
    """Half a minute of several people, with the pauses of their recordings."""
    return b"".join(pcm_of(SHARED / "audio" / f"{name}.wav") for name in CLIPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """So many pocketsphinx streams on one core: lateness of their results, and of their ends."""

    streams: int
    late: list[float]
    drained: list[float]
    cpu: float
    memory: float

    @property
    def keeps_up(self) -> bool:
        return max(self.drained) <= DRAINED_SECONDS


def recognition(*, streams: int, pcm: bytes) -> Recognition:
    """Let so many people speak at once to pocketsphinx."""
    with tempfile.TemporaryDirectory() as folder:
        limits = {"recognition_processes": streams}
        with (
            apart(),
            served(Path(folder), recogniser="pocketsphinx", limits=limits, core=SERVER_CORE) as server,
        ):
            pid = server.process.pid
            return asyncio.run(_recognition(server.endpoint, pid, streams=streams, pcm=pcm))


async def _recognition(endpoint: str, pid: int, *, streams: int, pcm: bytes) -> Recognition:
    warm = await Speaking.open(endpoint, pcm[:CHUNK_BYTES])  # the model is loaded for the first
    await asyncio.gather(warm.speak(0.0), warm.end())
    empty = pss(pid)
    speakers = [await Speaking.open(endpoint, pcm) for _ in range(streams)]
    before = cpu(pid)
    spoken = [
        asyncio.create_task(each.speak(due)) for each, due in zip(speakers, due_in_turn(streams), strict=True)
    ]
    await asyncio.sleep(len(pcm) / CHUNK_BYTES * CHUNK_SECONDS * 0.8)
    memory, used = (pss(pid) - empty) / streams, cpu(pid) - before
    await asyncio.gather(*spoken)
    drained = await asyncio.gather(*(each.end() for each in speakers))
    return Recognition(
        streams=streams,
        late=[late for each in speakers for late in each.late()],
        drained=list(drained),
        cpu=used / (streams * len(pcm) / CHUNK_BYTES * CHUNK_SECONDS * 0.8),
        memory=memory,
    )


def report() -> None:
    """Print how many streams of speech a core holds."""
    if not (SHARED / "audio").exists():
        print("\npocketsphinx streams: not measured, there is no speech beside this checkout")
        return
    pcm = speech()
    print(f"\nreal-time pocketsphinx streams on one core, {len(pcm) / 32_000:.0f} s of speech each")
    print(f"{'streams':9}{'p50 s':>9}{'p95 s':>9}{'last s':>9}{'CPU/s':>9}{'MiB each':>10}   keeps up")
    for streams in range(1, MOST_SPEAKERS + 1):
        one = recognition(streams=streams, pcm=pcm)
        cuts = statistics.quantiles(one.late, n=20)
        figures = (cuts[9], cuts[18], max(one.drained), one.cpu)
        columns = "".join(f"{each:9.2f}" for each in figures)
        print(f"{streams:<9}{columns}{one.memory / 2**20:10.1f}   {'yes' if one.keeps_up else 'no'}")


if __name__ == "__main__":
    report()
