"""Clock skew: measured by what STS says, and right at once when somebody sets a clock."""

from datetime import datetime
from email.utils import format_datetime

import pytest

from scribepass.credentials.skew import ClockSkew
from support.clock import START, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


def heard(clock: Clock, date: datetime, *, took: float = 0.0) -> ClockSkew:
    skew = ClockSkew(ticks=clock.monotonic)
    skew.hear(format_datetime(date, usegmt=True), clock=clock, took=took)
    return skew


def test_nothing_is_known_before_the_first_answer() -> None:
    """None, which is not the same as no skew."""
    assert ClockSkew().seconds is None


@pytest.mark.parametrize("ahead", [-7200, -600, 0, 1, 600])
def test_it_is_this_clock_less_that_of_sts(clock: Clock, ahead: float) -> None:
    """Within the second that a Date has, and half of the time that the call took."""
    clock.set_wall(ahead)
    assert heard(clock, START).seconds == pytest.approx(ahead, abs=0.5)
    assert heard(clock, START, took=2.0).seconds == pytest.approx(ahead - 1.5)


def test_a_clock_that_is_set_right_shows_at_once(clock: Clock) -> None:
    """Readiness must not stay red until the next refresh, nor green."""
    clock.set_wall(600)
    skew = heard(clock, START)
    clock.advance(1200)
    assert skew.seconds == pytest.approx(600, abs=1)
    clock.set_wall(-600)
    assert skew.seconds == pytest.approx(0, abs=1)
    clock.set_wall(-300)
    assert skew.seconds == pytest.approx(-300, abs=1)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Sun, 99 Nov 2026 99:00:00 GMT", "1234567890"])
def test_what_is_no_date_says_nothing(clock: Clock, date: str | None) -> None:
    """What was known before goes on."""
    skew = heard(clock, START)
    before = skew.seconds
    skew.hear(date, clock=clock, took=0.0)
    assert skew.seconds == before
    empty = ClockSkew(ticks=clock.monotonic)
    empty.hear(date, clock=clock, took=0.0)
    assert empty.seconds is None
