"""KeySet: an issuer's keys are in memory when a token comes, whatever the issuer does meanwhile."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from scribepass.background.forks import _after_fork_in_child
from scribepass.callers.good_keys import Pace, memory
from scribepass.callers.key_set import KeySet
from scribepass.errors import IssuerUnavailable
from support.clock import Clock
from support.logs import captured
from support.tokens import PATIENCE, Desk, jwk, key

MINUTE, HOUR = 60.0, 3600.0
OLD, NEW = jwk(key(number=1), "old"), jwk(key(number=2), "new")

Make = Callable[..., KeySet]


def settle(keys: KeySet) -> None:
    """Let the background thread do all that is due at this moment of its clocks."""
    with keys._changed:
        keys._changed.notify_all()
        assert keys._changed.wait_for(
            lambda: not keys._busy and not keys._wanted and keys._not_before > keys._monotonic(), PATIENCE
        )


def walk(keys: KeySet, clock: Clock, *, seconds: float, step: float = 1.0) -> None:
    """Let time pass in steps, in each of which the thread does what is due."""
    for _ in range(round(seconds / step)):
        clock.advance(step)
        settle(keys)


def has(keys: KeySet, kid: str) -> bool:
    return keys.key(kid, algorithm="RS256") is not None


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk() -> Desk:
    return Desk(OLD)


@pytest.fixture
def make(clock: Clock, desk: Desk) -> Iterator[Make]:
    made: list[KeySet] = []

    def one(**changed: object) -> KeySet:
        given = {
            "issuer": "corp",
            "clock": clock,
            "fetch": desk.fetch,
            "monotonic": clock.monotonic,
            **changed,
        }
        made.append(KeySet("https://login.example.com/jwks", **given))  # type: ignore[arg-type]
        return made[-1]

    yield one
    desk.gate.set()
    for each in made:
        each.close()


def test_nobody_is_asked_before_the_first_use(make: Make, desk: Desk) -> None:
    """Making one starts no thread: gunicorn's master makes one before it forks."""
    keys = make()
    assert keys._thread is None
    assert keys.age() is None
    assert not keys.ready()
    assert desk.asked == []


def test_the_first_use_waits_for_the_first_fetch(make: Make, desk: Desk) -> None:
    """A cold start refuses nobody; the address is the one of the settings."""
    keys = make()
    assert has(keys, "old")
    assert desk.asked == ["https://login.example.com/jwks"]
    assert keys.ready()
    assert keys.age() == 0


def test_twenty_cold_requests_fetch_once(make: Make, desk: Desk) -> None:
    """All of them wait for one fetch."""
    keys = make()
    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(lambda _: has(keys, "old"), range(20)))
    assert len(desk.asked) == 1


def test_it_refreshes_every_5_minutes_without_a_request(make: Make, desk: Desk, clock: Clock) -> None:
    """An idle night does not end with yesterday's keys."""
    keys = make()
    keys.start()
    settle(keys)
    walk(keys, clock, seconds=HOUR, step=5)
    assert 12 <= len(desk.asked) - 1 <= 18
    assert (keys.age() or 0) <= 5 * MINUTE


def test_a_request_for_a_known_key_never_waits(make: Make, desk: Desk, clock: Clock) -> None:
    """Not even while the refresh hangs."""
    keys = make()
    assert has(keys, "old")
    desk.gate.clear()
    desk.entered.clear()
    clock.advance(5 * MINUTE)
    assert has(keys, "old")
    with keys._changed:
        keys._changed.notify_all()
    assert desk.entered.wait(PATIENCE)
    assert has(keys, "old")


def test_a_rotated_key_is_fetched_for_the_first_token_that_it_signs(make: Make, desk: Desk) -> None:
    """Also right after a refresh of its own accord: that one does not count for the cool-down."""
    keys = make()
    assert has(keys, "old")
    desk.publish(OLD, NEW)
    assert has(keys, "new")
    assert has(keys, "old")
    assert len(desk.asked) == 2


def test_a_removed_key_is_not_good_after_the_next_fetch(make: Make, desk: Desk, clock: Clock) -> None:
    """What the issuer withdraws is withdrawn here within 5 minutes."""
    keys = make()
    assert has(keys, "old")
    desk.publish(NEW)
    walk(keys, clock, seconds=5 * MINUTE, step=10)
    assert has(keys, "new")
    assert not has(keys, "old")


def test_a_flood_of_unknown_kids_is_one_fetch(make: Make, desk: Desk, clock: Clock) -> None:
    """10,000 in 10 s of time: the issuer is asked once more, and the good key stays."""
    keys = make()
    assert has(keys, "old")
    for number in range(10_000):
        clock.advance(0.001)
        assert not has(keys, f"random-{number}")
    assert len(desk.asked) == 2
    assert has(keys, "old")


