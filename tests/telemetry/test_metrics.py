"""Figures: the table's and no others, whoever asks, and of all processes together."""

import ast
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scribepass.telemetry.exposition import exposition, states
from scribepass.telemetry.folder import bury, make_folder, prepare, remove_folder, reserve
from scribepass.telemetry.metrics import Prometheus
from scribepass.telemetry.table import BUCKETS, OTHER, declared, series_of
from support.figures import figures, figures_in, shared_folder

PACKAGE = Path(__file__).resolve().parents[2] / "service" / "scribepass"
ISSUERS = ("corp", "cognito", "partner")
TICKETS = "scribepass_tickets_total"
ISSUED = f'{TICKETS}{{outcome="issued",reason="none"}}'


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with shared_folder(tmp_path / "figures") as it:
        yield it


def test_every_kind_of_figure_is_shown(folder: Path) -> None:
    """Counters, times and states, under the names of the table."""
    metrics = Prometheus(issuers=ISSUERS, strict=True)
    metrics.count("tickets", outcome="issued", reason="none")
    metrics.count("tickets", reason="none", outcome="issued")
    metrics.observe("request_seconds", 0.003, endpoint="presign", status="2xx")
    metrics.gauge("key_set_age_seconds", 12.5, issuer="corp")
    shown = figures_in(folder)
    assert shown[ISSUED] == 2
    times = 'endpoint="presign",status="2xx"'
    assert shown[f"scribepass_request_seconds_sum{{{times}}}"] == 0.003
    assert shown['scribepass_request_seconds_bucket{endpoint="presign",le="0.0025",status="2xx"}'] == 0
    assert shown['scribepass_request_seconds_bucket{endpoint="presign",le="0.005",status="2xx"}'] == 1
    assert shown['scribepass_key_set_age_seconds{issuer="corp"}'] == 12.5
    assert "# TYPE scribepass_tickets_total counter" in exposition(folder).decode()


def test_counters_are_there_before_they_count(folder: Path) -> None:
    """An alert on a rate sees the first error, and a gauge that nobody has set is not shown as 0."""
    Prometheus()
    shown = figures_in(folder)
    assert shown["scribepass_store_errors_total"] == 0
    assert shown['scribepass_sts_calls_total{result="denied"}'] == 0
    assert "scribepass_credential_seconds_left" not in shown


def hostile(number: int) -> str:
    return ("a", "\n", '"', "é", "{}", "issued ", "", "\x00", "../")[number % 9] + str(number)


def test_no_caller_can_make_a_series(folder: Path) -> None:
    """100,000 different values in every label: as many series as before, at most 500, and no memory kept."""
    metrics = Prometheus(issuers=ISSUERS, strict=True)
    table = declared(ISSUERS)

    def write_all(value_of: Callable[[int], str], times: int) -> None:
        for number in range(times):
            metric = table[number % len(table)]
            write = {"counter": metrics.count, "gauge": metrics.gauge, "histogram": metrics.observe}
            figure = [] if metric.kind == "counter" else [1.0]
            write[metric.kind](metric.name, *figure, **dict.fromkeys(metric.labels, value_of(number)))

    write_all(lambda _: OTHER, len(table))
    before, kept = figures_in(folder), len(metrics._writes)
    write_all(hostile, 100_000)
    assert set(figures_in(folder)) == set(before)
    assert len(metrics._writes) == kept
    assert len(before) <= 500


def test_the_table_itself_has_few_series() -> None:
    """All combinations of all labels, with three issuers."""
    assert series_of(declared(ISSUERS)) <= 500


