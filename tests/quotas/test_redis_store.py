"""The store in a real redis-server, alone and as a cluster."""

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scribepass.errors import Scope
from scribepass.quotas import Ceiling, Quota
from scribepass.quotas.leases import Leases
from scribepass.quotas.redis_store import RedisStore, dialled
from scribepass.quotas.store import TIMEOUT, Leased, StoreAway
from scribepass.quotas.windows import Limits
from support.redis import RedisServer, running, wire
from support.stack import free_port

pytestmark = pytest.mark.usefixtures("socket_enabled")

NO_CEILING = Ceiling(sessions=0, per_second=0, burst=0)
PATIENT = 10.0  # where it is not the time-out that is tested: the machine may be busy
GENEROUS = 20  # how many time-outs a test allows for one


def recovered(store: RedisStore) -> bool:
    """What it says once it answers in time."""
    deadline = time.monotonic() + PATIENT
    while True:
        try:
            return store.recover()
        except StoreAway:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running(tmp_path_factory.mktemp("redis")) as started:
        yield started


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running(tmp_path_factory.mktemp("cluster"), cluster=True) as started:
        yield started


@pytest.fixture
def opened() -> Iterator[Callable[..., RedisStore]]:
    stores: list[RedisStore] = []

    def make(url: str, *, timeout: float = TIMEOUT) -> RedisStore:
        stores.append(RedisStore(url, timeout=timeout))
        return stores[-1]

    yield make
    for each in stores:
        each.close()


@pytest.fixture(params=["alone", "Valkey's name", "Unix socket", "cluster"])
def store(
    request: pytest.FixtureRequest, opened: Callable[..., RedisStore], server: RedisServer
) -> RedisStore:
    url = {
        "alone": server.url,
        "Valkey's name": server.url.replace("redis", "valkey"),
        "Unix socket": f"redis+unix://{server.socket}",
    }.get(request.param)
    server.ask(b"FLUSHALL")
    if url is None:
        clustered: RedisServer = request.getfixturevalue("cluster")
        clustered.ask(b"FLUSHALL")
        url = clustered.url
    made = opened(url, timeout=PATIENT)
    made.recover()
    return made


def limits(quota: Quota | None = None, ceiling: Ceiling = NO_CEILING) -> Limits:
    return Limits(quota or Quota(), ceiling, share=0.25)


def lease(store: RedisStore, caller: str, session: str, *, seconds: float = 60, ceiling: int = 4) -> Leased:
    return store.lease(caller, session, seconds=seconds, limit=3, ceiling=ceiling)


def test_it_counts_and_says_where_a_caller_stands(store: RedisStore) -> None:
    """Burst, minute and standing; another caller has its own."""
    spent = [store.spend("ada", limits(), owed=0) for _ in range(6)]
    assert [each.remaining for each in spent[:5]] == [9, 8, 7, 6, 5]
    assert all(50 < each.eases <= 60 for each in spent[:5])
    refused = spent[5]
    assert refused.refused is not None
    assert (refused.refused.limit, refused.refused.seconds) == (5, 30)
    assert 0 < refused.wait <= 30
    assert store.spend("bob", limits(), owed=0).refused is None


def test_it_counts_all_callers_together(store: RedisStore) -> None:
    """The ceiling refuses last, and says that it is the deployment's."""
    ceiling = Ceiling(sessions=0, per_second=1, burst=7)
    spent = [store.spend(f"caller{number}", limits(ceiling=ceiling), owed=0) for number in range(8)]
    assert [each.refused is None for each in spent] == [True] * 7 + [False]
    assert spent[7].refused is not None
    assert spent[7].refused.scope is Scope.GLOBAL


def test_what_is_owed_counts_for_the_hour_only(store: RedisStore) -> None:
    """100 admissions that the store did not see leave 20 of 120; the minute is not touched."""
    hourly = limits(Quota(per_minute=0, per_hour=120))
    assert store.spend("ada", hourly, owed=100).remaining == 19
    assert store.spend("bob", limits(), owed=100).remaining == 9
    assert store.spend("ada", hourly, owed=20).refused is not None


def test_without_limits_nothing_is_asked(store: RedisStore) -> None:
    """A caller without limits costs no round trip."""
    spent = store.spend("ada", limits(Quota(per_minute=0, per_hour=0)), owed=0)
    assert spent.refused is None
    assert spent.remaining == 0


