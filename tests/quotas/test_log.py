"""The log of admissions: exact, in bounded memory."""

from hypothesis import given
from hypothesis import strategies as st

from scribepass.quotas.log import Log
from scribepass.quotas.windows import Window

TEN = Window(limit=3, seconds=10)


def test_it_is_exact_to_the_last_admission() -> None:
    """There is room again at the moment when the oldest leaves the window, and not before."""
    log = Log()
    for moment in (0.0, 1.0, 2.0):
        assert log.wait("k", TEN, moment) == 0
        log.add("k", moment, keep=10)
    assert log.wait("k", TEN, 3.0) == 7.0
    assert log.wait("k", TEN, 9.999) > 0
    assert log.wait("k", TEN, 10.0) == 0
    assert log.count("k", TEN, 10.0) == 2


def test_a_standing_eases_with_the_oldest_admission() -> None:
    """What is left, and when there will be more."""
    log = Log()
    assert log.standing("k", TEN, 0.0).reset == 0
    log.add("k", 0.0, keep=10)
    standing = log.standing("k", TEN, 4.0)
    assert (standing.limit, standing.remaining, standing.reset) == (3, 2, 6)


def test_an_admission_can_be_taken_back() -> None:
    """Only that one, and once."""
    log = Log()
    for moment in (1.0, 2.0, 2.0):
        log.add("k", moment, keep=10)
    for _ in range(3):
        log.undo("k", 2.0)
    log.undo("k", 9.0)
    log.undo("unknown", 1.0)
    assert log.count("k", TEN, 2.0) == 1


def test_what_was_taken_out_can_be_put_back() -> None:
    """In order, beside what was added since."""
    log = Log()
    log.add("k", 1.0, keep=10)
    moments = log.pop("k")
    assert log.pop("k") == []
    log.add("k", 2.0, keep=10)
    log.restore("k", moments, keep=10)
    log.restore("other", [], keep=10)
    assert log.pop("k") == [1.0, 2.0]
    assert len(log) == 0


def test_a_copy_is_independent() -> None:
    """Adding to one does not add to the other."""
    log = Log()
    log.add("k", 1.0, keep=10)
    copy = log.copy()
    log.add("k", 2.0, keep=10)
    assert copy.count("k", TEN, 2.0) == 1


def test_idle_keys_are_forgotten() -> None:
    """A million addresses, each seen once, leave no more than those of the last window."""
    log = Log()
    for number in range(20_000):
        log.add(f"k{number}", number / 100, keep=10)
    assert len(log) <= 1_002


def test_there_are_never_more_keys_than_allowed() -> None:
    """The one used longest ago goes."""
    log = Log(keys=3)
    for moment, key in enumerate("abcad"):
        log.add(key, moment, keep=100)
    assert len(log) == 3
    window = Window(limit=9, seconds=100)
    assert [log.count(key, window, 5) for key in "abcd"] == [2, 0, 1, 1]


@given(st.lists(st.integers(0, 5), max_size=60), st.integers(1, 5), st.integers(1, 10))
def test_no_window_ever_holds_more_than_its_limit(pauses: list[int], limit: int, seconds: int) -> None:
    """Whenever admissions come, and wherever the window is laid; and waiting as told is enough."""
    log, window, now, admitted = Log(), Window(limit=limit, seconds=seconds), 0, []
    for pause in pauses:
        now += pause
        if wait := log.wait("k", window, now):
            assert log.wait("k", window, now + wait) == 0
            continue
        log.add("k", now, keep=seconds)
        admitted.append(now)
    for end in admitted:
        assert sum(end - seconds < each <= end for each in admitted) <= limit
