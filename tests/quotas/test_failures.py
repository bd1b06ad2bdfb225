"""Refused credentials by address: guesses are held down, whoever guesses."""

import pytest

from scribepass.errors import Scope, Throttled
from scribepass.quotas.failures import Failures
from support.clock import Clock


def refused(failures: Failures, address: str, times: int) -> int:
    """How many of so many failures are refused as too many."""
    refusals = []
    for _ in range(times):
        try:
            failures.count(address)
        except Throttled as error:
            refusals.append(error)
    assert all(each.scope is Scope.FAILURES and each.retry_after >= 1 for each in refusals)
    return len(refusals)


def test_twenty_in_a_minute_and_no_more() -> None:
    """The 21st is refused, and there is room again after a minute; other addresses are not touched."""
    clock = Clock()
    failures = Failures(20, share=1.0, monotonic=clock.monotonic)
    assert refused(failures, "192.0.2.1", 25) == 5
    assert refused(failures, "192.0.2.2", 20) == 0
    clock.advance(59.9)
    assert refused(failures, "192.0.2.1", 1) == 1
    clock.advance(0.2)
    assert refused(failures, "192.0.2.1", 25) == 5


def test_a_network_of_ipv6_is_one_guesser() -> None:
    """Another address of the same /64 is no way out."""
    failures = Failures(20, share=1.0, monotonic=Clock().monotonic)
    assert sum(refused(failures, f"2001:db8::{number:x}", 1) for number in range(30)) == 10


@pytest.mark.parametrize(("share", "allowed"), [(0.25, 5), (0.01, 1)], ids=["a quarter", "less than one"])
def test_each_process_allows_its_share(share: float, allowed: int) -> None:
    """All processes together hold the limit, and each allows at least one."""
    failures = Failures(20, share=share, monotonic=Clock().monotonic)
    assert refused(failures, "192.0.2.1", 25) == 25 - allowed


def test_without_a_limit_nothing_is_kept() -> None:
    """0 is no limit."""
    failures = Failures(0, share=1.0, monotonic=Clock().monotonic)
    assert refused(failures, "192.0.2.1", 1000) == 0