def test_leases_are_counted_renewed_and_given_back(store: RedisStore) -> None:
    """Three for a caller, four for all; a renewal needs no place; a release may come twice."""
    for session in "123":
        assert lease(store, "ada", session).full is None
    fourth = lease(store, "ada", "4")
    assert fourth.full is not None
    assert fourth.full.scope is Scope.SESSIONS
    assert 0 < fourth.full.wait <= 60
    assert sorted(fourth.sessions) == ["1", "2", "3"]
    assert lease(store, "ada", "2", seconds=90).full is None
    assert lease(store, "bob", "1") == Leased(full=None, total=4, sessions={"1": 60.0})
    full = lease(store, "carol", "1").full
    assert full is not None
    assert full.scope is Scope.GLOBAL
    for _ in range(2):
        store.release("ada", "1")
    again = lease(store, "ada", "4")
    assert again.full is None
    assert again.total == 4
    assert again.sessions["2"] > again.sessions["4"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["take", "take", "drop"]), st.sampled_from("ab"), st.sampled_from("12345")),
        max_size=40,
    )
)
def test_memory_and_store_agree(server: RedisServer, history: list[tuple[str, str, str]]) -> None:
    """Whatever is leased and closed in whatever order, both refuse the same for the same reason."""
    server.ask(b"FLUSHALL")
    store, memory = RedisStore(server.url, timeout=PATIENT), Leases()
    for kind, caller, session in history:
        if kind == "drop":
            store.release(caller, session)
            memory.drop(caller, session)
            continue
        leased = lease(store, caller, session)
        full = memory.take(caller, session, ends=60, limit=3, ceiling=4, now=0)
        assert (leased.full and leased.full.scope) == (full and full.scope)
        assert leased.total == memory.total(0)
        assert set(leased.sessions) == {each for who, each, _ in memory.items(0) if who == caller}
    store.close()


