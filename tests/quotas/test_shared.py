"""Quotas through a store that can be away, with time moved by hand."""

import threading
from collections.abc import Callable, Iterator

import pytest

from scribepass.callers import Caller
from scribepass.errors import Scope, Throttled
from scribepass.quotas import Ceiling, Quota, Standing
from support.logs import captured
from support.quotas import NO_CEILING, Deployment

TEN = Quota(per_minute=10, burst=0, per_hour=0)
MANY = Quota(per_minute=200, burst=0, per_hour=0)
ADA = Caller(id="ada")


@pytest.fixture
def deploy() -> Iterator[Callable[..., Deployment]]:
    made: list[Deployment] = []

    def make(processes: int, *, ceiling: Ceiling = NO_CEILING, up: bool = True) -> Deployment:
        made.append(Deployment(processes, ceiling=ceiling, up=up))
        return made[-1]

    yield make
    for each in made:
        each.close()


def outstanding(
    deployment: Deployment, process: int, *sessions: str, caller: Caller = ADA
) -> list[Scope | None]:
    """What each of these leases is refused for, or None."""
    refusals: list[Throttled | None] = []
    for each in sessions:
        try:
            deployment.processes[process].lease(caller, session_id=each, quota=Quota(), seconds=3600)
        except Throttled as error:
            refusals.append(error)
        else:
            refusals.append(None)
    assert all(1 <= each.retry_after <= 60 for each in refusals if each), "nobody is told to wait an hour"
    return [each.scope if each else None for each in refusals]


def test_processes_count_together(deploy: Callable[..., Deployment]) -> None:
    """With the store four processes admit the limit, whoever is asked."""
    deployment = deploy(4)
    assert deployment.ask_all(quota=MANY, times=60) == [60, 60, 60, 20]
    assert deployment.figures.gauges == {"limiter_degraded": 0}


def test_a_caller_is_told_how_it_stands_with_all(deploy: Callable[..., Deployment]) -> None:
    """What another process admitted counts; a caller without limits is told nothing."""
    deployment = deploy(2)
    deployment.ask(0, quota=TEN, caller="ada")
    standing = deployment.processes[1].spend(ADA, quota=TEN)
    assert standing == Standing(limit=10, remaining=8, reset=60, window=60)
    assert deployment.processes[1].spend(ADA, quota=Quota(per_minute=0, per_hour=0)) is None


def test_a_refusal_of_the_store_says_when_there_is_room(deploy: Callable[..., Deployment]) -> None:
    """The caller's own limit, or that of all."""
    deployment = deploy(2, ceiling=Ceiling(per_second=5, burst=25))
    deployment.ask_all(quota=TEN)
    with pytest.raises(Throttled) as raised:
        deployment.processes[0].spend(Caller(id="somebody"), quota=TEN)
    assert (raised.value.scope, raised.value.retry_after) == (Scope.RATE, 60)
    deployment.ask_all(quota=MANY, caller="another")
    with pytest.raises(Throttled) as raised:
        deployment.processes[0].spend(ADA, quota=TEN)
    assert (raised.value.scope, raised.value.retry_after) == (Scope.GLOBAL, 5)


def test_without_the_store_each_allows_its_share(deploy: Callable[..., Deployment]) -> None:
    """Never reached: for a minute a fifth of it, for others may have reached it; then the limit, divided."""
    deployment = deploy(4, up=False)
    assert deployment.ask_all(quota=MANY) == [10] * 4
    assert deployment.ask_all(quota=TEN, caller="ten") == [1] * 4
    deployment.pass_time(60)
    assert deployment.ask_all(quota=MANY) == [50] * 4
    assert deployment.ask_all(quota=TEN, caller="ten") == [2] * 4
    standing = deployment.processes[0].spend(ADA, quota=MANY)
    assert standing == Standing(limit=50, remaining=49, reset=60, window=60)


def test_when_the_store_dies_little_is_added_to_what_it_granted(deploy: Callable[..., Deployment]) -> None:
    """All 200 were just granted at one process: the others add a fifth of the limit for a minute, no more."""
    deployment = deploy(4)
    assert sum(deployment.ask(0, quota=MANY) for _ in range(300)) == 200
    deployment.shelf.up = False
    assert deployment.ask_all(quota=MANY) == [0, 10, 10, 10]
    with pytest.raises(Throttled) as raised:
        deployment.processes[1].spend(Caller(id="somebody"), quota=MANY)
    assert raised.value.retry_after == 60
    deployment.pass_time(60)
    assert deployment.ask_all(quota=MANY) == [50] * 4
    assert deployment.most_in(60) <= 240


