"""What stands in the file of API keys: JSON, hashes only.

::

    {"version": 2, "keys": [
        {"id": …, "env": …, "caller": …, "sha256": …, "created_at": …, "expires_at": … or null}
    ]}

In version 1, which is read and no longer written, keys have no ``expires_at``.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from scribepass.errors import Problem, SettingsError

from .api_keys import KeyRecord

__all__ = ["MAX_BYTES", "Stamp", "fault", "parse", "read", "read_keys", "stamp_of", "text_of"]

VERSION = 2
VARIABLE = "SCRIBEPASS_API_KEYS_FILE"
MAX_BYTES = 4 * 1024 * 1024
"""Some 15,000 keys. A larger file is a mistake, and reading it would hold up requests."""

_MEMBERS = {1: {"id", "env", "caller", "sha256", "created_at"}}
_MEMBERS[2] = _MEMBERS[1] | {"expires_at"}


class Stamp(NamedTuple):
    """What changes when a file does. The change time, too, which nobody can set and which chmod moves."""

    modified_ns: int
    changed_ns: int
    size: int
    inode: int
    device: int


def stamp_of(path: Path) -> Stamp:
    """The stamp of what ``path`` leads to now. OSError if there is nothing."""
    return _stamp(path.stat())


def read(path: Path) -> tuple[bytes, Stamp]:
    """The bytes of the file, and its stamp from before they were read.

    Raises:
        SettingsError: it cannot be read, is no regular file, too large, or writable by everybody.
    """
    try:
        with open(path, "rb", opener=_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise fault("is no regular file")
            if status.st_mode & stat.S_IWOTH:
                raise fault("is writable by everybody")
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise fault(f"cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise fault(f"is larger than {MAX_BYTES} bytes")
    return data, _stamp(status)


def parse(data: bytes) -> tuple[KeyRecord, ...]:
    """Every record of the file's bytes.

    Anything unexpected is refused, an unknown member too: a rule that this version does not know must not be
    a rule that it ignores.

    Raises:
        SettingsError: they are not what `text_of` makes, or an id is repeated.
    """
    try:
        return _records(json.loads(data.decode(), object_pairs_hook=_object))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise fault("is not a file that `scribepass keys new` writes") from error


def read_keys(path: Path) -> tuple[KeyRecord, ...]:
    """Every record of the file, expired ones too.

    Raises:
        SettingsError: as `read` and `parse`.
    """
    return parse(read(path)[0])


def text_of(records: Iterable[KeyRecord]) -> str:
    """The text of a file that holds ``records``."""
    return json.dumps({"version": VERSION, "keys": [_members(each) for each in records]}, indent=2) + "\n"


def fault(message: str) -> SettingsError:
    """What is wrong with the file, as a fault of the setting that names it."""
    return SettingsError([Problem(field=VARIABLE, code="unreadable", message=message)])


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a named pipe would wait for somebody to write to it


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is repeated")
    return found


def _records(body: Any) -> tuple[KeyRecord, ...]:  # noqa: ANN401 (what json.loads returns)
    version = body["version"]
    if type(version) is not int or body.keys() != {"version", "keys"}:
        raise ValueError("another form")
    records = tuple(_record(each, members=_MEMBERS[version]) for each in body["keys"])
    if len({each.id for each in records}) < len(records):
        raise ValueError("an id is repeated")
    return records


def _record(found: Any, *, members: set[str]) -> KeyRecord:  # noqa: ANN401
    if found.keys() != members:
        raise ValueError("other members")
    expires_at = found.get("expires_at")
    times = {
        "created_at": _time(found["created_at"]),
        "expires_at": None if expires_at is None else _time(expires_at),
    }
    return KeyRecord(**{**found, **times})


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.utcoffset() is None:
        raise ValueError("a time without its zone")
    return time.astimezone(UTC)


def _members(record: KeyRecord) -> dict[str, str | None]:
    ends = record.expires_at
    return {
        "id": record.id,
        "env": record.env,
        "caller": record.caller,
        "sha256": record.sha256,
        "created_at": record.created_at.isoformat(timespec="seconds"),
        "expires_at": None if ends is None else ends.isoformat(timespec="seconds"),
    }
