"""prometheus_client as a worker has it: with a folder that several processes share."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scribepass.telemetry.exposition import exposition
from scribepass.telemetry.folder import prepare
from scribepass.telemetry.library import library

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def shared_folder(folder: Path) -> Iterator[Path]:
    """``folder`` for the figures of this process and its children, until the block ends.

    The library looks for the variable only as it is imported, so it is imported anew.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(folder))
        for name in _imported():
            patch.delitem(sys.modules, name)
        folder.mkdir(exist_ok=True)
        prepare(folder, owner=(os.getuid(), os.getgid()))
        yield folder
        library().values.close_all_multiprocess_files()
        for name in _imported():
            del sys.modules[name]


def _imported() -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] == "prometheus_client"]


def figures(text: bytes) -> dict[str, float]:
    """The figures of an exposition by series, as it is written there."""
    lines = [line for line in text.decode().splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def figures_in(folder: Path) -> dict[str, float]:
    """What `/metrics` would show of ``folder``."""
    return figures(exposition(folder))


def freeze(pid: int) -> None:
    """Stop the process, and wait until each of its threads has stopped; `signal.SIGCONT` goes on with it."""
    os.kill(pid, signal.SIGSTOP)
    while any(_state(each) != "T" for each in Path(f"/proc/{pid}/task").iterdir()):
        time.sleep(0.001)


def _state(task: Path) -> str:
    return (task / "stat").read_text().rpartition(")")[2].split()[0]
