"""The three modes: each gives what it promises to whom it promises it, and never anything else."""

import random
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from scribepass.credentials import Need
from scribepass.credentials.faults import Fault
from scribepass.credentials.modes import Ambient, PerCaller, Shared
from scribepass.credentials.plan import OF_CALLER
from scribepass.credentials.pool import Pool
from scribepass.errors import CredentialsUnavailable
from support.clock import Clock
from support.credentials import PATIENCE, Make, Role, Source

ACTION = "transcribe:StartStreamTranscriptionWebSocket"
MEDICAL = "transcribe:StartMedicalStreamTranscriptionWebSocket"
CROWD = 1000
Build = Callable[..., PerCaller]


def need(session: str, **changed: object) -> Need:
    return replace(Need(action=ACTION, region="us-east-1", session=session), **changed)


def idle(pool: Pool) -> bool:
    with pool._changed:
        return not (pool._running or pool._asked or pool._renewals)


def at_rest(pool: Pool) -> bool:
    """Whether nothing happens before the clock moves on."""
    with pool._changed:
        return not pool._running and (not (pool._asked or pool._renewals) or pool._until_due() > 0)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture
def role(clock: Clock) -> Role:
    return Role(clock)


@pytest.fixture
def build(clock: Clock, role: Role, make: Make) -> Iterator[Build]:
    """Makes `PerCaller` on the test's clock, without jitter and without a limit of calls a second."""
    made: list[PerCaller] = []

    def of(*, calls: int = 10_000, **options: object) -> PerCaller:
        plan = replace(OF_CALLER, deadline=options.pop("deadline", PATIENCE), timeout=PATIENCE)
        pool = Pool(plan=plan, calls=calls, monotonic=clock.monotonic, draw=lambda low, _high: low)
        own = make(Source(clock))
        made.append(PerCaller(role.make, own=own, clock=clock, pool=pool, **options))
        return made[-1]

    yield of
    role.gate.set()
    for each in made:
        each.close()


def test_ambient_is_the_same_for_every_need(clock: Clock, make: Make) -> None:
    """One source, whatever the action and whoever the caller."""
    source = Source(clock)
    supplies = Ambient(make(source))
    supplies.start()
    assert supplies.of(need("a")) is supplies.of(need("b", action=MEDICAL))
    assert supplies.of(need("a")).current().access_key_id == "ASIA0001"
    assert supplies.seconds_left() == 3600
    supplies.close()


def test_shared_has_a_session_for_each_action(clock: Clock, make: Make) -> None:
    """Nobody signs for one action with the session of another, and for an unknown one there is none."""
    standard, medical = Source(clock), Source(clock, life=600)
    supplies = Shared({ACTION: make(standard), MEDICAL: make(medical)})
    supplies.start()
    assert supplies.of(need("a")) is supplies.of(need("b"))
    supplies.of(need("a", action=MEDICAL)).current()
    assert (standard.calls, medical.calls) <= (1, 1)
    supplies.of(need("a")).current()
    assert supplies.seconds_left() == 600
    with pytest.raises(KeyError):
        supplies.of(need("a", action="transcribe:*"))
    supplies.close()


def test_each_caller_has_its_own_session(build: Build, role: Role) -> None:
    """Made with the first request, and the same for the next ones."""
    supplies = build()
    for session in ("anna", "bert", "anna", "bert"):
        assert supplies.of(need(session)).current().access_key_id == f"ASIA-{session}"
    assert [asked.session for _, asked in role.calls] == ["anna", "bert"]


@pytest.mark.parametrize(
    ("bound", "other", "same"),
    [
        pytest.param(False, {}, True, id="nothing"),
        pytest.param(False, {"address": "192.0.2.9"}, True, id="the address, where it is not bound"),
        pytest.param(True, {"address": "192.0.2.9"}, False, id="the address, where it is"),
        pytest.param(True, {"address": "::ffff:192.0.2.1"}, True, id="another spelling of the address"),
        pytest.param(True, {"region": "eu-west-1"}, True, id="the region"),
        pytest.param(True, {"action": MEDICAL}, False, id="the action"),
        pytest.param(True, {"session": "bert"}, False, id="the session"),
        pytest.param(True, {"tags": (("class", "b"),)}, False, id="the tags"),
    ],
)
def test_what_shapes_a_session(build: Build, bound: bool, other: dict[str, object], same: bool) -> None:
    """Two needs that differ in it never share one."""
    supplies = build(bind_address=bound)
    first = need("anna", address="192.0.2.1", tags=(("class", "a"),))
    assert (supplies.of(first) is supplies.of(replace(first, **other))) is same


@pytest.mark.parametrize("address", [None, "", "unix:", "fe80::1%eth0", "192.0.2.0/24"])
def test_without_an_address_there_is_no_bound_session(build: Build, role: Role, address: str | None) -> None:
    """Fail closed: one without the condition would be good everywhere."""
    supplies = build(bind_address=True)
    with pytest.raises(CredentialsUnavailable) as raised:
        supplies.of(need("anna", address=address))
    assert raised.value.permanent
    assert role.calls == []