def test_the_table_is_written_as_prometheus_asks() -> None:
    """Seconds are called seconds, no name ends as the library ends it, and the buckets fit the service."""
    for metric in declared(ISSUERS):
        assert not metric.name.endswith(("_total", "_count", "_sum", "_bucket"))
        assert metric.kind != "histogram" or metric.name.endswith("_seconds")
        assert OTHER not in {value for values in metric.labels.values() for value in values}
    assert (BUCKETS[0], BUCKETS[-1]) == (0.001, 5.0)
    assert list(BUCKETS) == sorted(BUCKETS)


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        pytest.param({"outcome": "issued", "reason": "canary"}, ("issued", OTHER), id="a value"),
        pytest.param({"outcome": "issued"}, ("issued", OTHER), id="a label that is missing"),
        pytest.param({"outcome": "issued", "reason": "none", "caller": "canary"}, ("issued", "none"),
                     id="a label that is not known"),
        pytest.param({}, (OTHER, OTHER), id="no label"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_table_is_other(
    folder: Path, labels: dict[str, str], shown: tuple[str, str]
) -> None:
    """In production a fault of ours costs a figure, never a request."""
    metrics = Prometheus()
    metrics.count("tickets", **labels)
    metrics.count("canaries")
    assert figures_in(folder)[f'{TICKETS}{{outcome="{shown[0]}",reason="{shown[1]}"}}'] == 1
    assert b"canar" not in exposition(folder)


@pytest.mark.parametrize(
    ("name", "labels"), [("canaries", {}), ("tickets", {}), ("store_errors", {"x": "y"})]
)
def test_a_test_finds_names_that_do_not_exist(folder: Path, name: str, labels: dict[str, str]) -> None:
    """Where strict, they are a KeyError."""
    with pytest.raises(KeyError):
        Prometheus(strict=True).count(name, **labels)


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"count", "observe", "gauge"}
                and "metrics" in ast.unparse(node.func.value)
            ):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def test_what_the_service_writes_is_in_the_table() -> None:
    """Every call that names its metric: the kind, the labels, and the values that are written out."""
    table = {each.name: each for each in declared(ISSUERS)}
    seen = set()
    for place, call in calls():
        if not isinstance(call.args[0], ast.Constant):
            continue
        metric = table[call.args[0].value]
        seen.add(metric.name)
        method = {"counter": "count", "histogram": "observe", "gauge": "gauge"}[metric.kind]
        assert isinstance(call.func, ast.Attribute)
        assert (place, call.func.attr) == (place, method)
        assert (place, {each.arg for each in call.keywords}) == (place, set(metric.labels))
        for each in call.keywords:
            if isinstance(each.value, ast.Constant):
                assert each.value.value in metric.labels[str(each.arg)], place
    assert "tickets" in seen


def test_threads_lose_nothing(folder: Path) -> None:
    """Eight at once, from the first of them on."""
    metrics = Prometheus()

    def work() -> None:
        for _ in range(1000):
            metrics.count("tickets", outcome="issued", reason="none")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert figures_in(folder)[ISSUED] == 8000


