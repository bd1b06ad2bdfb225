"""Quotas in the memory of one process, with time moved by hand."""

import threading

import pytest

from scribepass.callers import Caller
from scribepass.errors import Scope, Throttled
from scribepass.quotas import Ceiling, Quota, Quotas, Standing
from scribepass.quotas.building import build_quotas
from support.clock import Clock

ADA, BOB = Caller(id="ada"), Caller(id="bob")
NO_CEILING = Ceiling(sessions=0, per_second=0, burst=0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def made(clock: Clock, *, ceiling: Ceiling = NO_CEILING, share: float = 1.0) -> Quotas:
    return build_quotas(None, ceiling=ceiling, failures_per_minute=20, share=share, monotonic=clock.monotonic)


def allowed(quotas: Quotas, caller: Caller, times: int, *, quota: Quota | None = None) -> int:
    count = 0
    for _ in range(times):
        try:
            quotas.spend(caller, quota=quota or Quota())
        except Throttled:
            continue
        count += 1
    return count


def test_a_burst_then_the_sustained_rate_then_the_hour(clock: Clock) -> None:
    """5 at once, 10 in a minute, 120 in an hour, for each caller by itself."""
    quotas = made(clock)
    assert allowed(quotas, ADA, 50) == 5
    assert allowed(quotas, BOB, 50) == 5
    clock.advance(30)
    assert allowed(quotas, ADA, 50) == 5
    total = 10
    while clock.monotonic() < 3599:
        clock.advance(1)
        total += allowed(quotas, ADA, 3)
    assert total == 120


def test_a_refusal_says_when_there_is_room_and_that_is_true(clock: Clock) -> None:
    """Whoever waits as long as told is served, and one second less is too soon."""
    quotas = made(clock)
    allowed(quotas, ADA, 5)
    clock.advance(10.5)
    with pytest.raises(Throttled) as raised:
        quotas.spend(ADA, quota=Quota())
    assert raised.value.scope is Scope.RATE
    assert raised.value.retry_after == 20
    clock.advance(19)
    assert allowed(quotas, ADA, 1) == 0
    clock.advance(1)
    assert allowed(quotas, ADA, 1) == 1


def test_the_standing_is_that_of_the_minute(clock: Clock) -> None:
    """For the RateLimit header: the limit, what is left, and when there will be more."""
    quotas = made(clock)
    assert quotas.spend(ADA, quota=Quota()) == Standing(limit=10, remaining=9, reset=60, window=60)
    clock.advance(20)
    assert quotas.spend(ADA, quota=Quota()) == Standing(limit=10, remaining=8, reset=40, window=60)
    assert quotas.spend(BOB, quota=Quota(per_minute=0, per_hour=0)) is None


def test_a_refusal_costs_nothing(clock: Clock) -> None:
    """What is refused in one window is not counted in another, nor in that of all callers."""
    quotas = made(clock, ceiling=Ceiling(per_second=1, burst=7))
    assert allowed(quotas, ADA, 1000) == 5
    assert allowed(quotas, BOB, 1000) == 2
    clock.advance(30)
    assert allowed(quotas, ADA, 1000) == 5


def test_all_callers_together_have_a_ceiling(clock: Clock) -> None:
    """25 at once and 5 in a second, however many they are."""
    quotas = made(clock, ceiling=Ceiling())
    callers = [Caller(id=str(number)) for number in range(100)]
    assert sum(allowed(quotas, each, 1) for each in callers) == 25
    with pytest.raises(Throttled) as raised:
        quotas.spend(BOB, quota=Quota())
    assert raised.value.scope is Scope.GLOBAL
    clock.advance(5)
    assert sum(allowed(quotas, each, 1) for each in callers) == 25


def test_of_several_processes_each_allows_its_share(clock: Clock) -> None:
    """Four processes without a store hold the limit together."""
    quota = Quota(per_minute=200, burst=0, per_hour=0)
    processes = [made(clock, share=0.25) for _ in range(4)]
    assert sum(allowed(each, ADA, 200, quota=quota) for each in processes) == 200
    standing = made(clock, share=0.25).spend(ADA, quota=quota)
    assert standing == Standing(limit=50, remaining=49, reset=60, window=60)


def test_threads_never_pass_the_limit_together(clock: Clock) -> None:
    """8 threads of 60 requests on a limit of 200: exactly 200."""
    quotas, counts = made(clock), []
    quota = Quota(per_minute=200, burst=0, per_hour=0)
    threads = [
        threading.Thread(target=lambda: counts.append(allowed(quotas, ADA, 60, quota=quota)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 200


def test_three_sessions_may_be_outstanding(clock: Clock) -> None:
    """The fourth waits until one is closed or its lease ends; a session that goes on keeps its place."""
    quotas = made(clock)
    for session in "123":
        quotas.lease(ADA, session_id=session, quota=Quota(), seconds=3600)
    with pytest.raises(Throttled) as raised:
        quotas.lease(ADA, session_id="4", quota=Quota(), seconds=3600)
    assert (raised.value.scope, raised.value.retry_after) == (Scope.SESSIONS, 60)
    quotas.lease(ADA, session_id="1", quota=Quota(), seconds=3600)
    quotas.lease(BOB, session_id="1", quota=Quota(), seconds=3600)
    for _ in range(2):
        quotas.release(ADA, session_id="2")
    quotas.lease(ADA, session_id="4", quota=Quota(), seconds=3600)


def test_a_greedy_tenant_leaves_room_for_two_others(clock: Clock) -> None:
    """Three tenants, one of them greedy: the others always get their three sessions."""
    quotas = made(clock, ceiling=Ceiling(per_second=0))
    refusals = []
    for number in range(100):
        try:
            quotas.lease(Caller(id="greedy"), session_id=str(number), quota=Quota(), seconds=3600)
        except Throttled as error:
            refusals.append(error.scope)
    assert refusals == [Scope.SESSIONS] * 97
    for caller in (ADA, BOB):
        for session in "123":
            quotas.lease(caller, session_id=session, quota=Quota(), seconds=3600)


def test_the_ceiling_holds_for_any_number_of_tenants(clock: Clock) -> None:
    """Twenty streams for everybody; the next is told that it is the deployment's limit."""
    quotas, scopes = made(clock, ceiling=Ceiling(per_second=0)), []
    for number in range(30):
        try:
            quotas.lease(Caller(id=str(number)), session_id="1", quota=Quota(), seconds=3600)
        except Throttled as error:
            scopes.append(error.scope)
    assert scopes == [Scope.GLOBAL] * 10


def test_guesses_are_counted_by_address(clock: Clock) -> None:
    """The 21st refused credential in a minute is refused for that."""
    quotas = made(clock)
    for _ in range(20):
        quotas.failed("192.0.2.1")
    with pytest.raises(Throttled):
        quotas.failed("192.0.2.1")


def test_there_is_nobody_to_wait_for(clock: Clock) -> None:
    """Memory is always ready and never degraded."""
    quotas = made(clock)
    assert quotas.ready()
    assert not quotas.degraded
    quotas.close()