def test_the_source_is_made_for_the_address_of_the_key(build: Build, role: Role) -> None:
    """What is asked of STS is what the session is kept under; unbound, nobody's address is in it."""
    build(bind_address=True).of(need("anna", address="::ffff:192.0.2.1")).current()
    build().of(need("anna", address="192.0.2.1")).current()
    assert [asked.address for _, asked in role.calls] == ["192.0.2.1", None]


def test_readiness_is_that_of_the_services_own_session(build: Build, role: Role) -> None:
    """Which no caller is ever given."""
    supplies = build()
    supplies.start()
    until(lambda: supplies.seconds_left() > 0)
    assert supplies.seconds_left() == 3600
    assert role.calls == []


def test_a_session_in_use_is_renewed_ahead(build: Build, role: Role, clock: Clock) -> None:
    """7 minutes before its end, and no request waits for it; one that nobody uses is left to end."""
    supplies = build()
    first = supplies.of(need("anna")).current()
    supplies.of(need("bert")).current()
    clock.advance(900 - 421)
    assert supplies.of(need("anna")).current() is first
    assert idle(supplies._pool)
    role.gate.clear()
    clock.advance(1)
    assert supplies.of(need("anna")).current() is first
    until(lambda: len(role.calls) == 3)
    assert supplies.of(need("anna")).current() is first
    role.gate.set()
    until(lambda: idle(supplies._pool))
    assert supplies.of(need("anna")).current() is not first
    assert [asked.session for _, asked in role.calls] == ["anna", "bert", "anna"]


def test_an_outage_fails_new_callers_and_no_others(build: Build, role: Role, clock: Clock) -> None:
    """Whoever has a session keeps it to its end; nobody is given another's."""
    supplies = build()
    kept = supplies.of(need("anna")).current()
    role.fault = Fault.UNREACHABLE
    for _ in range(89):
        clock.advance(10)
        assert supplies.of(need("anna")).current() is kept
        with pytest.raises(CredentialsUnavailable) as raised:
            supplies.of(need("bert")).current()
        assert 1 <= raised.value.retry_after <= 60
        until(lambda: idle(supplies._pool))
    clock.advance(10)
    with pytest.raises(CredentialsUnavailable):
        supplies.of(need("anna")).current()
    role.fault = None
    clock.advance(5)
    until(lambda: supplies.of(need("bert")).current().access_key_id == "ASIA-bert")


@pytest.mark.parametrize(("fault", "seconds"), [(Fault.FAILED, 4), (Fault.DENIED, 60)])
def test_a_failure_is_remembered_for_its_caller(
    build: Build, role: Role, clock: Clock, fault: Fault, seconds: int
) -> None:
    """Four seconds, or a minute where the fault lasts; and it says so."""
    supplies = build()
    role.fault = fault
    for _ in range(3):
        for _ in range(10):
            with pytest.raises(CredentialsUnavailable) as raised:
                supplies.of(need("anna")).current()
            assert raised.value.permanent is (fault is Fault.DENIED)
            assert raised.value.retry_after <= seconds
        clock.advance(seconds - 0.5)
        with pytest.raises(CredentialsUnavailable):
            supplies.of(need("anna")).current()
        clock.advance(0.5)
    assert len(role.calls) == 3


def test_a_cold_crowd_of_one_caller_makes_one_call(build: Build, role: Role) -> None:
    """1,000 requests at the same instant share one attempt."""
    supplies = build()
    role.gate.clear()
    start = threading.Barrier(CROWD + 1)
    got: list[str] = []

    def ask() -> None:
        start.wait()
        got.append(supplies.of(need("anna")).current().access_key_id)

    threads = [threading.Thread(target=ask) for _ in range(CROWD)]
    for thread in threads:
        thread.start()
    start.wait()
    until(lambda: len(role.calls) == 1)
    role.gate.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert got == ["ASIA-anna"] * CROWD
    assert len(role.calls) == 1


def test_ten_thousand_callers_cannot_throttle_the_account(build: Build, role: Role, clock: Clock) -> None:
    """At most three calls in any second, whoever comes; nobody waits whose turn would come too late."""
    supplies = build(calls=3, deadline=0.02, max_callers=100)
    for number in range(10_000):
        if number % 100 == 0:
            clock.advance(0.1)
        _try(supplies, f"caller-{number}")
    until(lambda: at_rest(supplies._pool))
    moments = [moment for moment, _ in role.calls]
    assert 3 <= len(moments) <= 3 * 11
    for first, fourth in zip(moments, moments[3:], strict=False):
        assert fourth - first >= 1.0 - 1e-9
    assert len(supplies._served) <= 100
    assert len(supplies._new) <= 100


def test_new_callers_do_not_push_out_those_who_are_served(build: Build, role: Role) -> None:
    """However many come: whoever is served needs no second call of STS."""
    supplies = build(max_callers=10)
    for session in ("anna", "anna", "bert", "bert"):
        supplies.of(need(session)).current()
    for number in range(500):
        supplies.of(need(f"new-{number}"))
    assert len(supplies._new) == 10
    supplies.of(need("anna")).current()
    supplies.of(need("bert")).current()
    assert len(role.calls) == 2