def test_whom_the_store_has_just_refused_gets_nothing_alone(deploy: Callable[..., Deployment]) -> None:
    """A small limit has no fifth for each: only who was not refused gets the one that everybody gets."""
    deployment = deploy(4)
    assert deployment.ask_all(quota=TEN, times=4) == [4, 4, 2, 0]
    deployment.shelf.up = False
    assert deployment.ask_all(quota=TEN) == [0, 0, 0, 0]
    assert deployment.ask_all(quota=TEN, caller="quiet") == [1, 1, 1, 1]


def test_a_short_absence_costs_nobody_anything(deploy: Callable[..., Deployment]) -> None:
    """Back within a minute, the store still knows what it granted: its word is enough again."""
    deployment = deploy(4)
    deployment.ask(0, quota=MANY)
    deployment.shelf.up = False
    assert not any(process.degraded for process in deployment.processes)
    deployment.ask(1, quota=MANY)
    assert [process.degraded for process in deployment.processes] == [False, True, False, False]
    deployment.shelf.up = True
    deployment.look()
    assert deployment.ask(1, quota=MANY)
    assert sum(deployment.ask(1, quota=MANY) for _ in range(300)) == 198, "the store has its 200"


def test_after_a_long_absence_nobody_is_admitted_twice(deploy: Callable[..., Deployment]) -> None:
    """What each admitted alone is not in the store: for a minute both must agree."""
    deployment = deploy(4)
    deployment.ask(0, quota=MANY)
    deployment.shelf.up = False
    deployment.pass_time(120)
    assert deployment.ask_all(quota=MANY) == [50] * 4
    deployment.shelf.up = True
    deployment.pass_time(1)
    assert deployment.ask_all(quota=MANY) == [0] * 4
    deployment.pass_time(60)
    assert sum(deployment.ask(0, quota=MANY) for _ in range(300)) == 200
    assert deployment.most_in(60) <= 240


def test_a_store_that_comes_back_empty_is_not_believed(deploy: Callable[..., Deployment]) -> None:
    """A restart without persistence: the limit is not there a second time."""
    deployment = deploy(4)
    assert sum(deployment.ask(0, quota=MANY) for _ in range(300)) == 200
    deployment.shelf.up = False
    deployment.pass_time(1)
    deployment.shelf.forget()
    deployment.shelf.up = True
    deployment.pass_time(1)
    assert deployment.ask_all(quota=MANY) == [0, 10, 10, 10]
    assert deployment.most_in(60) <= 240
    deployment.pass_time(121)
    assert sum(deployment.ask(0, quota=MANY) for _ in range(300)) == 200


def test_a_restart_that_nobody_noticed_is_seen_by_its_mark(deploy: Callable[..., Deployment]) -> None:
    """Between two requests the store went and came: the next request, or the thread, finds it empty."""
    deployment = deploy(4)
    assert sum(deployment.ask(0, quota=MANY) for _ in range(300)) == 200
    deployment.shelf.forget()
    assert not deployment.ask(0, quota=MANY)
    deployment.pass_time(1)
    assert deployment.ask_all(quota=MANY) == [0, 10, 10, 10]


def test_a_process_alone_in_the_world_is_exact(deploy: Callable[..., Deployment]) -> None:
    """With a share of 1 it knows everything: away or back, exactly the limit."""
    deployment = deploy(1)
    assert sum(deployment.ask(0, quota=TEN) for _ in range(6)) == 6
    deployment.shelf.up = False
    assert deployment.ask_all(quota=TEN) == [4]
    deployment.shelf.up = True
    deployment.pass_time(1)
    assert deployment.ask_all(quota=TEN) == [0]
    deployment.pass_time(60)
    assert deployment.ask_all(quota=TEN) == [10]


def test_while_it_is_away_no_request_asks_the_store(deploy: Callable[..., Deployment]) -> None:
    """One request finds out; the others do not wait for a time-out each."""
    deployment = deploy(1)
    deployment.shelf.up = False
    deployment.ask_all(quota=TEN, times=100)
    assert deployment.shelf.asked == 1
    assert deployment.figures.gauges["limiter_degraded"] == 1


def test_a_quiet_process_notices_too(deploy: Callable[..., Deployment]) -> None:
    """Its thread asks when no request has for a while; where requests ask, it does not."""
    deployment = deploy(2)
    deployment.clock.advance(1)
    deployment.ask(0, quota=TEN)
    deployment.look()
    assert deployment.shelf.asked == 2  # the request, and the thread of the other
    deployment.shelf.up = False
    deployment.pass_time(1)
    assert all(each.degraded for each in deployment.processes)


