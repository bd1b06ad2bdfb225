"""Recovery against the vectors that JavaScript reads too: tests/vectors/resume/recovery.json."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribepass.transcribe import Recovery, Remedy, Setback

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "resume" / "recovery.json"
CASES = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]

Step = dict[str, Any]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_vectors(case: Step) -> None:
    """Each failure has the remedy that the vector says."""
    recovery = Recovery(**case.get("options", {}))
    for number, step in enumerate(case["steps"]):
        if "well" in step:
            recovery.well(step["well"])
        else:
            assert _fail(recovery, **step) == _remedy(**step), f"step {number}: {step}"


def _fail(
    recovery: Recovery,
    *,
    now: float,
    random: float,
    action: str,
    delay: float = 0,
    fresh: bool = False,
    **setback: Any,
) -> Remedy:
    return recovery.fail(Setback(**setback), now, random)


def _remedy(*, action: Any, delay: float = 0, fresh: bool = False, **_: Any) -> Remedy:
    return Remedy(action=action, delay=delay, fresh=fresh)


setbacks = st.builds(
    Setback,
    kind=st.sampled_from(
        [
            "ConnectionLost",
            "Stalled",
            "InternalFailureException",
            "LimitExceededException",
            "Ticket",
            "Conflict",
        ]
    ),
    text=st.sampled_from(["", "expired", "no new audio"]),
    status=st.sampled_from([0, 401, 429, 500, 503]),
    retry_after=st.none() | st.floats(0, 1000),
    opened=st.booleans(),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(setbacks, st.floats(0, 30), st.floats(0, 0.999)), max_size=40))
def test_a_row_is_over_in_time(failures: list[tuple[Setback, float, float]]) -> None:
    """No retry is later than the patience, none in the past, and what is not retried has no delay."""
    recovery, now = Recovery(patience=100), 0.0
    for setback, later, random in failures:
        now += later
        remedy = recovery.fail(setback, now, random)
        first = failures[0][1]
        assert remedy.action != "retry" or 0 <= remedy.delay <= first + 100 - now
        assert remedy.action == "retry" or (remedy.delay, remedy.fresh) == (0, False)


def test_a_row_may_be_as_long_as_patience_lasts() -> None:
    """No number of failures is too large to count with."""
    recovery = Recovery(patience=1e9)
    limited = Setback(kind="LimitExceededException")
    delays = {recovery.fail(limited, float(now), 0.5).delay for now in range(3000)}
    assert max(delays) == 30
    assert recovery.fail(Setback(kind="Stalled"), 3000, 0).delay == 5
