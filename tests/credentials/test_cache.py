"""RefreshAhead: credentials are in memory when a request comes, whatever their source does meanwhile."""

import random
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from scribepass.credentials import Static
from scribepass.credentials.cache import RefreshAhead
from scribepass.credentials.faults import Fault
from scribepass.errors import CredentialsUnavailable
from scribepass.sigv4 import Credentials
from support.clock import START, Clock, Hurried
from support.credentials import PATIENCE, Make, Source, settle
from support.logs import captured

MINUTE = 60.0
HOUR = 3600.0
HOURS_STEPS = 125  # of 30 s: a little more than an hour
CROWD = 1000


def test_the_first_call_fetches_and_the_next_ones_do_not(clock: Clock, make: Make) -> None:
    """One fetch serves every request until the window opens."""
    source = Source(clock)
    cache = make(source)
    assert cache.current().access_key_id == "ASIA0001"
    clock.advance(HOUR - 35 * MINUTE - 1)
    settle(cache)
    assert cache.current().access_key_id == "ASIA0001"
    assert source.calls == 1


def test_nobody_is_asked_before_the_first_use(clock: Clock, make: Make) -> None:
    """Making a cache starts no thread: gunicorn's master makes one before it forks."""
    source = Source(clock)
    cache = make(source)
    assert cache._thread is None
    assert source.calls == 0


def test_it_refreshes_35_minutes_before_the_end_without_a_request(clock: Clock, make: Make) -> None:
    """The thread renews on its own: an idle night does not end in a cold morning."""
    source = Source(clock)
    cache = make(source)
    cache.current()
    clock.advance(HOUR - 35 * MINUTE)
    settle(cache)
    assert source.calls == 2
    assert cache.current().access_key_id == "ASIA0002"
    assert cache.seconds_left() == HOUR


def test_requests_are_served_while_the_refresh_is_slow(clock: Clock, make: Make) -> None:
    """Ahead of the mandatory window no request waits for the source."""
    source = Source(clock)
    cache = make(source)
    cache.current()
    source.gate.clear()
    source.entered.clear()
    clock.advance(HOUR - 30 * MINUTE)
    assert cache.current().access_key_id == "ASIA0001"
    assert source.entered.wait(PATIENCE)
    assert cache.current().access_key_id == "ASIA0001"
    source.gate.set()
    settle(cache)
    assert cache.current().access_key_id == "ASIA0002"


@pytest.mark.parametrize("life", [HOUR, 900.0, 60.0], ids=["one hour", "15 minutes", "scaled by 60"])
def test_an_outage_of_half_the_life_at_the_worst_moment_fails_nothing(
    clock: Clock, make: Make, life: float
) -> None:
    """The source dies just before the refresh, for 30 minutes of an hour: 0 failures, then a refresh."""
    source = Source(clock, life=life)
    cache = make(source)
    cache.current()
    clock.advance(life * 25 / 60 - 0.001)
    source.die()
    step = life / 360
    for _ in range(180):
        clock.advance(step)
        settle(cache)
        assert cache.current().access_key_id == "ASIA0001"
    assert source.calls <= 90  # every 30 s at first, then every 10 s of this walk
    source.revive()
    clock.advance(life / 40)
    settle(cache)
    assert cache.current().access_key_id == f"ASIA{source.calls:04}"


def test_at_the_end_of_life_it_fails_closed(clock: Clock, make: Make) -> None:
    """Expired credentials are never given out, not even when there are no others."""
    source = Source(clock)
    cache = make(source)
    cache.current()
    source.die()
    clock.advance(HOUR - 1)
    assert cache.current().access_key_id == "ASIA0001"
    clock.advance(1)
    with pytest.raises(CredentialsUnavailable) as raised:
        cache.current()
    assert raised.value.retry_after > 0
    assert cache.seconds_left() == 0