def test_each_change_is_one_line_and_each_failure_is_counted(deploy: Callable[..., Deployment]) -> None:
    """The log says what happened once; the figures say how often."""
    with captured() as lines:
        deployment = deploy(1)
        deployment.shelf.up = False
        deployment.ask_all(quota=TEN, times=5)
        deployment.pass_time(3)
        deployment.shelf.up = True
        deployment.pass_time(3)
        assert [line["event"] for line in lines.all] == ["limiter_store_lost", "limiter_store_back"]
        assert lines.named("limiter_store_lost")[0]["error"] == "Fake"
    assert deployment.figures.counts == {"store_errors": 4}
    assert deployment.figures.gauges == {"limiter_degraded": 0}


def test_what_was_admitted_alone_counts_for_the_hour(deploy: Callable[..., Deployment]) -> None:
    """The store is told with the caller's next request; if that is refused, with the one after it."""
    hourly = Quota(per_minute=0, burst=0, per_hour=20)
    deployment = deploy(2)
    deployment.ask(0, quota=hourly)
    deployment.shelf.up = False
    assert deployment.ask_all(quota=hourly) == [9, 10]
    deployment.shelf.up = True
    deployment.pass_time(1)
    assert deployment.ask(0, quota=hourly)
    assert not deployment.ask(1, quota=hourly)
    assert deployment.most_in(3600) == 21


def test_after_it_has_forgotten_everything_counts_for_the_hour(deploy: Callable[..., Deployment]) -> None:
    """What the store itself had granted, it is told again."""
    hourly = Quota(per_minute=0, burst=0, per_hour=20)
    deployment = deploy(2)
    deployment.ask_all(quota=hourly, times=9)
    deployment.shelf.forget()
    deployment.pass_time(1)
    assert deployment.ask(0, quota=hourly)
    assert deployment.ask(1, quota=hourly)
    assert deployment.ask_all(quota=hourly) == [0, 0]


def test_a_store_that_fails_in_the_middle_counts_once(deploy: Callable[..., Deployment]) -> None:
    """A request that the store did not finish is judged by the process, and remembered once."""
    deployment = deploy(1)
    deployment.ask(0, quota=TEN)
    deployment.shelf.up = False
    assert deployment.ask_all(quota=TEN) == [9]


def test_leases_are_shared_and_released_anywhere(deploy: Callable[..., Deployment]) -> None:
    """Three for a caller, whichever process is asked, and each can be closed at another."""
    deployment = deploy(2, ceiling=Ceiling(per_second=0))
    assert outstanding(deployment, 0, "1", "2") == [None, None]
    assert outstanding(deployment, 1, "3", "4", "1") == [None, Scope.SESSIONS, None]
    deployment.processes[1].release(ADA, session_id="1")
    assert outstanding(deployment, 0, "4") == [None]


def test_without_the_store_a_caller_holds_no_more_than_is_known(deploy: Callable[..., Deployment]) -> None:
    """A process that knows of three grants none; one that knows of none grants its share."""
    deployment = deploy(2, ceiling=Ceiling(per_second=0))
    outstanding(deployment, 0, "1", "2", "3")
    deployment.shelf.up = False
    assert outstanding(deployment, 0, "4", "2") == [Scope.SESSIONS, None]
    assert outstanding(deployment, 1, "4", "5") == [None, Scope.SESSIONS]
    deployment.processes[0].release(ADA, session_id="1")
    assert outstanding(deployment, 0, "5") == [Scope.SESSIONS], "its share is the renewed one"


def test_what_was_known_is_believed_for_ten_minutes(deploy: Callable[..., Deployment]) -> None:
    """Sessions that were closed at another process do not keep a caller out till the end of their leases."""
    deployment = deploy(2, ceiling=Ceiling(per_second=0))
    outstanding(deployment, 0, "1", "2", "3")
    deployment.shelf.up = False
    assert outstanding(deployment, 0, "4") == [Scope.SESSIONS]
    deployment.clock.advance(600)
    assert outstanding(deployment, 0, "4", "5") == [None, Scope.SESSIONS]


def test_the_store_is_told_what_it_missed(deploy: Callable[..., Deployment]) -> None:
    """Leases that were granted, and sessions that were closed, while it was away."""
    deployment = deploy(2, ceiling=Ceiling(per_second=0))
    outstanding(deployment, 0, "1", "2", "3")
    deployment.shelf.up = False
    deployment.processes[1].release(ADA, session_id="1")
    deployment.processes[1].release(ADA, session_id="2")
    assert outstanding(deployment, 1, "4") == [None]
    deployment.processes[1].release(ADA, session_id="unknown")
    deployment.shelf.up = True
    deployment.pass_time(1)
    assert deployment.shelf.leases.total(deployment.clock.monotonic()) == 2
    assert outstanding(deployment, 0, "5", "6") == [None, Scope.SESSIONS]


