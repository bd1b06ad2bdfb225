"""The file of API keys, read again within seconds of a change, in every process, without a signal.

Its form is in `key_records`, how it is changed in `key_changes`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from scribepass.errors import SettingsError
from scribepass.telemetry import get_log

from . import Caller
from .api_keys import ApiKeys, KeyRecord
from .key_changes import add_key, revoke_key, write_keys
from .key_records import MAX_BYTES, Stamp, fault, parse, read, read_keys, stamp_of
from .last_good import LastGood

__all__ = ["KeyFile", "add_key", "load_keys", "read_keys", "revoke_key", "write_keys"]

INTERVAL = 1.0
"""Seconds between two looks at the file. One thread looks; the others go on with the keys at hand."""
PATIENCE = 4.0
"""Seconds after which no thread goes on with what another may be replacing: each looks for itself."""

_log = get_log("callers")
_last_good: dict[Path, LastGood] = {}  # of this process, and of its parent before the fork


def _utcnow() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What was read, and of which file. ``settled`` once it was read twice, a look apart.

    Two changes in one tick of the file system's clock can leave the same stamp; the second reading sees the
    last of them.
    """

    records: tuple[KeyRecord, ...]
    keys: ApiKeys
    stamp: Stamp | None
    settled: bool


class KeyFile:
    """An authenticator by the keys that stand in a file, now. Safe to share between threads.

    It looks at the file when it is asked, at most about once a second, so that a change counts within 5 s.
    While the file cannot be read or understood, the keys of before go on being good, which is logged once
    for each fault, and once when it is over. A file that is whole and holds no key ends them all.

    ``last`` is the memory of an earlier one, which counts where the file is broken from the beginning.

    Raises:
        SettingsError: there is no such memory, and the file is broken, or without a key: nobody could call.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], datetime] = _utcnow,
        monotonic: Callable[[], float] = time.monotonic,
        last: LastGood | None = None,
    ) -> None:
        self._path = path
        self._clock = clock
        self._monotonic = monotonic
        self._last = last or LastGood(MAX_BYTES)
        self._turn = threading.Lock()
        self._looked_at = monotonic()
        inherited = self._last.get()
        records = () if inherited is None else parse(inherited)
        self._held = _Held(records=records, keys=ApiKeys(records, clock=clock), stamp=None, settled=False)
        try:
            self._take(first=inherited is None)
        except SettingsError as error:
            if inherited is None:
                raise
            self._keep(error)

    def authenticate(self, headers: Mapping[str, str]) -> Caller | None:
        """The caller whose key it is; None without a key.

        Raises:
            Unauthenticated: as `ApiKeys`.
        """
        self._look_again()
        return self._held.keys.authenticate(headers)

    def _look_again(self) -> None:
        age = self._monotonic() - self._looked_at
        if age < INTERVAL:
            return
        mine = self._turn.acquire(blocking=False)
        try:
            if mine or age >= PATIENCE:
                self._look()
        finally:
            if mine:
                self._turn.release()

    def _look(self) -> None:
        began = self._monotonic()
        if not self._unchanged(self._held):
            try:
                self._take()
            except SettingsError as error:
                self._keep(error)
        self._looked_at = began

    def _unchanged(self, held: _Held) -> bool:
        try:
            return held.settled and stamp_of(self._path) == held.stamp
        except OSError:
            return False

    def _take(self, *, first: bool = False) -> None:
        held = self._held
        data, stamp = read(self._path)
        records = parse(data)
        if first and not records:
            raise fault("holds no key; `scribepass keys new` makes one")
        if self._held is not held:  # another thread was quicker, and may have read what is newer
            return
        same = records == held.records
        keys = held.keys if same else ApiKeys(records, clock=self._clock)
        self._held = _Held(records=records, keys=keys, stamp=stamp, settled=stamp == held.stamp)
        self._last.put(data)
        if not same or self._last.fault is not None:
            self._tell(records, first=first)
        self._last.fault = None

    def _tell(self, records: tuple[KeyRecord, ...], *, first: bool) -> None:
        now = self._clock()
        if not any(each.is_live(now=now) for each in records):
            _log.error("api_keys_none", keys=len(records), serving="nobody")
        elif not first:
            _log.info("api_keys_read", keys=len(records))

    def _keep(self, error: SettingsError) -> None:
        text = "; ".join(each.message for each in error.problems)
        if text != self._last.fault:
            _log.error("api_keys_unreadable", fault=text, serving="the keys that were read before")
        self._last.fault = text
        self._held = replace(self._held, stamp=None, settled=False)


def load_keys(
    path: Path,
    *,
    clock: Callable[[], datetime] = _utcnow,
    monotonic: Callable[[], float] = time.monotonic,
) -> KeyFile:
    """A `KeyFile` that remembers what this process, or one that it was forked from, has read of ``path``.

    Call it in gunicorn's master before the first fork: whatever its workers read later, those that replace
    them inherit.

    Raises:
        SettingsError: as `KeyFile`.
    """
    last = _last_good.get(path) or LastGood(MAX_BYTES)
    keys = KeyFile(path, clock=clock, monotonic=monotonic, last=last)
    _last_good[path] = last
    return keys
