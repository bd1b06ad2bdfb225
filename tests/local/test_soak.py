"""The soak of ``python -m tests.soak local``, short."""

from pathlib import Path

from soak.clients import VISITS
from soak.local import LocalSoak

SECONDS = 8.0
RISE = 16 * 2**20
"""More than in the long one: the records of old streams are still filling."""


def test_visits_leave_nothing_behind(tmp_path: Path) -> None:
    """After good, faulty, vanished and refused clients the server holds what it held before."""
    soak = LocalSoak(minutes=SECONDS / 60, folder=tmp_path, warm=80, most=RISE)
    soak.run()
    assert soak.faults == []
    assert set(soak.visits) == {visit.__name__ for visit in VISITS}
