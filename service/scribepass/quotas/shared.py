"""Quotas that several processes share through a store, and that hold without it."""

from __future__ import annotations

from collections.abc import Callable

from scribepass.background import uniform
from scribepass.callers import Caller
from scribepass.telemetry import Metrics

from . import Ceiling, Quota, Standing
from .failures import Failures
from .held import Held
from .names import name_of
from .store import Store, StoreAway
from .tally import Tally
from .watch import Watch
from .windows import Limits, limits_of

__all__ = ["Shared"]

_LATELY = 10.0  # seconds for which an answer of the store counts as a sign of life


class Shared:
    """Asks the store; while that is away allows its ``share`` of every limit (see `watch`, `tally`, `held`).

    No failure of the store comes out of here. The store knows a caller only by a hash.
    """

    def __init__(
        self,
        store: Store,
        *,
        ceiling: Ceiling,
        failures_per_minute: int,
        share: float,
        monotonic: Callable[[], float],
        metrics: Metrics,
        draw: Callable[[float, float], float] = uniform,
    ) -> None:
        self._store = store
        self._ceiling = ceiling
        self._share = share
        self._watch = Watch(self._recover, share=share, monotonic=monotonic, metrics=metrics, draw=draw)
        self._tally = Tally(self._watch, share=share, monotonic=monotonic)
        self._held = Held(share=share, monotonic=monotonic)
        self._failures = Failures(failures_per_minute, share=share, monotonic=monotonic)
        self._forgotten = False

    @property
    def degraded(self) -> bool:
        """Whether the store is away."""
        return self._watch.away

    def spend(self, caller: Caller, *, quota: Quota) -> Standing | None:
        """Count one request. Without the store the standing is that with this process."""
        key, limits = name_of(caller.id), limits_of(quota, self._ceiling, self._share)
        if self._present():
            try:
                return self._spend_together(key, limits)
            except StoreAway as error:
                self._watch.lost(error)
        return self._tally.standing(self._tally.admit(key, limits, alone=True))

    def lease(self, caller: Caller, *, session_id: str, quota: Quota, seconds: int) -> None:
        """Count an outstanding ticket."""
        name, session = name_of(caller.id), name_of(session_id)
        limit, ceiling = quota.sessions, self._ceiling.sessions
        if self._present():
            try:
                leased = self._store.lease(name, session, seconds=seconds, limit=limit, ceiling=ceiling)
            except StoreAway as error:
                self._watch.lost(error)
            else:
                self._watch.heard()
                self._held.learn(name, leased)
                if leased.full:
                    raise leased.full.refusal()
                return
        if full := self._held.take(name, session, seconds=seconds, limit=limit, ceiling=ceiling):
            raise full.refusal()

    def release(self, caller: Caller, *, session_id: str) -> None:
        """The session is closed. While the store is away it is told later."""
        name, session = name_of(caller.id), name_of(session_id)
        told = False
        if self._present():
            try:
                self._store.release(name, session)
                told = True
            except StoreAway as error:
                self._watch.lost(error)
        self._held.release(name, session, told=told)

    def failed(self, address: str) -> None:
        """Count a refused credential, in this process."""
        self._failures.count(address)

    def ready(self) -> bool:
        """Whether the store answers, or has lately."""
        self._watch.start()
        if self._watch.away or self._watch.heard_within(_LATELY):
            return not self._watch.away
        return self._watch.attempt()

    def close(self) -> None:
        """Stop asking for the store, and end its connections."""
        self._watch.close()
        self._store.close()

    def _present(self) -> bool:
        self._watch.start()
        return not self._watch.away

    def _spend_together(self, key: str, limits: Limits) -> Standing | None:
        admission = self._tally.admit(key, limits, alone=False)
        try:
            spent = self._store.spend(key, limits, owed=len(admission.owed))
        except StoreAway:
            self._tally.take_back(admission)
            raise
        self._watch.heard()
        if spent.refused:
            self._tally.refused(admission, spent.refused)
            raise spent.refused.refusal(spent.wait)
        told = limits.told
        return told.standing(used=told.limit - spent.remaining, eases=spent.eases) if told else None

    def _recover(self) -> bool:
        self._forgotten |= self._store.recover()
        everything = self._forgotten
        while any(untold := self._held.untold(everything=everything)):
            for caller, session, seconds in untold.held:
                self._store.lease(caller, session, seconds=seconds, limit=0, ceiling=0)
            for caller, session in untold.closed:
                self._store.release(caller, session)
            self._held.told(untold)
            everything = False
        forgotten, self._forgotten = self._forgotten, False
        if forgotten:
            self._tally.forgotten()
        return forgotten
