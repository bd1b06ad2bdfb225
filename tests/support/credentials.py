"""A source of credentials that behaves like one: it issues, counts, fails, and can be held up."""

import threading
from collections.abc import Callable
from datetime import timedelta

from scribepass.credentials.cache import RefreshAhead
from scribepass.errors import CredentialsUnavailable
from scribepass.sigv4 import Credentials
from support.clock import Clock

PATIENCE = 10.0


class Source:
    """Issues numbered credentials that last ``life`` seconds by ``clock``; None for ever."""

    name = "a source"

    def __init__(self, clock: Clock, *, life: float | None = 3600) -> None:
        self.clock = clock
        self.life = life
        self.calls = 0
        self.fault: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self._inside = 0
        self.most_inside = 0

    def fetch(self) -> Credentials:
        self.calls += 1
        number = self.calls
        self._inside += 1
        self.most_inside = max(self.most_inside, self._inside)
        self.entered.set()
        assert self.gate.wait(PATIENCE)
        self._inside -= 1
        if self.fault is not None:
            raise self.fault
        return self.issue(number)

    def issue(self, number: int) -> Credentials:
        ends = None if self.life is None else self.clock() + timedelta(seconds=self.life)
        return Credentials(
            access_key_id=f"ASIA{number:04}",
            secret_access_key=f"secret-of-{number:04}",
            session_token=f"token-of-{number:04}",
            expires_at=ends,
        )

    def die(self) -> None:
        self.fault = CredentialsUnavailable(self.name)

    def revive(self) -> None:
        self.fault = None


def settle(cache: RefreshAhead) -> None:
    """Let the background thread do all that is due at this moment of its clocks."""
    with cache._changed:
        cache._changed.notify_all()
        assert cache._changed.wait_for(lambda: not cache._busy and cache._until_due() > 0, PATIENCE)


Make = Callable[..., RefreshAhead]