def test_in_the_mandatory_window_a_request_waits_for_the_refresh(clock: Clock, make: Make) -> None:
    """Two minutes before the end the new credentials are worth waiting for."""
    source = Source(clock)
    cache = make(source)
    cache.current()
    source.die()
    clock.advance(HOUR - 3 * MINUTE)
    settle(cache)
    source.revive()
    clock.advance(1 * MINUTE)
    assert cache.current().access_key_id == f"ASIA{source.calls:04}"
    assert cache.seconds_left() == HOUR


def test_a_request_waits_no_longer_than_the_deadline(clock: Clock, make: Make) -> None:
    """A source that hangs costs a cold request its deadline, then a refusal."""
    source = Source(clock)
    source.gate.clear()
    cache = make(source, deadline=0.05)
    with pytest.raises(CredentialsUnavailable):
        cache.current()
    source.gate.set()
    settle(cache)
    assert cache.current().access_key_id == "ASIA0001"
    assert source.calls == 1


def test_whoever_comes_late_to_an_attempt_that_hangs_does_not_wait(clock: Clock, make: Make) -> None:
    """The wait counts from the attempt's start: else all threads queue, and none answers a health check."""
    source = Source(clock)
    source.gate.clear()
    cache = make(source, deadline=6 * PATIENCE, timeout=6 * PATIENCE)
    cache.start()
    assert source.entered.wait(PATIENCE)
    clock.advance(6 * PATIENCE)
    with pytest.raises(CredentialsUnavailable):
        cache.current()
    assert cache._busy
    assert cache._attempts == 0
    source.gate.set()
    settle(cache)
    assert cache.current().access_key_id == "ASIA0001"


def test_an_attempt_that_hangs_is_abandoned(clock: Clock, make: Make) -> None:
    """The next one is made beside it, and what the first gives in the end changes nothing."""
    source = Source(clock)
    source.gate.clear()
    cache = make(source, deadline=PATIENCE, timeout=0.05)
    with pytest.raises(CredentialsUnavailable):
        cache.current()
    assert source.calls == 1
    held, source.gate = source.gate, threading.Event()
    source.gate.set()
    clock.advance(1)
    assert cache.current().access_key_id == "ASIA0002"
    held.set()


def test_a_cold_crowd_makes_one_call(clock: Clock, make: Make) -> None:
    """1,000 requests at the same instant share one attempt."""
    source = Source(clock)
    source.gate.clear()
    cache = make(source, deadline=PATIENCE)
    start = threading.Barrier(CROWD + 1)
    got: list[str] = []

    def ask() -> None:
        start.wait()
        got.append(cache.current().access_key_id)

    threads = [threading.Thread(target=ask) for _ in range(CROWD)]
    for thread in threads:
        thread.start()
    start.wait()
    assert source.entered.wait(PATIENCE)
    source.gate.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert got == ["ASIA0001"] * CROWD
    assert source.calls == 1


def test_requests_cannot_hammer_a_dead_source(clock: Clock, make: Make) -> None:
    """While it is down, a thousand requests make one attempt a second."""
    source = Source(clock)
    source.die()
    cache = make(source)
    for second in range(1, 4):
        for _ in range(300):
            with pytest.raises(CredentialsUnavailable):
                cache.current()
        assert source.calls == second
        clock.advance(1)
    source.revive()
    assert cache.current().access_key_id == "ASIA0004"


@pytest.mark.parametrize(
    ("left", "pause"),
    [
        pytest.param(30 * MINUTE, 30, id="calm: 30 to 90 s"),
        pytest.param(10 * MINUTE, 5, id="under 10 minutes: 5 to 15 s"),
    ],
)
def test_it_backs_off_after_a_failure(clock: Clock, make: Make, left: float, pause: float) -> None:
    """In the background a failed attempt is repeated after a pause, sooner when little time is left."""
    source = Source(clock)
    cache = make(source)
    cache.current()
    source.die()
    clock.advance(HOUR - left)
    settle(cache)
    assert source.calls == 2
    clock.advance(pause - 0.001)
    cache.current()
    settle(cache)
    assert source.calls == 2
    clock.advance(0.001)
    cache.current()
    settle(cache)
    assert source.calls == 3


