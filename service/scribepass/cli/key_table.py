"""What ``scribepass keys list`` shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scribepass.callers.api_keys import KeyRecord

__all__ = ["as_json", "as_table", "as_time"]

_HEAD = ("id", "env", "caller", "created", "expires", "state")


def as_table(records: Iterable[KeyRecord], *, now: datetime) -> str:
    """One line for each key, under a head, in columns that two spaces part. No cell holds two spaces."""
    rows = [_HEAD, *(_row(each, now=now) for each in _sorted(records))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def as_json(records: Iterable[KeyRecord], *, now: datetime) -> str:
    """An array of objects: id, env, caller, created_at, expires_at (null: never), state (live or expired)."""
    return json.dumps([_members(each, now=now) for each in _sorted(records)], indent=2)


def as_time(time: datetime) -> str:
    """A time in UTC, to the minute."""
    return f"{time:%Y-%m-%d %H:%M}Z"


def _sorted(records: Iterable[KeyRecord]) -> list[KeyRecord]:
    return sorted(records, key=lambda each: (each.caller, each.created_at, each.id))


def _row(record: KeyRecord, *, now: datetime) -> Sequence[str]:
    ends = "never" if record.expires_at is None else as_time(record.expires_at)
    state = _state(record, now=now)
    return (record.id, record.env, record.caller, as_time(record.created_at), ends, state)


def _members(record: KeyRecord, *, now: datetime) -> dict[str, str | None]:
    return {
        "id": record.id,
        "env": record.env,
        "caller": record.caller,
        "created_at": record.created_at.isoformat(),
        "expires_at": None if record.expires_at is None else record.expires_at.isoformat(),
        "state": _state(record, now=now),
    }


def _state(record: KeyRecord, *, now: datetime) -> str:
    return "live" if record.is_live(now=now) else "expired"