def test_a_lease_ends_by_itself(store: RedisStore) -> None:
    """A worker that was lost with its session gives the place back; a shorter renewal does not."""
    for session in "123":
        lease(store, "ada", session, seconds=0.2)
    lease(store, "ada", "1", seconds=60)
    assert lease(store, "ada", "1", seconds=0.1).sessions["1"] > 50
    deadline = time.monotonic() + 10
    while sorted(lease(store, "ada", "4").sessions) != ["1", "4"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_every_key_ends_by_itself_and_names_nobody(
    server: RedisServer, opened: Callable[..., RedisStore]
) -> None:
    """Nothing stays for ever, and each key is ours, with the version of what it holds."""
    server.ask(b"FLUSHALL")
    store = opened(server.url, timeout=PATIENT)
    store.recover()
    store.spend("ada", limits(ceiling=Ceiling()), owed=0)
    lease(store, "ada", "1")
    keys = server.keys()
    assert len(keys) == 8
    for key in keys:
        assert key.startswith("scribepass:1:")
        assert int(server.ask(b"TTL " + key.encode()).split(b"\r\n")[0][1:]) > 0


def test_threads_never_pass_the_limit_together(store: RedisStore) -> None:
    """8 threads of 60 requests on a limit of 200: exactly 200."""
    many, admitted = limits(Quota(per_minute=200, burst=0, per_hour=0)), []

    def run() -> None:
        admitted.extend(store.spend("ada", many, owed=0).refused is None for _ in range(60))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(admitted) == 200


def test_it_sees_that_everything_was_forgotten(
    server: RedisServer, opened: Callable[..., RedisStore]
) -> None:
    """The mark that was there is gone: said once, by a probe, to each who remembers it."""
    first, second = (opened(server.url, timeout=PATIENT) for _ in range(2))
    assert [first.recover(), second.recover(), first.recover()] == [False] * 3
    server.ask(b"FLUSHALL")
    assert [first.recover(), second.recover(), first.recover(), second.recover()] == [
        True,
        True,
        False,
        False,
    ]


def test_a_new_connection_sees_it_too(tmp_path: Path, opened: Callable[..., RedisStore]) -> None:
    """A restart between two requests: the client connects anew by itself; what it hears is not believed."""
    with running(tmp_path) as server:
        store = opened(server.url, timeout=PATIENT)
        store.recover()
        server.kill()
        server.start()
        with pytest.raises(StoreAway):
            store.spend("ada", limits(), owed=0)
        assert store.recover()
        assert store.spend("ada", limits(), owed=0).refused is None


def ask(store: RedisStore) -> tuple[str, float]:
    """What a request fails with, and after how many seconds."""
    started = time.monotonic()
    with pytest.raises(StoreAway) as raised:
        store.spend("ada", limits(), owed=0)
    return str(raised.value), time.monotonic() - started


@pytest.mark.parametrize("mode", ["hole", "slow", "reset", "refuse"])
@pytest.mark.parametrize("connected", [True, False], ids=["connected", "not connected"])
def test_however_it_fails_it_fails_soon(
    server: RedisServer, opened: Callable[..., RedisStore], mode: str, connected: bool
) -> None:
    """Accepted and never answered, answered after 5 s, reset, closed: one short error, and no other."""
    with wire(server) as cut:
        store = opened(cut.url)
        if connected:
            recovered(store)
        cut.mode = mode
        assert ask(store)[1] < TIMEOUT * GENEROUS
        with pytest.raises(StoreAway):
            store.recover()
        cut.mode = "pass"
        assert not recovered(store)


def test_a_server_that_is_stopped_or_gone_fails_soon(
    tmp_path: Path, opened: Callable[..., RedisStore]
) -> None:
    """The kernel accepts for a stopped process; nobody does for one that is gone."""
    with running(tmp_path) as server:
        store = opened(server.url)
        recovered(store)
        server.pause()
        assert ask(store)[1] < TIMEOUT * GENEROUS
        server.resume()
        assert not recovered(store)
    assert ask(store)[1] < TIMEOUT * GENEROUS


def test_a_cluster_that_is_gone_fails_soon(tmp_path: Path, opened: Callable[..., RedisStore]) -> None:
    """Before it was ever reached, when it stops answering, and when it is gone."""
    unreachable = opened(f"redis+cluster://127.0.0.1:{free_port()}")
    assert ask(unreachable)[1] < TIMEOUT * GENEROUS
    with running(tmp_path, cluster=True) as server:
        store = opened(server.url)
        recovered(store)
        server.pause()
        assert ask(store)[1] < TIMEOUT * GENEROUS
        server.resume()
    assert ask(store)[1] < TIMEOUT * GENEROUS


def test_one_that_is_slow_at_each_question_is_away(
    server: RedisServer, opened: Callable[..., RedisStore]
) -> None:
    """Each answer is in time, all of them together are not."""
    with wire(server, delay=0.04) as cut:
        store = opened(cut.url)
        recovered(store)
        cut.mode = "slow"
        reason, seconds = ask(store)
        assert reason in {"Slow", "TimeoutError"}
        assert seconds < TIMEOUT * GENEROUS
        with pytest.raises(StoreAway):
            store.recover()


def test_while_one_thread_connects_the_others_do_not_wait_for_it(
    server: RedisServer, opened: Callable[..., RedisStore]
) -> None:
    """A cluster's first answer may take several time-outs; whoever comes meanwhile goes by itself."""
    store = opened(server.url)
    with store._lock:
        assert ask(store)[0] == "Connecting"


FORKED = """
    import os, sys
    from scribepass.quotas import Ceiling, Quota
    from scribepass.quotas.redis_store import RedisStore
    from scribepass.quotas.windows import Limits

    limits = Limits(Quota(per_minute=1000, burst=0, per_hour=0), Ceiling(per_second=0), share=0.5)
    store = RedisStore(sys.argv[1], timeout=10)
    if sys.argv[2] == "used":
        store.spend("forked", limits, owed=0)
    child = os.fork()
    for _ in range(200):
        spent = store.spend("forked", limits, owed=0)
    if child == 0:
        store.close()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    remaining = store.spend("forked", limits, owed=0).remaining
    store.close()
    sys.exit(0 if status == 0 and remaining == 1000 - 401 - (sys.argv[2] == "used") else 1)
"""


@pytest.mark.parametrize("before", ["used", "only made"])
def test_a_fork_shares_no_connection(server: RedisServer, before: str) -> None:
    """Made in gunicorn's master, even used there: each process has its own connections, none is mixed up."""
    server.ask(b"FLUSHALL")
    command = [sys.executable, "-c", textwrap.dedent(FORKED), server.url, before]
    ended = subprocess.run(command, timeout=60, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("redis://:pass@host:1/2", "redis://:pass@host:1/2"),
        ("rediss://host:1", "rediss://host:1"),
        ("valkey://host:1", "redis://host:1"),
        ("valkeys://host:1", "rediss://host:1"),
        ("redis+unix:///run/redis.sock", "redis+unix:///run/redis.sock"),
        ("valkey+unix:///run/valkey.sock", "redis+unix:///run/valkey.sock"),
        ("redis+cluster://a:1,b:2", "redis+cluster://a:1,b:2"),
        ("valkeys+cluster://a:1", "redis+cluster://a:1"),
    ],
)
def test_urls_as_limits_takes_them(url: str, uri: str) -> None:
    """One client speaks to Redis and to Valkey."""
    found, options = dialled(url)
    assert found == uri
    assert options.get("ssl", False) == (url.startswith("valkeys+cluster"))


def test_a_clusters_password_may_be_encoded_and_its_authority_named() -> None:
    """As in a URL for one server; `limits` reads neither from a cluster's."""
    _, options = dialled("rediss+cluster://us%40er:p%2Fw@a:1?ssl_ca_certs=/ca.pem")
    assert (options["username"], options["password"]) == ("us@er", "p/w")
    assert (options["ssl"], options["ssl_ca_certs"]) == (True, "/ca.pem")


@pytest.mark.parametrize(
    "url", ["http://:s3cret@host", "memcached://:s3cret@host", "redis+sentinel://:s3cret@h"]
)
def test_other_urls_are_refused_without_repeating_them(url: str) -> None:
    """The URL holds the password."""
    with pytest.raises(ValueError, match="not a URL of Redis or Valkey") as raised:
        dialled(url)
    assert "s3cret" not in str(raised.value)