@pytest.mark.parametrize(
    "fault",
    [ValueError("a body that is not what it should be"), KeyError("Credentials"), OSError(), RuntimeError()],
    ids=repr,
)
def test_whatever_a_source_raises_the_thread_lives(clock: Clock, make: Make, fault: Exception) -> None:
    """An exception that nobody foresaw is a failed attempt and nothing more."""
    source = Source(clock)
    source.fault = fault
    cache = make(source)
    with pytest.raises(CredentialsUnavailable):
        cache.current()
    source.revive()
    clock.advance(1)
    assert cache.current().access_key_id == "ASIA0002"


def test_credentials_that_have_ended_already_are_no_credentials(clock: Clock, make: Make) -> None:
    """A source whose clock is behind, or that answers from a stale cache, does not replace anything."""
    source = Source(clock, life=-1)
    cache = make(source)
    with pytest.raises(CredentialsUnavailable):
        cache.current()
    source.life = HOUR
    clock.advance(1)
    assert cache.current().access_key_id == "ASIA0002"


def test_a_source_that_has_not_renewed_yet_is_asked_again(clock: Clock, make: Make) -> None:
    """An instance's metadata gives the same credentials until shortly before their end."""
    source = Source(clock)
    cache = make(source)
    first = cache.current()
    ends = first.expires_at
    source.issue = lambda _number: first  # type: ignore[method-assign]
    clock.advance(HOUR - 35 * MINUTE)
    settle(cache)
    assert source.calls == 2
    assert cache.current() is first
    del source.issue
    clock.advance(30)
    settle(cache)
    assert cache.current().expires_at != ends
    assert source.calls == 3


def test_credentials_without_an_end_are_fetched_once(clock: Clock, make: Make) -> None:
    """Static keys need no refresh."""
    source = Source(clock, life=None)
    cache = make(source)
    cache.current()
    clock.advance(1000 * HOUR)
    settle(cache)
    assert cache.current().access_key_id == "ASIA0001"
    assert source.calls == 1


def test_jitter_only_ever_refreshes_earlier(clock: Clock, make: Make) -> None:
    """Processes that started together drift apart, and none of them gives up ride-through."""
    source = Source(clock)
    cache = make(source, draw=lambda _low, high: high)
    cache.current()
    clock.advance(25 * MINUTE * 0.9)
    settle(cache)
    assert source.calls == 2


def test_a_clock_that_is_set_back_changes_nothing(clock: Clock, make: Make) -> None:
    """Ten minutes back: no hang, no storm, and the pause after a failure is not ten minutes longer."""
    source = Source(clock)
    source.die()
    cache = make(source)
    with pytest.raises(CredentialsUnavailable):
        cache.current()
    clock.set_wall(-600)
    source.revive()
    clock.advance(1)
    assert cache.current().access_key_id == "ASIA0002"
    clock.set_wall(-600)
    settle(cache)
    assert cache.current().access_key_id == "ASIA0002"
    assert source.calls == 2


def test_a_lasting_fault_is_not_asked_about_again_soon(clock: Clock, make: Make) -> None:
    """Five seconds for requests, a minute in the background; an error in the log; what is at hand serves."""
    source = Source(clock)
    cache = make(source)
    good = cache.current()
    source.die(Fault.DENIED)
    clock.advance(HOUR - 35 * MINUTE)
    with captured() as lines:
        settle(cache)
    (line,) = lines.named("credentials_refresh_failed")
    assert (line["level"], line["fault"]) == ("error", "denied")
    for _ in range(59):
        clock.advance(1)
        settle(cache)
        assert cache.current() is good
    assert source.calls == 2
    clock.advance(1)
    settle(cache)
    assert source.calls == 3


def test_requests_learn_of_a_lasting_fault_from_memory(clock: Clock, make: Make) -> None:
    """Without credentials each request is refused at once, and one every five seconds asks."""
    source = Source(clock)
    source.die(Fault.DENIED)
    cache = make(source)
    for calls in (1, 2, 3):
        for _ in range(50):
            with pytest.raises(CredentialsUnavailable) as raised:
                cache.current()
            assert raised.value.permanent
            assert raised.value.retry_after == 60
        assert source.calls == calls
        clock.advance(5)
    source.revive()
    assert cache.current().access_key_id == "ASIA0004"