def test_the_cool_down_is_30_seconds(make: Make, desk: Desk, clock: Clock) -> None:
    """A second unknown key makes for a fetch 30 s after the first, and not before."""
    keys = make()
    assert has(keys, "old")
    assert not has(keys, "random")
    desk.publish(OLD, NEW)
    clock.advance(29.9)
    assert not has(keys, "new")
    clock.advance(0.1)
    assert has(keys, "new")


def test_an_outage_of_30_minutes_refuses_no_known_key(make: Make, desk: Desk, clock: Clock) -> None:
    """And whatever tokens come meanwhile, the issuer is asked about twice a minute."""
    keys = make()
    assert has(keys, "old")
    desk.die()
    before = len(desk.asked)
    for number in range(360):
        clock.advance(5)
        settle(keys)
        assert has(keys, "old")
        assert not has(keys, f"random-{number}")
    assert len(desk.asked) - before <= 90
    assert keys.ready()


def test_a_key_rotated_in_an_outage_is_good_30_seconds_after_it(make: Make, desk: Desk, clock: Clock) -> None:
    """At whichever moment the issuer returns, and without a token that asks for it."""
    keys = make()
    assert has(keys, "old")
    for outage in range(60, 100):
        desk.die()
        walk(keys, clock, seconds=outage + 5 * MINUTE, step=1)
        desk.revive()
        kid = f"new-{outage}"
        desk.publish(OLD, jwk(key(number=2), kid))
        walk(keys, clock, seconds=30, step=1)
        assert ((kid, "RS256") in keys._good.keys) if keys._good else False


def test_the_last_good_keys_serve_24_hours_and_no_longer(make: Make, desk: Desk, clock: Clock) -> None:
    """Then it is 503, until 30 s after the issuer is back at the latest."""
    keys = make()
    assert has(keys, "old")
    desk.die()
    clock.advance(24 * HOUR)
    settle(keys)
    assert has(keys, "old")
    clock.advance(1)
    settle(keys)
    with pytest.raises(IssuerUnavailable) as raised:
        has(keys, "old")
    assert raised.value.issuer == "corp"
    assert raised.value.retry_after > 0
    assert not keys.ready()
    desk.revive()
    clock.advance(30)
    assert has(keys, "old")


@pytest.mark.parametrize("which", ["wall", "monotonic"])
def test_age_goes_by_whichever_clock_says_more(make: Make, desk: Desk, clock: Clock, which: str) -> None:
    """A wall clock that is set back, or a monotonic one that rests in a sleep, makes no key younger."""
    keys = make()
    assert has(keys, "old")
    desk.die()
    if which == "wall":
        clock.set_wall(24 * HOUR + 1)
    else:
        clock.advance(24 * HOUR + 1)
        clock.set_wall(-24 * HOUR)
    assert keys.age() == 24 * HOUR + 1
    with pytest.raises(IssuerUnavailable):
        has(keys, "old")


def test_cold_while_the_issuer_is_down(make: Make, desk: Desk, clock: Clock) -> None:
    """503 at once between attempts, which come every 5 s at most; then it serves."""
    desk.die()
    keys = make()
    with pytest.raises(IssuerUnavailable):
        has(keys, "old")
    settle(keys)
    for _ in range(100):
        with pytest.raises(IssuerUnavailable):
            has(keys, "old")
    assert len(desk.asked) == 1
    desk.revive()
    walk(keys, clock, seconds=5)
    assert has(keys, "old")


def test_a_fetch_that_hangs_is_left_behind(make: Make, desk: Desk, clock: Clock) -> None:
    """Requests wait for it no longer than its time-out; those that come later do not wait at all."""
    desk.gate.clear()
    keys = make(pace=Pace(timeout=0.2))
    with pytest.raises(IssuerUnavailable):
        has(keys, "old")
    settle(keys)
    with pytest.raises(IssuerUnavailable):
        has(keys, "old")
    desk.gate.set()
    clock.advance(5)
    assert has(keys, "old")


