"""An issuer's keys, kept at hand, so that a request finds them in memory, also while the issuer is away.

One daemon thread per issuer and process fetches them every 5 minutes. It starts with the first use, in
whichever process that is. What was good once stays good for 24 h, unless a good answer no longer has it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from jwt.algorithms import AllowedPublicKeys

from scribepass.background import Attempts, begins_anew, uniform
from scribepass.errors import IssuerUnavailable
from scribepass.telemetry import EventLog, get_log

from .good_keys import GoodKeys, Pace, memory
from .jwks import JwksFault, fetch
from .last_good import LastGood

__all__ = ["KeySet"]

_WAITERS = 4
"""Requests that wait for an attempt at once: whoever sends nonsense must not hold every thread. The others
are told to come again in a moment, for nobody knows yet whether their token is good."""
_RECHECK = 30.0  # seconds: how long the thread waits without a look at its clocks
_JITTER = (0.7, 0.9)  # of a pause: processes that started together drift apart, and none is late

Draw = Callable[[float, float], float]
"""Draws a number between two."""


class KeySet:
    """The keys of the issuer that the operator calls ``issuer``. Safe to share between threads.

    ``clock`` is the wall clock, ``monotonic`` measures pauses, ``draw`` jitters. ``last`` is what this
    process or a relative has fetched before: a worker that starts while the issuer is away goes on with it.
    """

    def __init__(
        self,
        uri: str,
        *,
        issuer: str,
        clock: Callable[[], datetime],
        fetch: Callable[[str], bytes] = fetch,
        monotonic: Callable[[], float] = time.monotonic,
        draw: Draw = uniform,
        pace: Pace | None = None,
        last: LastGood | None = None,
    ) -> None:
        self._issuer = issuer
        self._clock = clock
        self._monotonic = monotonic
        self._draw = draw
        self._pace = pace or Pace()
        self._uri, self._fetch = uri, fetch
        self._attempts_in_time = Attempts(timeout=self._pace.timeout)
        self._last = last or memory()
        self._log: EventLog = get_log("callers")
        self._good: GoodKeys | None = None
        self._not_before = 0.0
        self._not_before_for_request = 0.0
        self._closed = False
        self._thread: threading.Thread | None = None
        self.begin_anew()
        begins_anew(self)

    def key(self, kid: str, *, algorithm: str) -> AllowedPublicKeys | None:
        """The key of that name for that algorithm; None if the issuer has none.

        For one that is not at hand the issuer is asked, which takes `Pace.timeout` at most and happens once
        in `Pace.cooldown`; in between the answer is None at once.

        Raises:
            IssuerUnavailable: no key set was ever fetched, or the last one is too old.
        """
        self.start()
        good = self._usable()
        key = good.keys.get((kid, algorithm)) if good else None
        if key is not None:
            return key
        self._await_attempt(good)
        good = self._usable()
        if good is None:
            raise IssuerUnavailable(self._issuer)
        return good.keys.get((kid, algorithm))

    def age(self) -> float | None:
        """Seconds since the last good answer; None if there never was one. Asks nobody."""
        good = self._good
        return good.age(wall=self._clock().timestamp(), elapsed=self._monotonic()) if good else None

    def ready(self) -> bool:
        """Whether there are keys that may be used. Asks nobody."""
        return self._usable() is not None

    def start(self) -> None:
        """Begin to fetch in the background, if that has not begun in this process. Does not wait."""
        if self._thread is not None and self._thread.is_alive():
            return
        with self._changed:
            if not self._closed and (self._thread is None or not self._thread.is_alive()):
                self._adopt()
                self._thread = threading.Thread(target=self._run, name="key-set", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the thread and wait for it. What is at hand stays at hand."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def begin_anew(self) -> None:
        """Forget a forked child's parent: its thread is not here, and its lock may be held for ever."""
        self._changed = threading.Condition()
        self._thread = None
        self._attempts = 0
        self._started = 0.0
        self._waiting = 0
        self._wanted = self._busy = False

    def _adopt(self) -> None:
        """Take what a relative has fetched since."""
        good = GoodKeys.remembered(self._last)
        if good is not None and (self._good is None or good.elapsed > self._good.elapsed):
            self._good = good

    def _usable(self) -> GoodKeys | None:
        good, age = self._good, self.age()
        return good if age is not None and age <= self._pace.keep else None

    def _await_attempt(self, seen: GoodKeys | None) -> None:
        """Wait for the attempt that runs, or for a new one if the last is long enough ago.

        Not longer than the time-out from its start: whoever comes later to one that hangs does not wait at
        all, or every thread would, one behind the other.
        """
        with self._changed:
            if self._usable() is not seen:
                return  # an attempt has ended between the look and the lock
            number, waits, now = self._attempts, self._pace.timeout, self._monotonic()
            if self._busy:
                waits += self._started - now
            elif now < self._not_before:  # else one is due anyway
                if now < self._not_before_for_request:
                    return
                self._wanted = True
            self._changed.notify_all()
            if self._waiting >= _WAITERS:
                raise IssuerUnavailable(self._issuer, retry_after=1)
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: self._attempts != number or self._closed, timeout=waits)
            finally:
                self._waiting -= 1

    def _run(self) -> None:
        while self._wait_until_due():
            try:
                self._attempt()
            finally:
                with self._changed:
                    self._busy = False
                    self._attempts += 1
                    self._changed.notify_all()

    def _wait_until_due(self) -> bool:
        with self._changed:
            while not self._closed:
                pause = 0.0 if self._wanted else self._not_before - self._monotonic()
                if pause <= 0:
                    self._started = self._monotonic()
                    if self._wanted:
                        self._not_before_for_request = self._started + self._pace.cooldown
                    self._busy, self._wanted = True, False
                    return True
                self._changed.wait(min(pause, _RECHECK))
            return False

    def _attempt(self) -> None:
        try:
            document = self._attempts_in_time.make(lambda: self._fetch(self._uri))
            good = GoodKeys.of(document, wall=self._clock().timestamp(), elapsed=self._monotonic())
        except Exception as error:  # noqa: BLE001 (whatever is raised, what is at hand goes on serving)
            self._put_off(str(error) if isinstance(error, JwksFault) else type(error).__name__)
            return
        self._good = good
        good.remember(document, by=self._last)
        self._not_before = good.elapsed + self._pace.refresh * self._draw(*_JITTER)
        self._log.info("key_set_fetched", issuer=self._issuer, kids=len({kid for kid, _ in good.keys}))

    def _put_off(self, fault: str) -> None:
        self._adopt()
        pause = self._pace.cooldown if self._usable() else self._pace.cold
        self._not_before_for_request = self._started + pause
        self._not_before = self._started + pause * self._draw(*_JITTER)
        age = self.age()
        self._log.warning(
            "key_set_not_fetched",
            issuer=self._issuer,
            fault=fault,
            seconds_old=None if age is None else round(age),
            serving="the last good keys" if self._usable() else "nobody",
        )
