"""A local AWS in a process of its own, for what must be measured from outside.

``python -m support.local_server SETTINGS``, a JSON object: ``recogniser`` as ``--recogniser`` takes it or
``counting`` (a child process for each stream), ``limits``, ``core`` to be pinned to.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scribepass.local.limits import Limits
from scribepass.local.recognisers import Engine, named
from scribepass.local.server import serve
from scribepass.telemetry import configure

from .engines import Counting
from .stack import environment, stop, wait_until_printed

TESTS = Path(__file__).resolve().parents[1]
LISTENING = "listening on "
TROUBLE = (
    "Traceback",
    "stream_broken",
    "never retrieved",
    "Exception in callback",
    "parser failed",
    '"level": "error"',
)
"""Words that a sound server never writes, whatever its clients do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running local AWS: the part of its address that URLs are made with, its process and what it wrote."""

    endpoint: str
    process: subprocess.Popen[bytes]
    log: Path

    def troubles(self) -> list[str]:
        """Lines of the log that should not be there."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if any(word in line for word in TROUBLE)]


@contextmanager
def served(
    folder: Path,
    *,
    recogniser: str,
    limits: Mapping[str, float] | None = None,
    core: int | None = None,
) -> Iterator[Served]:
    """A local AWS that listens, until the block ends."""
    log = folder / "local.log"
    settings = {"recogniser": recogniser, "limits": dict(limits or {}), "core": core}
    command = [sys.executable, "-m", "support.local_server", json.dumps(settings)]
    environ = environment(PYTHONPATH=os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]))
    with log.open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink, env=environ, cwd=folder)
        try:
            wait_until_printed(LISTENING, process, log)
            port = log.read_text().partition(LISTENING)[2].split()[0]
            yield Served(endpoint=f"ws://127.0.0.1:{port}", process=process, log=log)
        finally:
            stop(process)


async def main(settings: Mapping[str, object]) -> None:
    """Serve until a signal comes."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    limits = Limits(**settings["limits"])  # type: ignore[arg-type]
    async with serve(port=0, recogniser=_engine(str(settings["recogniser"])), limits=limits) as local:
        print(f"{LISTENING}{local.port}", flush=True)
        await stopped.wait()


def _engine(name: str) -> Engine:
    return Counting() if name == "counting" else named(name)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    if given["core"] is not None:
        os.sched_setaffinity(0, {given["core"]})
    configure("warning")
    asyncio.run(main(given))