def test_nobody_queues_behind_a_fetch_that_hangs(make: Make, desk: Desk, clock: Clock) -> None:
    """Whoever comes when its time is over by the clock gets an answer at once."""
    keys = make(pace=Pace(timeout=PATIENCE))
    assert has(keys, "old")
    desk.gate.clear()
    desk.entered.clear()
    first = threading.Thread(target=has, args=(keys, "random"))
    first.start()
    assert desk.entered.wait(PATIENCE)
    clock.advance(PATIENCE)
    assert not has(keys, "random-2")
    assert first.is_alive()
    desk.gate.set()
    first.join(PATIENCE)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>502</html>", id="HTML"),
        pytest.param(b'{"keys": []}', id="no key"),
        pytest.param(b'{"keys": {}}', id="no list"),
        pytest.param(b"\xff\xfe", id="no text"),
    ],
)
def test_garbage_never_replaces_a_good_set(make: Make, desk: Desk, clock: Clock, document: bytes) -> None:
    """It is as if nothing had come."""
    keys = make()
    assert has(keys, "old")
    desk.document = document
    walk(keys, clock, seconds=10 * MINUTE, step=30)
    assert has(keys, "old")
    assert (keys.age() or 0) > 5 * MINUTE


@pytest.mark.parametrize("fault", [ValueError("a bug"), RecursionError(), MemoryError()], ids=repr)
def test_whatever_a_fetch_raises_the_thread_goes_on(
    make: Make, desk: Desk, clock: Clock, fault: Exception
) -> None:
    """One attempt that fails in a new way is one attempt that failed."""
    keys = make()
    assert has(keys, "old")
    desk.fault = fault
    walk(keys, clock, seconds=6 * MINUTE, step=30)
    desk.fault = None
    desk.publish(NEW)
    walk(keys, clock, seconds=MINUTE, step=5)
    assert has(keys, "new")


def test_the_log_says_how_it_stands(make: Make, desk: Desk, clock: Clock) -> None:
    """Fetched, and failed with what is left; nothing of the answer."""
    with captured("info") as lines:
        keys = make()
        assert has(keys, "old")
        desk.document = b"<html>canary</html>"
        clock.advance(5 * MINUTE)
        settle(keys)
    (fetched,) = lines.named("key_set_fetched")
    assert (fetched["issuer"], fetched["kids"]) == ("corp", 1)
    (failed,) = lines.named("key_set_not_fetched")
    assert failed["fault"] == "answered what is no JSON object"
    assert failed["seconds_old"] == 300
    assert failed["serving"] == "the last good keys"
    assert "canary" not in lines.text


def test_after_close_nothing_is_fetched(make: Make, desk: Desk, clock: Clock) -> None:
    """What is at hand stays at hand, nobody waits, and closing twice is fine."""
    keys = make()
    assert has(keys, "old")
    keys.close()
    keys.close()
    clock.advance(HOUR)
    assert has(keys, "old")
    assert not has(keys, "random")
    assert len(desk.asked) == 1


def test_a_cold_one_that_was_closed_serves_nobody(make: Make) -> None:
    """And does not wait for what never comes."""
    keys = make()
    keys.close()
    with pytest.raises(IssuerUnavailable):
        has(keys, "old")


def test_a_worker_that_starts_in_an_outage_goes_on_with_the_keys_of_before(
    make: Make, desk: Desk, clock: Clock
) -> None:
    """Workers are replaced; what one of them fetched is remembered, for as long as it is good."""
    last = memory()
    assert has(make(last=last), "old")
    desk.die()
    clock.advance(HOUR)
    second = make(last=last)
    assert has(second, "old")
    assert second.age() == HOUR
    clock.advance(23 * HOUR + 1)
    with pytest.raises(IssuerUnavailable):
        has(make(last=last), "old")


def test_what_one_worker_fetched_serves_another_that_came_too_late(
    make: Make, desk: Desk, clock: Clock
) -> None:
    """It ran before anybody had fetched, and when it asks, the issuer is away."""
    last, late = memory(), Desk(OLD)
    late.die()
    second = make(last=last, fetch=late.fetch)
    with pytest.raises(IssuerUnavailable):
        has(second, "old")
    desk.publish(OLD, NEW)
    assert has(make(last=last), "new")
    walk(second, clock, seconds=5)
    assert has(second, "new")
    assert has(second, "old")


def test_a_forked_child_fetches_for_itself(make: Make, desk: Desk) -> None:
    """Neither the parent's thread nor a lock that was held at the fork is missed there."""
    keys = make()
    assert has(keys, "old")
    desk.publish(NEW)
    keys._changed.acquire()
    child = os.fork()
    if child == 0:
        good = has(keys, "old") and has(keys, "new")
        os._exit(0 if good else 1)
    keys._changed.release()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert has(keys, "new")


def test_what_a_fork_does_to_one_that_never_ran(make: Make) -> None:
    """Made in the master, used in the worker: it begins there."""
    keys = make()
    _after_fork_in_child()
    assert has(keys, "old")
