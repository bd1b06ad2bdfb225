"""The windows of a set of credentials: plain arithmetic on its life."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribepass.credentials.plan import OF_CALLER, SHARED, Plan
from scribepass.credentials.snapshot import Snapshot
from scribepass.sigv4 import Credentials
from support.clock import START


def taken(life: float | None, *, early: float = 0.0, plan: Plan = SHARED) -> Snapshot:
    ends = None if life is None else START + timedelta(seconds=life)
    credentials = Credentials(access_key_id="AKID", secret_access_key="secret", expires_at=ends)
    return Snapshot.taken(
        credentials,
        now=START,
        plan=plan,
        draw=lambda low, high: low + early * (high - low),
    )


@pytest.mark.parametrize(
    ("plan", "life", "ahead", "mandatory"),
    [
        pytest.param(SHARED, 3600, 2100, 120, id="one hour"),
        pytest.param(SHARED, 43200, 2100, 120, id="twelve hours: no longer window"),
        pytest.param(SHARED, 900, 525, 30, id="15 minutes"),
        pytest.param(SHARED, 60, 35, 2, id="one minute"),
        pytest.param(OF_CALLER, 900, 420, 120, id="a caller's 15 minutes"),
        pytest.param(OF_CALLER, 3600, 420, 120, id="a caller's hour"),
        pytest.param(OF_CALLER, 90, 42, 12, id="a caller's minute and a half"),
    ],
)
def test_windows_scale_with_the_life(plan: Plan, life: float, ahead: float, mandatory: float) -> None:
    """The windows are meant for the life that is planned, and shrink with a shorter one."""
    snapshot = taken(life, plan=plan)
    assert (snapshot.ahead, snapshot.mandatory) == pytest.approx((ahead, mandatory))


def test_no_end_is_infinity() -> None:
    """Static keys never come into any window."""
    assert taken(None).left(START + timedelta(days=10_000)) == float("inf")


@given(life=st.floats(1, 200_000), early=st.floats(0, 1))
def test_windows_stand_in_order_within_the_life(life: float, early: float) -> None:
    """0 < mandatory < ahead < life, whatever the life and the jitter."""
    snapshot = taken(life, early=early)
    assert 0 < snapshot.mandatory < snapshot.ahead < life