def test_the_longest_unused_goes_first(build: Build, role: Role) -> None:
    """At most ``max_callers`` are kept."""
    supplies = build(max_callers=2)
    for session in ("anna", "anna", "bert", "bert", "anna", "carl", "carl"):
        supplies.of(need(session)).current()
    assert [key[1] for key in supplies._served] == ["anna", "carl"]
    assert len(role.calls) == 3
    supplies.of(need("bert")).current()
    assert len(role.calls) == 4


def test_an_sts_that_hangs_does_not_hold_everybody(build: Build, role: Role, clock: Clock) -> None:
    """New callers wait until the first attempt's deadline, and those who come later not at all."""
    supplies = build()
    kept = supplies.of(need("anna")).current()
    role.gate.clear()
    waiting = threading.Thread(target=lambda: _try(supplies, "bert"))
    waiting.start()
    until(lambda: len(role.calls) == 2)
    clock.advance(PATIENCE)
    began = time.monotonic()
    for number in range(20):
        _try(supplies, f"late-{number}")
        assert supplies.of(need("anna")).current() is kept
    assert time.monotonic() - began < PATIENCE / 2
    role.gate.set()
    waiting.join(PATIENCE)


def _try(supplies: PerCaller, session: str) -> None:
    with suppress(CredentialsUnavailable):
        supplies.of(need(session)).current()


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.TIMEOUT])
def test_during_an_outage_one_asks_for_all(build: Build, role: Role, clock: Clock, fault: Fault) -> None:
    """A hundred callers a second: one call finds out, the others are told."""
    supplies = build()
    role.fault = fault
    for second in range(60):
        before = len(role.calls)
        for number in range(100):
            _try(supplies, f"{second}-{number}")
        until(lambda: idle(supplies._pool))
        assert len(role.calls) - before <= 1
        clock.advance(1)
    assert len(role.calls) <= 31
    role.fault = None
    clock.advance(30)
    assert supplies.of(need("anna")).current().access_key_id == "ASIA-anna"


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_a_session_is_its_callers(build: Build, role: Role, clock: Clock, seed: int) -> None:
    """Eight callers in as many threads, faults and time at random: nobody ever signs as somebody else."""
    chance = random.Random(seed)
    supplies = build(max_callers=chance.choice([2, 5, 100]), deadline=0.05)
    wrong: list[str] = []
    given: Counter[str] = Counter()
    stop = threading.Event()

    def ask(session: str) -> None:
        while not stop.wait(0.0005):
            try:
                credentials = supplies.of(need(session)).current()
            except CredentialsUnavailable:
                continue
            given[session] += 1
            if (
                credentials.access_key_id != f"ASIA-{session}"
                or credentials.secret_access_key[10:] != session
            ):
                wrong.append(session)
            if not (credentials.session_token or "").startswith(f"token-of-{session}-"):
                wrong.append(session)

    callers = [threading.Thread(target=ask, args=(f"caller-{number}",)) for number in range(8)]
    for caller in callers:
        caller.start()
    for _ in range(150):
        role.fault = chance.choice([None, None, None, *Fault])
        clock.advance(chance.choice([0.5, 5, 60, 300]))
        time.sleep(0.005)
    stop.set()
    for caller in callers:
        caller.join(PATIENCE)
    assert wrong == []
    assert len(given) == 8


FORKED = """
    import os, sys, threading, warnings
    from datetime import UTC, datetime, timedelta
    from scribepass.credentials import Need
    from scribepass.credentials.cache import RefreshAhead
    from scribepass.credentials.modes import PerCaller
    from scribepass.sigv4 import Credentials

    warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads is the point here
    now = lambda: datetime.now(UTC)

    class Source:
        name = "source"
        def __init__(self, need):
            self.need = need
        def fetch(self):
            key = f"{self.need.session}-{os.getpid()}"
            ends = now() + timedelta(hours=1)
            return Credentials(access_key_id=key, secret_access_key="secret", expires_at=ends)

    def need(session):
        return Need(action="a:b", region="us-east-1", session=session)

    supplies = PerCaller(Source, own=RefreshAhead(Source(need("own")), clock=now), clock=now)
    parent = supplies.of(need("anna")).current()
    cold = supplies.of(need("bert"))
    held, release = threading.Event(), threading.Event()

    def hold():
        with supplies._lock, supplies._pool._changed, cold._changed:
            held.set()
            release.wait()

    threading.Thread(target=hold, daemon=True).start()
    held.wait()
    child = os.fork()
    if child == 0:
        same = supplies.of(need("anna")).current() is parent
        fresh = supplies.of(need("bert")).current().access_key_id == f"bert-{os.getpid()}"
        os._exit(0 if same and fresh else 1)
    release.set()
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_child_goes_on() -> None:
    """Forked while every lock is held: with the sessions that were at hand, and threads of its own."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FORKED)],
        timeout=60,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
