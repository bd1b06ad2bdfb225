"""A short run of the fuzz target, with a seed, so that it is the same each time."""

from fuzz.fuzz_eventstream import run
from scribepass.errors import Violation


def test_damaged_frames_are_read_or_refused() -> None:
    """3,000 damaged frames end as they should, and the damage reaches every rule behind the checksums."""
    ends = run(3000, seed=1)
    reachable = {violation.value for violation in Violation} - {"order", "payload"}
    assert set(ends) == {"accepted", *reachable}
    assert ends["header"] > 1000
    assert ends["accepted"] > 100
