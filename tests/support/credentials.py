"""A source of credentials that behaves like one: it issues, counts, fails, and can be held up."""

import threading
from collections.abc import Callable
from datetime import timedelta

from scribepass.credentials import Need
from scribepass.credentials.cache import RefreshAhead
from scribepass.credentials.faults import Fault, SourceFailed
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

    def die(self, fault: Fault = Fault.FAILED) -> None:
        self.fault = SourceFailed(self.name, fault=fault)

    def revive(self) -> None:
        self.fault = None


class Role:
    """Issues a session for each need, counts the calls of all, and can be told to fail or to hang."""

    def __init__(self, clock: Clock, *, life: float = 900) -> None:
        self.clock = clock
        self.life = life
        self.calls: list[tuple[float, Need]] = []
        self.fault: Fault | None = None
        self.gate = threading.Event()
        self.gate.set()

    def make(self, need: Need) -> "RoleSource":
        return RoleSource(self, need)


class RoleSource:
    """The session of one need. Its name is in every part of its credentials."""

    name = "arn:aws:iam::111122223333:role/vending"

    def __init__(self, role: Role, need: Need) -> None:
        self.role = role
        self.need = need

    def fetch(self) -> Credentials:
        role = self.role
        role.calls.append((role.clock.monotonic(), self.need))
        assert role.gate.wait(PATIENCE)
        if role.fault is not None:
            raise SourceFailed(self.name, fault=role.fault)
        return Credentials(
            access_key_id=f"ASIA-{self.need.session}",
            secret_access_key=f"secret-of-{self.need.session}",
            session_token=f"token-of-{self.need.session}-{len(role.calls)}",
            expires_at=role.clock() + timedelta(seconds=role.life),
        )


def settle(cache: RefreshAhead) -> None:
    """Let the background thread do all that is due at this moment of its clocks."""
    with cache._changed:
        cache._changed.notify_all()
        assert cache._changed.wait_for(lambda: not cache._busy and cache._until_due() > 0, PATIENCE)


Make = Callable[..., RefreshAhead]
