"""The values of a limit, and quotas that count nothing."""

from scribepass.callers import Caller
from scribepass.quotas import Ceiling, Quota, Unlimited

CALLER = Caller(id="somebody")


def test_the_defaults_are_those_that_the_issue_names() -> None:
    """10 in a minute with a burst of 5, 120 in an hour, 3 outstanding; for all 5 in a second, 20 streams."""
    assert Quota() == Quota(per_minute=10, burst=5, per_hour=120, sessions=3)
    assert Ceiling() == Ceiling(sessions=20, per_second=5, burst=25)


def test_unlimited_never_refuses() -> None:
    """Whatever is asked, and however often."""
    quotas = Unlimited()
    for number in range(1000):
        assert quotas.spend(CALLER, quota=Quota()) is None
        quotas.lease(CALLER, session_id=str(number), quota=Quota(), seconds=60)
        quotas.failed("192.0.2.1")
    quotas.release(CALLER, session_id="0")
    assert quotas.ready()
    assert not quotas.degraded
    quotas.close()
