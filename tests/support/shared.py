"""Where public test data stands that the project reads but does not ship."""

import os
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SCRIBEPASS_TEST_DATA", _CHECKOUT.parent / "shared"))


def shared(relative: str) -> Path:
    """The path of a shared data file; the test is skipped where it is absent."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(
            f"public data {relative} is not beside this checkout; set SCRIBEPASS_TEST_DATA to its folder"
        )
    return path
