"""Changes of the file of API keys. It is replaced whole, and whoever changes it waits for the one before."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .api_keys import KeyRecord
from .key_records import read_keys, text_of

__all__ = ["add_key", "revoke_key", "write_keys"]


def add_key(path: Path, *, record: KeyRecord) -> tuple[KeyRecord, ...]:
    """Write the file with one record more; the file, but not its folder, is made where there is none.

    Two that change it at the same moment wait for one another, so that no key is lost. Returns every record
    that the file then holds.

    Raises:
        SettingsError: as `read_keys`.
        OSError: the folder does not exist or cannot be written.
    """
    target = _target(path)
    with _folder_locked(target.parent):
        records = (*(read_keys(target) if target.exists() else ()), record)
        write_keys(target, records=records)
    return records


def revoke_key(path: Path, *, key_id: str) -> KeyRecord | None:
    """Write the file without the key of that id, and return its record; None if the file has no such key.

    Raises:
        SettingsError: as `read_keys`.
        OSError: the folder does not exist or cannot be written.
    """
    target = _target(path)
    with _folder_locked(target.parent):
        records = {each.id: each for each in read_keys(target)}
        revoked = records.pop(key_id, None)
        if revoked is not None:
            write_keys(target, records=records.values())
    return revoked


def write_keys(path: Path, *, records: Iterable[KeyRecord]) -> None:
    """Replace the file in one step, and have that on disk. A link goes on leading to it.

    A new file is its owner's only. One that was there keeps owner, group and permissions; if this process
    may not keep owner or group, whoever else could read it no longer can. OSError if writing fails.
    """
    target = _target(path)
    text = text_of(records)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123 (mkstemp made it 0600)
            _keep_readers(handle, of=target)
            file.write(text)
            file.flush()
            os.fsync(handle)
        Path(temporary).replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    _sync_folder(target.parent)


def _target(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _keep_readers(handle: int, *, of: Path) -> None:
    try:
        old = of.stat()
    except FileNotFoundError:
        return
    for owner in (old.st_uid, -1):  # -1 leaves it: whoever is in the group may at least keep that
        with suppress(PermissionError):
            os.fchown(handle, owner, old.st_gid)
            os.fchmod(handle, stat.S_IMODE(old.st_mode) & 0o664)
            return


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _folder_locked(folder: Path) -> Iterator[None]:
    # The folder, because the file itself is replaced and a lock on the old one would guard nothing.
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
