"""A store in the test's own memory that can be away or forget, and a deployment of processes around it."""

from collections import Counter
from dataclasses import dataclass, field

from scribepass.callers import Caller
from scribepass.errors import Throttled
from scribepass.quotas import Ceiling, Quota
from scribepass.quotas.leases import Leases
from scribepass.quotas.log import Log
from scribepass.quotas.shared import Shared
from scribepass.quotas.store import Leased, Spent, StoreAway
from scribepass.quotas.windows import MINUTE, Limits
from support.clock import Clock

NO_CEILING = Ceiling(sessions=0, per_second=0, burst=0)


@dataclass
class Shelf:
    """What the store holds, for all who ask it."""

    clock: Clock
    log: Log = field(default_factory=Log)
    leases: Leases = field(default_factory=Leases)
    up: bool = True
    mark: int = 0
    asked: int = 0

    def forget(self) -> None:
        self.log, self.leases, self.mark = Log(), Leases(), self.mark + 1


class FakeStore:
    """A `Store` that is exact, on a shelf that others use as well."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._mark = shelf.mark

    def _ask(self) -> float:
        self.shelf.asked += 1
        if not self.shelf.up:
            raise StoreAway("Fake")
        return self.shelf.clock.monotonic()

    def _ask_and_look(self) -> float:
        now = self._ask()
        if self._mark != self.shelf.mark:
            raise StoreAway("StoreForgot")
        return now

    def spend(self, key: str, limits: Limits, *, owed: int) -> Spent:
        now = self._ask_and_look()
        log = self.shelf.log
        for each, window, _ in limits.windows(key):
            name = f"{each}/{window.seconds}"
            for _ in range(owed if window.seconds > MINUTE else 0):
                log.add(name, now, keep=window.seconds)
            if wait := log.wait(name, window, now):
                return Spent(refused=window, wait=wait)
            log.add(name, now, keep=window.seconds)
        if limits.told is None:
            return Spent()
        standing = log.standing(f"{key}/{limits.told.seconds}", limits.told, now)
        return Spent(remaining=standing.remaining, eases=standing.reset)

    def lease(self, caller: str, session: str, *, seconds: float, limit: int, ceiling: int) -> Leased:
        now = self._ask_and_look() if limit or ceiling else self._ask()
        leases = self.shelf.leases
        full = leases.take(caller, session, ends=now + seconds, limit=limit, ceiling=ceiling, now=now)
        sessions = {each: ends - now for who, each, ends in leases.items(now) if who == caller}
        return Leased(full=full, total=leases.total(now), sessions=sessions)

    def release(self, caller: str, session: str) -> None:
        self._ask()
        self.shelf.leases.drop(caller, session)

    def recover(self) -> bool:
        self._ask()
        forgotten, self._mark = self._mark != self.shelf.mark, self.shelf.mark
        return forgotten

    def close(self) -> None:
        pass


class Figures:
    """What was counted, and where the gauges stand."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.gauges: dict[str, float] = {}

    def count(self, name: str, /, **_labels: str) -> None:
        self.counts[name] += 1

    def observe(self, name: str, _seconds: float, /, **_labels: str) -> None:
        raise AssertionError(name)

    def gauge(self, name: str, value: float, /, **_labels: str) -> None:
        self.gauges[name] = value


class Deployment:
    """Several processes that share one shelf; who was admitted when is written down."""

    def __init__(self, processes: int, *, ceiling: Ceiling = NO_CEILING, up: bool = True) -> None:
        self.clock = Clock()
        self.shelf = Shelf(self.clock, up=up)
        self.figures = Figures()
        self.admitted: list[float] = []
        self.processes = [
            Shared(
                FakeStore(self.shelf),
                ceiling=ceiling,
                failures_per_minute=20,
                share=1 / processes,
                monotonic=self.clock.monotonic,
                metrics=self.figures,
                draw=lambda _low, _high: 1e6,  # the test asks, not the thread
            )
            for _ in range(processes)
        ]
        for each in self.processes:
            each.ready()  # as a worker asks when it starts
        self.shelf.asked = 0

    def ask(self, process: int, *, quota: Quota, caller: str = "somebody") -> bool:
        try:
            self.processes[process].spend(Caller(id=caller), quota=quota)
        except Throttled:
            return False
        self.admitted.append(self.clock.monotonic())
        return True

    def ask_all(self, *, quota: Quota, times: int = 1000, caller: str = "somebody") -> list[int]:
        """How many each process admits when it is asked so often, one process after the other."""
        return [
            sum(self.ask(process, quota=quota, caller=caller) for _ in range(times))
            for process in range(len(self.processes))
        ]

    def look(self) -> None:
        """What the thread of each process does about once a second."""
        for each in self.processes:
            each._watch.beat()

    def most_in(self, seconds: float) -> int:
        """The most that were admitted in any window of this length."""
        most, first = 0, 0
        for last, moment in enumerate(self.admitted):
            while self.admitted[first] <= moment - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def pass_time(self, seconds: int) -> None:
        """Second by second, with the threads at work."""
        for _ in range(seconds):
            self.clock.advance(1)
            self.look()

    def close(self) -> None:
        for each in self.processes:
            each.close()