def test_an_empty_store_is_told_what_is_known(deploy: Callable[..., Deployment]) -> None:
    """A restart gives nobody a second set of sessions."""
    deployment = deploy(2, ceiling=Ceiling(per_second=0))
    outstanding(deployment, 0, "1", "2", "3")
    deployment.shelf.forget()
    deployment.pass_time(1)
    assert outstanding(deployment, 1, "4") == [Scope.SESSIONS]


def test_the_account_keeps_its_reserve_while_the_store_is_away(deploy: Callable[..., Deployment]) -> None:
    """20 of 25 streams were granted: four processes add four. 12 were: they add the eight that were free."""
    deployment = deploy(4, ceiling=Ceiling(per_second=0))
    for number in range(12):
        assert outstanding(deployment, number % 4, "1", caller=Caller(id=str(number))) == [None]
    for process in range(4):
        outstanding(deployment, process, "2", caller=Caller(id=str(process)))
    deployment.shelf.up = False
    granted = [
        outstanding(deployment, process, "1", caller=Caller(id=f"{process}/{number}")) == [None]
        for process in range(4)
        for number in range(9)
    ]
    assert sum(granted) == 4
    full = outstanding(deployment, 0, "1", caller=Caller(id="late"))
    assert full == [Scope.GLOBAL]


def test_a_process_alone_knows_what_is_free(deploy: Callable[..., Deployment]) -> None:
    """With a share of 1 the ceiling holds exactly."""
    deployment = deploy(1, ceiling=Ceiling(per_second=0, sessions=5))
    for number in range(4):
        outstanding(deployment, 0, "1", caller=Caller(id=str(number)))
    deployment.shelf.up = False
    assert outstanding(deployment, 0, "1", caller=Caller(id="5")) == [None]
    assert outstanding(deployment, 0, "1", caller=Caller(id="6")) == [Scope.GLOBAL]


def test_without_limits_everything_is_leased_away_or_not(deploy: Callable[..., Deployment]) -> None:
    """0 is no limit."""
    deployment = deploy(2)
    for up in (True, False):
        deployment.shelf.up = up
        for number in range(50):
            deployment.processes[0].lease(
                ADA, session_id=f"{up}{number}", quota=Quota(sessions=0), seconds=60
            )


def test_closed_sessions_are_remembered_in_bounded_memory(deploy: Callable[..., Deployment]) -> None:
    """An absence of days does not fill the memory."""
    deployment = deploy(1)
    deployment.shelf.up = False
    for number in range(10_010):
        deployment.processes[0].release(ADA, session_id=str(number))
    assert len(deployment.processes[0]._held._closed) == 10_000


def test_it_is_ready_when_the_store_has_answered_lately(deploy: Callable[..., Deployment]) -> None:
    """Nobody is asked if somebody just was; while the store is away it is not ready."""
    deployment = deploy(1)
    quotas = deployment.processes[0]
    assert quotas.ready()
    assert deployment.shelf.asked == 0
    deployment.shelf.up = False
    deployment.clock.advance(11)
    assert not quotas.ready()
    assert quotas.degraded
    deployment.shelf.up = True
    assert not quotas.ready()
    deployment.look()
    assert quotas.ready()


def test_a_store_that_has_forgotten_is_ready_at_once(deploy: Callable[..., Deployment]) -> None:
    """It answers; what it does not know, it is told."""
    deployment = deploy(1)
    assert deployment.processes[0].ready()
    deployment.shelf.forget()
    deployment.clock.advance(11)
    assert deployment.processes[0].ready()


def test_guesses_never_reach_the_store(deploy: Callable[..., Deployment]) -> None:
    """A stranger can neither load it nor fill it."""
    deployment = deploy(2)
    for _ in range(10):
        deployment.processes[0].failed("192.0.2.1")
    with pytest.raises(Throttled):
        deployment.processes[0].failed("192.0.2.1")
    assert deployment.shelf.asked == 0


def test_threads_agree_while_it_comes_and_goes(deploy: Callable[..., Deployment]) -> None:
    """8 threads while the store flaps beneath them: nothing is raised, and the limit holds."""
    deployment, done = deploy(1), threading.Event()

    def flap() -> None:
        while not done.is_set():
            deployment.shelf.up = not deployment.shelf.up
            deployment.look()

    flapping = threading.Thread(target=flap)
    flapping.start()
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(sum(deployment.ask(0, quota=MANY) for _ in range(60))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    flapping.join()
    assert 0 < sum(counts) <= 200


def test_closing_ends_the_thread(deploy: Callable[..., Deployment]) -> None:
    """And what comes later is still answered."""
    deployment = deploy(1)
    deployment.ask(0, quota=TEN)
    quotas = deployment.processes[0]
    assert quotas._watch._thread is not None
    quotas.close()
    assert not quotas._watch._thread.is_alive()
    assert deployment.ask(0, quota=TEN)
