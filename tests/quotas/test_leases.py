"""Outstanding tickets in memory."""

from scribepass.errors import Scope
from scribepass.quotas.leases import LONGEST_WAIT, Full, Leases


def take(leases: Leases, session: str, *, at: float, caller: str = "a", seconds: float = 100) -> Full | None:
    return leases.take(caller, session, ends=at + seconds, limit=2, ceiling=3, now=at)


def test_a_lease_is_there_until_it_ends() -> None:
    """A lost session gives its place back by itself."""
    leases = Leases()
    assert take(leases, "1", at=0) is None
    assert take(leases, "2", at=10) is None
    assert take(leases, "3", at=20) == Full(Scope.SESSIONS, 80)
    assert take(leases, "3", at=99.9) is not None
    assert take(leases, "3", at=100) is None
    assert leases.count("a", 100) == 2
    assert leases.count("a", 500) == leases.total(500) == 0


def test_the_ceiling_counts_all_callers() -> None:
    """Three for everybody, and the wait is until the first of them ends."""
    leases = Leases()
    for moment, caller in enumerate("abc"):
        assert take(leases, "1", at=moment, caller=caller) is None
    assert take(leases, "1", at=10, caller="d") == Full(Scope.GLOBAL, 90)
    leases.drop("a", "1")
    assert take(leases, "2", at=10, caller="b") is None
    assert take(leases, "1", at=10, caller="d") == Full(Scope.GLOBAL, 91)


def test_the_same_session_only_ends_later() -> None:
    """A renewal needs no place, even where there is none, and never shortens."""
    leases = Leases()
    take(leases, "1", at=0)
    take(leases, "2", at=0)
    assert take(leases, "1", at=50) is None
    assert take(leases, "1", at=60, seconds=1) is None
    assert leases.count("a", 120) == 1
    assert leases.holds("a", "1", 149)
    assert not leases.holds("a", "1", 150)


def test_dropping_is_idempotent() -> None:
    """Twice is as good as once, and what was never there is no matter."""
    leases = Leases()
    take(leases, "1", at=0)
    for _ in range(2):
        leases.drop("a", "1")
    leases.drop("b", "1")
    assert leases.total(0) == 0
    assert list(leases.items(0)) == []


def test_zero_is_no_limit() -> None:
    """Neither for a caller nor for all."""
    leases = Leases()
    for number in range(50):
        assert leases.take("a", str(number), ends=100, limit=0, ceiling=0, now=0) is None
    assert leases.total(0) == 50


def test_replacing_leaves_what_is_said_and_no_more() -> None:
    """One caller's sessions become these; others stay."""
    leases = Leases()
    for session in "12":
        take(leases, session, at=0)
    take(leases, "1", at=0, caller="b")
    leases.replace("a", {"2": 130.0, "3": 90.0})
    assert sorted(leases.items(0)) == [("a", "2", 130.0), ("a", "3", 90.0), ("b", "1", 100.0)]


def test_renewals_leave_nothing_behind() -> None:
    """What was renewed or dropped goes from memory with time."""
    leases = Leases()
    for moment in range(1000):
        leases.put("a", "1", ends=moment + 100.0)
        leases.put("a", str(moment), ends=moment + 50.0)
        leases.drop("a", str(moment))
        leases.total(moment)
    assert len(leases._queue) <= 300


def test_nobody_is_told_to_wait_for_an_hour() -> None:
    """A session may be closed long before its lease ends."""
    assert Full(Scope.SESSIONS, 3600).refusal().retry_after == LONGEST_WAIT
    assert Full(Scope.SESSIONS, 0.1).refusal().retry_after == 1
    assert Full(Scope.GLOBAL, 10).refusal().scope is Scope.GLOBAL