def test_a_fault_that_passes_is_not_permanent_any_longer(clock: Clock, make: Make) -> None:
    """The last attempt says what kind of fault it is."""
    source = Source(clock)
    source.die(Fault.DENIED)
    cache = make(source)
    with pytest.raises(CredentialsUnavailable):
        cache.current()
    source.die(Fault.UNREACHABLE)
    clock.advance(5)
    with pytest.raises(CredentialsUnavailable) as raised:
        cache.current()
    assert not raised.value.permanent
    assert raised.value.retry_after == 1


def test_a_throttled_source_is_asked_less_and_less(clock: Clock, make: Make) -> None:
    """Never more than once a second, however many ask; with jitter, up to half a minute apart."""
    source = Source(clock)
    source.die(Fault.THROTTLED)
    cache = make(source, draw=lambda _low, high: high)
    seconds: list[int] = []
    for second in range(120):
        before = source.calls
        for _ in range(20):
            with pytest.raises(CredentialsUnavailable) as raised:
                cache.current()
            assert 1 <= raised.value.retry_after <= 30
        settle(cache)
        assert source.calls - before <= 1
        if source.calls > before:
            seconds.append(second)
        clock.advance(1)
    assert seconds == [0, 2, 6, 14, 30, 60, 90]
    source.revive()
    clock.advance(30)
    assert cache.current().expires_at is not None


def test_a_cold_process_recovers_within_5_seconds_of_the_return(clock: Clock, make: Make) -> None:
    """Also when nobody asks, and wherever in its pause the source comes back."""
    for draw in (lambda low, _high: low, lambda _low, high: high):
        source = Source(clock)
        source.die(Fault.UNREACHABLE)
        cache = make(source, draw=draw)
        cache.start()
        for _ in range(100):
            clock.advance(0.5)
            settle(cache)
        source.revive()
        for _ in range(8):
            clock.advance(0.5)
            settle(cache)
        assert cache.seconds_left() > 0


def test_after_the_end_it_recovers_as_fast(clock: Clock, make: Make) -> None:
    """Expired credentials are no better than none."""
    source = Source(clock)
    cache = make(source, draw=lambda _low, high: high)
    cache.current()
    source.die()
    for _ in range(HOURS_STEPS):
        clock.advance(30)
        settle(cache)
    assert cache.seconds_left() == 0
    source.revive()
    clock.advance(4)
    settle(cache)
    assert cache.seconds_left() > 0


def test_each_attempt_that_hangs_is_counted(clock: Clock, make: Make) -> None:
    """It may never end, and so never count itself."""
    counted: list[tuple[str, dict[str, str]]] = []

    class Counts:
        def count(self, name: str, /, **labels: str) -> None:
            counted.append((name, labels))

        def observe(self, name: str, seconds: float, /, **labels: str) -> None: ...

        def gauge(self, name: str, value: float, /, **labels: str) -> None: ...

    source = Source(clock)
    source.gate.clear()
    cache = make(source, timeout=0.05, metrics=Counts())
    with pytest.raises(CredentialsUnavailable):
        cache.current()
    assert counted == [("sts_calls", {"result": "timeout"})]
    source.gate.set()


