"""The pulse: how things stand, once a second, in whichever process."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from scribepass.app.pulse import SERVICE, Pulse
from scribepass.app.readiness import Readiness
from scribepass.telemetry.sink import Sink
from support.logs import Lines, captured

Labels = tuple[tuple[str, str], ...]


class Gauges:
    """Metrics that remember what they were last told."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, Labels], float] = {}
        self.written = 0
        self.counted: Counter[str] = Counter()

    def count(self, name: str, /, **_labels: str) -> None:
        self.counted[name] += 1

    def observe(self, name: str, _seconds: float, /, **_labels: str) -> None:
        raise AssertionError(name)

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        self.values[name, tuple(labels.items())] = value
        self.written += 1

    def __getitem__(self, name: str) -> float:
        return self.values[name, ()]

    def ready(self, part: str) -> float:
        return self.values["ready", (("part", part),)]


@pytest.fixture
def log() -> Iterator[Lines]:
    with captured("info") as lines:
        yield lines


READY = Readiness({"credentials": lambda: True, "store": lambda: False}, needed=frozenset({"credentials"}))


def failing() -> bool:
    raise RuntimeError("canary")


def test_every_reading_is_written() -> None:
    """One gauge for each, and when that was; an age or a skew that is not known is not written."""
    gauges = Gauges()
    ages: Callable[[], dict[str, float | None]] = lambda: {"corp": 12.0, "new": None}  # noqa: E731
    pulse = Pulse(
        gauges,
        readiness=READY,
        seconds_left=lambda: 1800.5,
        ages=ages,
        degraded=lambda: True,
        now=lambda: 77.0,
    )
    pulse.beat()
    assert gauges.values == {
        ("credential_seconds_left", ()): 1800.5,
        ("limiter_degraded", ()): 1.0,
        ("key_set_age_seconds", (("issuer", "corp"),)): 12.0,
        ("ready", (("part", "credentials"),)): 1.0,
        ("ready", (("part", "store"),)): 0.0,
        ("ready", (("part", SERVICE),)): 1.0,
        ("pulse_timestamp_seconds", ()): 77.0,
    }


def test_one_bad_reading_hides_no_other(log: Lines) -> None:
    """It is not ready, the log says so once, and all else is written."""
    gauges = Gauges()
    readiness = Readiness({"credentials": failing, "store": lambda: True}, needed=frozenset({"credentials"}))
    pulse = Pulse(gauges, readiness=readiness, seconds_left=failing, degraded=failing, skew=lambda: -3.0)
    for _ in range(3):
        pulse.beat()
    assert (gauges.ready("credentials"), gauges.ready(SERVICE), gauges.ready("store")) == (0.0, 0.0, 1.0)
    assert gauges["clock_skew_seconds"] == -3.0
    said = [each["reading"] for each in log.named("reading_failed")]
    assert sorted(said) == [
        "credential_seconds_left",
        "limiter_degraded",
        "ready_credentials",
        "ready_service",
    ]


def test_a_skew_is_told_once_for_each_change(log: Lines) -> None:
    """Above 5 s in either direction, and when it is over."""
    skew = [0.0]
    pulse = Pulse(Gauges(), readiness=READY, seconds_left=lambda: 1.0, skew=lambda: skew[0])
    for seconds in (5.0, 5.1, 6.0, 119.0, -4.9, 0.0, -5.2, -7.0):
        skew[0] = seconds
        pulse.beat()
    assert [each["seconds"] for each in log.named("clock_skew")] == [5.1, -5.2]
    assert [each["seconds"] for each in log.named("clock_skew_ended")] == [-4.9]


def test_lost_lines_are_counted() -> None:
    """Each once, also while no line can be written."""
    gauges = Gauges()
    pulse = Pulse(gauges, readiness=READY, seconds_left=lambda: 1.0)
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        sink = Sink(closed, tell=lambda _count: None)
        for expected in (3, 6):
            for _ in range(3):
                sink.write("a line")
            pulse.beat()
            pulse.beat()
            assert gauges.counted == {"log_lines_lost": expected}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_it_beats_until_it_is_closed() -> None:
    """One thread, however often it is started; none after the end."""
    gauges = Gauges()
    pulse = Pulse(gauges, readiness=READY, seconds_left=lambda: 1.0, interval=0.001)
    pulse.start()
    pulse.start()
    until(lambda: gauges.written > 50)
    pulse.close()
    written = gauges.written
    pulse.start()
    assert gauges.written == written


def test_a_forked_child_begins_anew() -> None:
    """The parent's thread is not there; the child starts its own."""
    gauges = Gauges()
    pulse = Pulse(gauges, readiness=READY, seconds_left=lambda: 1.0, interval=0.001)
    pulse.start()
    until(lambda: gauges.written > 10)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            written = gauges.written
            pulse.start()
            until(lambda: gauges.written > written + 10)
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0
    pulse.close()