def child(work: Callable[[], object]) -> int:
    """The pid of a forked process that has done ``work`` and then killed itself without a word."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    return pid


def count(times: int) -> Callable[[], None]:
    def work() -> None:
        metrics = Prometheus()
        for _ in range(times):
            metrics.count("tickets", outcome="issued", reason="none")
            metrics.observe("sts_seconds", 0.25)
        metrics.gauge("ready", 0.0, part="store")

    return work


def test_the_dead_keep_what_they_counted_in_few_files(folder: Path) -> None:
    """Ten processes, each killed: nothing is lost or doubled, and the folder does not grow."""
    for number in range(1, 11):
        pid = child(count(7))
        assert figures_in(folder)[ISSUED] == 7 * number
        assert 'scribepass_ready{part="store"}' in figures_in(folder)
        assert bury(folder, pid)
        assert figures_in(folder)[ISSUED] == 7 * number
        assert 'scribepass_ready{part="store"}' not in figures_in(folder)
    shown = figures_in(folder)
    assert shown["scribepass_sts_seconds_count"] == 70
    assert shown['scribepass_sts_seconds_bucket{le="0.1"}'] == 0
    assert shown['scribepass_sts_seconds_bucket{le="0.5"}'] == 70
    assert shown['scribepass_sts_seconds_bucket{le="+Inf"}'] == 70
    assert sorted(path.name for path in folder.iterdir()) == ["counter_dead.db", "histogram_dead.db", "lock"]


def test_burying_twice_counts_once(folder: Path) -> None:
    """And a process that has never counted is no fault."""
    pid = child(count(3))
    assert bury(folder, pid)
    assert bury(folder, pid)
    assert bury(folder, 2**22 + 1)
    assert figures_in(folder)[ISSUED] == 3


def test_a_reader_sees_the_dead_once(folder: Path) -> None:
    """However the reading and the burying meet, the sum is what was counted."""
    pids = [child(count(1)) for _ in range(20)]
    seen: list[float] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            seen.append(figures_in(folder)[ISSUED])

    reader = threading.Thread(target=read)
    reader.start()
    left = list(pids)
    while left:
        left = [pid for pid in left if not bury(folder, pid)]
        time.sleep(0.001)
    ended.set()
    reader.join()
    assert set(seen) == {20.0}


HOLD = """
import fcntl, sys
lock = open(sys.argv[1])
fcntl.flock(lock, fcntl.LOCK_SH)
print("held", flush=True)
sys.stdin.read()
"""


def test_nobody_waits_for_a_reader_that_hangs(folder: Path) -> None:
    """A stopped process holds the lock: the dead wait for their burial, readers are answered all the same."""
    pid = child(count(2))
    command = [sys.executable, "-c", HOLD, str(folder / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert not bury(folder, pid)
        assert figures_in(folder)[ISSUED] == 2
        holder.kill()
    assert bury(folder, pid)
    assert figures_in(folder)[ISSUED] == 2


def test_states_are_those_of_the_living(folder: Path) -> None:
    """One for each process, with the parts that it named."""

    def work() -> None:
        metrics = Prometheus()
        metrics.gauge("ready", 1.0, part="clock")
        metrics.gauge("ready", 0.0, part="store")
        metrics.gauge("pulse_timestamp_seconds", 12.0)

    pids = [child(work), child(work)]
    assert [(each.pulse, each.ready) for each in states(folder)] == [
        (12.0, {"clock": True, "store": False})
    ] * 2
    bury(folder, pids[0])
    assert len(states(folder)) == 1


def test_no_room_is_found_out_at_once(folder: Path) -> None:
    """Room is taken before it is needed; what a full disk does not give is an error, and leaves nothing."""

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        with pytest.raises(OSError, match="large"):
            reserve(folder)
        (folder / "refused").touch()

    child(work)
    assert sorted(path.name for path in folder.iterdir()) == [
        "counter_dead.db", "histogram_dead.db", "lock", "refused",
    ]  # fmt: skip


def test_what_is_reserved_is_used(folder: Path) -> None:
    """The library takes the files as they are, at their size."""
    reserve(folder)
    sizes = {path.name: path.stat().st_size for path in folder.glob("*.db")}
    metrics = Prometheus(issuers=ISSUERS)
    for metric in declared(ISSUERS):
        write = {"counter": metrics.count, "gauge": metrics.gauge, "histogram": metrics.observe}[metric.kind]
        combinations = [dict.fromkeys(metric.labels, OTHER)]
        for label, values in metric.labels.items():
            combinations = [{**each, label: value} for each in combinations for value in (*values, OTHER)]
        for labels in combinations:
            write(metric.name, *([] if metric.kind == "counter" else [1.0]), **labels)
    assert len(figures(exposition(folder))) == series_of(declared(ISSUERS))
    assert {path.name: path.stat().st_size for path in folder.glob("*.db")} == sizes
    assert all(path.stat().st_blocks * 512 >= path.stat().st_size for path in folder.glob("*.db"))


def test_a_folder_is_private_and_goes_away() -> None:
    """Only this user can enter it; an earlier service's figures are removed from one that is used again."""
    made = make_folder()
    try:
        assert made.stat().st_mode & 0o777 == 0o700
        (made / "counter_1.db").write_bytes(b"old")
        (made / "note").touch()
        prepare(made, owner=(os.getuid(), os.getgid()))
        names = {path.name for path in made.iterdir()}
        assert names == {"counter_dead.db", "histogram_dead.db", "lock", "note"}
    finally:
        remove_folder(made)
    assert not made.exists()
    remove_folder(made)


def test_the_library_is_not_imported_before_it_is_needed() -> None:
    """It looks for its folder as it is imported, and gunicorn's master makes that late."""
    code = (
        "import sys, scribepass.app, scribepass.app.measuring, scribepass.app.operations\n"
        "import scribepass.telemetry.metrics\n"
        "print([name for name in sys.modules if name.startswith('prometheus_client')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