@pytest.mark.parametrize("tempo", [600.0, 3600.0])
def test_an_hour_in_a_moment(tempo: float) -> None:
    """With clocks that run faster, so do all waits: credentials of an hour are renewed without a request."""
    clock = Hurried(tempo)
    source = Source(clock)  # type: ignore[arg-type]
    cache = RefreshAhead(source, clock=clock, tempo=tempo)
    cache.start()
    try:
        deadline = time.monotonic() + 2 * HOUR / tempo + PATIENCE
        while source.calls < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert source.calls >= 3
    finally:
        cache.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_random_walk_never_sees_expired_credentials(clock: Clock, make: Make, seed: int) -> None:
    """Time jumps, the source comes and goes: what is given out has not ended, and a refusal has a reason."""
    chance = random.Random(seed)
    source = Source(clock)
    cache = make(source, draw=chance.uniform)
    cache.start()
    for _ in range(2000):
        clock.advance(chance.choice([0.5, 5, 60, 600]))
        if chance.random() < 0.1:
            (source.revive if source.fault else source.die)()
        settle(cache)
        try:
            credentials = cache.current()
        except CredentialsUnavailable:
            assert cache.seconds_left() == 0
            assert source.fault is not None or clock.monotonic() < cache._pauses.request
        else:
            assert credentials.expires_at is not None
            assert credentials.expires_at > clock()
            assert credentials.secret_access_key[-4:] == credentials.access_key_id[-4:]
    assert source.most_inside == 1


def test_threads_never_see_a_torn_set(clock: Clock, make: Make) -> None:
    """Key, secret and token always belong together while sets are replaced under readers."""
    source = Source(clock)
    cache = make(source)
    cache.current()
    stop = threading.Event()
    torn: list[Credentials] = []

    def read() -> None:
        while not stop.wait(0.001):
            try:
                seen = cache.current()
            except CredentialsUnavailable:  # an hour of this clock has passed since the look into the cache
                continue
            number = seen.access_key_id[-4:]
            if not (seen.secret_access_key.endswith(number) and (seen.session_token or "").endswith(number)):
                torn.append(seen)

    readers = [threading.Thread(target=read) for _ in range(32)]
    for reader in readers:
        reader.start()
    for _ in range(30):
        clock.advance(25 * MINUTE)
        settle(cache)
    stop.set()
    for reader in readers:
        reader.join(PATIENCE)
    assert source.calls > 25
    assert torn == []


def test_close_ends_the_thread(clock: Clock) -> None:
    """After close nothing runs, and what was at hand is still served."""
    cache = RefreshAhead(Source(clock), clock=clock)
    cache.current()
    cache.close()
    assert cache._thread is not None
    assert not cache._thread.is_alive()
    assert cache.current().access_key_id == "ASIA0001"


def test_looking_starts_the_fetch_but_does_not_wait(clock: Clock, make: Make) -> None:
    """A readiness probe of a cold process says 0, and brings the credentials about."""
    source = Source(clock)
    source.gate.clear()
    cache = make(source)
    assert cache.seconds_left() == 0
    assert source.entered.wait(PATIENCE)
    source.gate.set()
    settle(cache)
    assert cache.seconds_left() == HOUR


def test_static_credentials_are_a_source() -> None:
    """The trivial source gives what it was given."""
    given = Credentials(access_key_id="AKID", secret_access_key="secret", expires_at=START)
    assert Static(credentials=given).fetch() is given


FORKED = """
    import os, sys, threading, warnings
    from datetime import UTC, datetime, timedelta
    from scribepass.credentials.cache import RefreshAhead
    from scribepass.sigv4 import Credentials

    warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads is the point here

    class Source:
        name = "source"
        def fetch(self):
            key, ends = f"AKID{os.getpid()}", datetime.now(UTC) + timedelta(hours=1)
            return Credentials(access_key_id=key, secret_access_key="secret", expires_at=ends)

    warm = RefreshAhead(Source(), clock=lambda: datetime.now(UTC))
    cold = RefreshAhead(Source(), clock=lambda: datetime.now(UTC))
    parent = warm.current()
    held, release = threading.Event(), threading.Event()

    def hold():
        with warm._changed, cold._changed:
            held.set()
            release.wait()

    threading.Thread(target=hold, daemon=True).start()
    held.wait()
    child = os.fork()
    if child == 0:
        same = warm.current() is parent
        fresh = cold.current().access_key_id == f"AKID{os.getpid()}"
        alive = warm._thread.is_alive() and cold._thread.is_alive()
        os._exit(0 if same and fresh and alive else 1)
    release.set()
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_child_starts_anew() -> None:
    """Forked while the lock is held: the child answers, with a thread of its own and what was in memory."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FORKED)],
        timeout=30,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
