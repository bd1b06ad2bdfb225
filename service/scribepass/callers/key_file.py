"""The file of API keys: JSON, hashes only, replaced whole.

::

    {"version": 1, "keys": [{"id": …, "env": …, "caller": …, "sha256": …, "created_at": …}]}
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from scribepass.errors import Problem, SettingsError
from scribepass.telemetry import get_log

from .api_keys import ApiKeys, KeyRecord

__all__ = ["add_key", "load_keys", "read_keys", "write_keys"]

VERSION = 1
VARIABLE = "SCRIBEPASS_API_KEYS_FILE"


@dataclass(slots=True, kw_only=True)
class _Last:
    keys: ApiKeys
    fault: str | None = None


_last: dict[Path, _Last] = {}  # of this process, and of its parent before the fork
_log = get_log("callers")


def load_keys(path: Path) -> ApiKeys:
    """The authenticator that the file describes.

    Where this process, or the one that it was forked from, has read the file before, its keys go on being
    good while it cannot be read, and an error is logged. A file that is read and holds no key ends them all.

    Raises:
        SettingsError: at the first time, as `read_keys`, and for a file without a key: nobody could call.
    """
    last = _last.get(path)
    try:
        records = read_keys(path)
    except SettingsError as error:
        if last is None:
            raise
        fault = "; ".join(each.message for each in error.problems)
        if fault != last.fault:
            _log.error("api_keys_unreadable", fault=fault, serving="the keys that were read before")
        last.fault = fault
        return last.keys
    if not records and last is None:
        raise _fault("holds no key; `scribepass keys new` makes one")
    if not records:
        _log.error("api_keys_none", serving="nobody")
    _last[path] = _Last(keys=ApiKeys(records))
    return _last[path].keys


def read_keys(path: Path) -> tuple[KeyRecord, ...]:
    """Every record of the file.

    Anything unexpected is refused, an unknown member too: a rule that this version does not know (say, an
    expiry) must not be a rule that it ignores.

    Raises:
        SettingsError: the file cannot be read, is no such file, is writable by everybody, or repeats an id.
    """
    try:
        with path.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & stat.S_IWOTH:
                raise _fault("is writable by everybody")
            return _records(json.load(file))
    except OSError as error:
        raise _fault(f"cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _fault("is not a file that `scribepass keys new` writes") from error


def write_keys(path: Path, *, records: Iterable[KeyRecord]) -> None:
    """Replace the file in one step, readable and writable by its owner only. OSError if that fails."""
    body = {"version": VERSION, "keys": [_members(each) for each in records]}
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123 (mkstemp made it 0600)
            json.dump(body, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def add_key(path: Path, *, record: KeyRecord) -> None:
    """Write the file with one record more; the file, but not its folder, is made where there is none.

    Two that add at the same moment wait for one another, so that neither key is lost.

    Raises:
        SettingsError: as `read_keys`.
        OSError: the folder does not exist or cannot be written.
    """
    with _folder_locked(path.parent):
        known = read_keys(path) if path.exists() else ()
        write_keys(path, records=[*known, record])


@contextmanager
def _folder_locked(folder: Path) -> Iterator[None]:
    # The folder, because the file itself is replaced and a lock on the old one would guard nothing.
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _records(body: Any) -> tuple[KeyRecord, ...]:  # noqa: ANN401 (what json.load returns)
    if body.keys() != {"version", "keys"} or body["version"] != VERSION:
        raise ValueError("another version")
    records = tuple(
        KeyRecord(**{**each, "created_at": datetime.fromisoformat(each["created_at"])})
        for each in body["keys"]
    )
    if any(times > 1 for times in Counter(each.id for each in records).values()):
        raise ValueError("an id is repeated")
    return records


def _members(record: KeyRecord) -> dict[str, str]:
    return {
        "id": record.id,
        "env": record.env,
        "caller": record.caller,
        "sha256": record.sha256,
        "created_at": record.created_at.isoformat(timespec="seconds"),
    }


def _fault(message: str) -> SettingsError:
    return SettingsError([Problem(field=VARIABLE, code="unreadable", message=message)])
