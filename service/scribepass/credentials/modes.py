"""The three ways to have credentials. None ever takes the place of another.

``ambient`` signs with what the process was given, ``assume-role`` with one session of a role for everybody
and action, and ``assume-role-per-caller`` with a session for each caller, whom AWS's own records then name.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from scribepass.background import begins_anew
from scribepass.errors import CredentialsUnavailable
from scribepass.telemetry import NULL_METRICS, Metrics

from . import CredentialSource, Need, Supplier
from .cache import RefreshAhead
from .kept import Kept
from .pool import Pool
from .session_policy import plain_address

__all__ = ["Ambient", "PerCaller", "Shared"]

_Key = tuple[str, str, tuple[tuple[str, str], ...], str | None]  # all that shapes a session


class Ambient:
    """The same credentials for every need: those of the process itself."""

    def __init__(self, kept: RefreshAhead) -> None:
        self._kept = kept

    def of(self, need: Need) -> Supplier:  # noqa: ARG002
        """The only one."""
        return self._kept

    def seconds_left(self) -> float:
        """How long its credentials last."""
        return self._kept.seconds_left()

    def start(self) -> None:
        """Begin to fetch in the background, in this process."""
        self._kept.start()

    def close(self) -> None:
        """End the thread."""
        self._kept.close()


class Shared:
    """One session for each IAM action, by its name."""

    def __init__(self, kept: Mapping[str, RefreshAhead]) -> None:
        self._kept = dict(kept)

    def of(self, need: Need) -> Supplier:
        """The one for the action; KeyError if there is none."""
        return self._kept[need.action]

    def seconds_left(self) -> float:
        """How long the first to end lasts."""
        return min(each.seconds_left() for each in self._kept.values())

    def start(self) -> None:
        """Begin to fetch in the background, in this process."""
        for each in self._kept.values():
            each.start()

    def close(self) -> None:
        """End the threads."""
        for each in self._kept.values():
            each.close()


class PerCaller:
    """A session for each caller and whatever else shapes one, made by ``make`` when it is first needed.

    ``own`` is a session of the service's own, which is never given to a caller: it shows that the role can
    be assumed. With ``bind_address`` a session is good at one address only. At most ``max_callers`` that are
    served are kept, and as many that are new: the latter, however many, do not push out the former.
    """

    def __init__(
        self,
        make: Callable[[Need], CredentialSource],
        *,
        own: RefreshAhead,
        clock: Callable[[], datetime],
        max_callers: int = 2000,
        bind_address: bool = False,
        pool: Pool | None = None,
        metrics: Metrics = NULL_METRICS,
    ) -> None:
        self._make = make
        self._own = own
        self._clock = clock
        self._max_callers = max_callers
        self._bind_address = bind_address
        self._pool = pool or Pool()
        self._metrics = metrics
        self._served: OrderedDict[_Key, Kept] = OrderedDict()
        self._new: OrderedDict[_Key, Kept] = OrderedDict()
        self.begin_anew()
        begins_anew(self)

    def of(self, need: Need) -> Supplier:
        """The caller's own. Asks nobody and never waits.

        Raises:
            CredentialsUnavailable: sessions are bound to an address, and the caller's is not known.
        """
        address = self._address(need)
        key = (need.action, need.session, need.tags, address)
        with self._lock:
            kept = self._served.get(key)
            if kept is not None:
                self._served.move_to_end(key)
                return kept
            kept = self._new.pop(key, None)
            if kept is None:
                source = self._make(replace(need, address=address))
                kept = self._pool.supplier(source, clock=self._clock, metrics=self._metrics)
            # The first request finds it without credentials; the next shows that they are in use.
            self._put(self._served if kept.seconds_left() > 0 else self._new, key, kept)
            return kept

    def seconds_left(self) -> float:
        """How long the service's own session lasts. Those of callers come and go."""
        return self._own.seconds_left()

    def start(self) -> None:
        """Begin to fetch the service's own session in the background, in this process."""
        self._own.start()

    def close(self) -> None:
        """End the threads."""
        self._own.close()
        self._pool.close()

    def begin_anew(self) -> None:
        """Go on in a forked child, with the sessions that are at hand."""
        self._lock = threading.Lock()

    def _put(self, kind: OrderedDict[_Key, Kept], key: _Key, kept: Kept) -> None:
        kind[key] = kept
        if len(kind) > self._max_callers:
            kind.popitem(last=False)

    def _address(self, need: Need) -> str | None:
        if not self._bind_address:
            return None
        try:
            return plain_address(need.address or "")
        except ValueError:
            # Without the condition the session would be good everywhere.
            raise CredentialsUnavailable("a session for an unknown address", permanent=True) from None
