"""The folder where the processes of one service put their figures: made, tidied, taken away.

Each process writes files of its own there, named by its pid (prometheus_client's multi-process mode), so a
process that hangs or dies takes nothing away from what the others show. What a dead one has counted is
added to one file of all the dead: a service that replaces its workers for years keeps few files.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .library import library

__all__ = ["PATIENCE", "bury", "held", "make_folder", "prepare", "remove_folder", "reserve", "values_of"]

PATIENCE = 1.0
"""Seconds that a reader waits for the file of the dead."""

_LOCK = "lock"
_ADDED = ("counter", "histogram")
_KINDS = (*_ADDED, "gauge_livemin", "gauge_livemax", "gauge_livemostrecent")
_BYTES = 1 << 16  # of each file: what the table needs, and what the library would take
_MEMORY = Path("/dev/shm")  # noqa: S108 (a disk may block whoever counts)


def make_folder() -> Path:
    """A new folder that only this user can enter, in memory where there is such a place."""
    where = _MEMORY if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="scribepass-metrics-", dir=where))


def remove_folder(folder: Path) -> None:
    """Take the folder away, with all that is in it. Never raises."""
    shutil.rmtree(folder, ignore_errors=True)


def prepare(folder: Path, *, owner: tuple[int, int]) -> None:
    """Remove the figures of an earlier service, and let ``owner`` (uid and gid) use the folder.

    Raises:
        OSError: it is not a folder in which this process may write.
    """
    for path in folder.glob("*.db"):
        path.unlink()
    (folder / _LOCK).touch(0o600)
    for path in (dead := [_dead(folder, kind) for kind in _ADDED]):
        _allocate(path)
    for path in (folder, folder / _LOCK, *dead):
        if owner != (path.stat().st_uid, path.stat().st_gid):
            os.chown(path, *owner)


def reserve(folder: Path) -> None:
    """Take the room for this process's files now: later, a full disk would kill it (SIGBUS).

    Raises:
        OSError: there is no room, or no such folder.
    """
    for kind in _KINDS:
        path = folder / f"{kind}_{os.getpid()}.db"
        if not path.exists():
            _allocate(path)


def _allocate(path: Path) -> None:
    # Under another name until it has its size: somebody may read at this moment.
    unfinished = path.with_suffix(".new")
    try:
        with unfinished.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, _BYTES)
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)


def bury(folder: Path, pid: int) -> bool:
    """Add what a dead process has counted to the file of the dead, and forget how things stood with it.

    Never waits: False if somebody is reading at this moment, so that it is to be done later.
    """
    with suppress(FileNotFoundError):
        library().multiprocess.mark_process_dead(pid, path=str(folder))
    with held(folder, fcntl.LOCK_EX, patience=0.0) as alone:
        if alone:
            for kind in _ADDED:
                _add_up(folder / f"{kind}_{pid}.db", into=_dead(folder, kind))
        return alone


def _dead(folder: Path, kind: str) -> Path:
    return folder / f"{kind}_dead.db"


def _add_up(path: Path, *, into: Path) -> None:
    if not path.exists():
        return
    total = library().mmap_dict.MmapedDict(str(into))
    try:
        for key, value in values_of(path):
            total.write_value(key, total.read_value(key)[0] + value, 0.0)
    finally:
        total.close()
    path.unlink()


def values_of(path: Path) -> Iterator[tuple[str, float]]:
    """What stands in one file: the library's key, which is JSON, and the figure."""
    for key, value, *_ in library().mmap_dict.MmapedDict.read_all_values_from_file(str(path)):
        yield key, value


@contextmanager
def held(folder: Path, kind: int, *, patience: float) -> Iterator[bool]:
    """Hold the folder's lock, or say that it cannot be had in time. Whoever dies lets go of it."""
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + patience
        while not (taken := _taken(descriptor, kind)) and time.monotonic() < deadline:
            time.sleep(0.01)
        yield taken
    finally:
        os.close(descriptor)


def _taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
