"""Windows: what a quota and a ceiling mean, and what one process allows of them."""

import pytest

from scribepass.errors import Scope
from scribepass.quotas import Ceiling, Quota, Standing
from scribepass.quotas.windows import EVERYBODY, Window, limits_of, whole_part

NONE = Ceiling(sessions=0, per_second=0, burst=0)


@pytest.mark.parametrize(
    ("quota", "windows"),
    [
        (Quota(), [(5, 30), (10, 60), (120, 3600)]),
        (Quota(burst=0), [(10, 60), (120, 3600)]),
        (Quota(burst=10), [(10, 60), (120, 3600)]),
        (Quota(per_minute=7, burst=5), [(5, 43), (7, 60), (120, 3600)]),
        (Quota(per_minute=0), [(120, 3600)]),
        (Quota(per_hour=0), [(5, 30), (10, 60)]),
        (Quota(per_minute=0, per_hour=0), []),
    ],
    ids=["default", "no burst", "burst = minute", "rounded up", "no minute", "no hour", "none"],
)
def test_windows_of_a_caller(quota: Quota, windows: list[tuple[int, float]]) -> None:
    """The burst is a window at the sustained rate; 0 is no limit; the shortest comes first."""
    found = [(window.limit, window.seconds) for _, window, _ in limits_of(quota, NONE, 1.0).windows("k")]
    assert found == windows


@pytest.mark.parametrize(
    ("ceiling", "windows"),
    [
        (Ceiling(), [(25, 5)]),
        (Ceiling(burst=0), [(5, 1)]),
        (Ceiling(per_second=0), []),
        (Ceiling(per_second=2, burst=3), [(3, 2)]),
    ],
    ids=["default", "no burst", "none", "rounded up"],
)
def test_windows_of_all_callers(ceiling: Ceiling, windows: list[tuple[int, float]]) -> None:
    """All callers together have one window, at the sustained rate."""
    quota = Quota(per_minute=0, per_hour=0)
    found = [
        (window.limit, window.seconds)
        for key, window, _ in limits_of(quota, ceiling, 1.0).windows("k")
        if key == EVERYBODY and window.scope is Scope.GLOBAL
    ]
    assert found == windows


@pytest.mark.parametrize(
    ("limit", "share", "part", "seconds"),
    [
        (200, 0.25, 50, 60),
        (10, 0.25, 2, 60),
        (10, 1.0, 10, 60),
        (49, 1 / 49, 1, 60),
        (3, 0.25, 1, 80),
        (1, 0.05, 1, 1200),
    ],
    ids=["divides", "rounds down", "alone", "just one", "less than one", "far less than one"],
)
def test_the_part_of_one_process(limit: int, share: float, part: int, seconds: float) -> None:
    """Whole admissions; where it is less than one, one in a longer time: all together keep the rate."""
    window = Window(limit=limit, seconds=60).part(share)
    assert window.limit == part
    assert window.seconds == pytest.approx(seconds)
    assert part / window.seconds / share <= limit / 60 * 1.000001


def test_no_limit_has_no_part() -> None:
    """0 stays 0: it means that there is no limit."""
    assert whole_part(0, 0.25) == 0
    assert whole_part(1, 0.25) == 1


def test_a_caller_is_told_of_the_minute_or_else_the_hour() -> None:
    """One window for the headers: the minute, or the hour where the minute has no limit, or none."""
    assert limits_of(Quota(), NONE, 1.0).told == Window(limit=10, seconds=60)
    assert limits_of(Quota(per_minute=0), NONE, 1.0).told == Window(limit=120, seconds=3600)
    assert limits_of(Quota(per_minute=0, per_hour=0), NONE, 1.0).told is None


def test_figures_are_whole_and_never_too_good() -> None:
    """Waiting as long as one is told is enough, and nothing is left where nothing is left."""
    window = Window(limit=10, seconds=60)
    assert window.standing(used=12, eases=0.01) == Standing(limit=10, remaining=0, reset=1, window=60)
    assert window.standing(used=0, eases=-1) == Standing(limit=10, remaining=10, reset=0, window=60)
    assert window.refusal(0.01).retry_after == 1
    assert window.refusal(29.5).retry_after == 30
