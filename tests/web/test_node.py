"""The JavaScript tests, one by one, in Node's own runner."""

import subprocess
from pathlib import Path

import pytest

from support.tools import needs

FILES = sorted(Path(__file__).parent.glob("*.test.mjs"))


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_javascript(path: Path) -> None:
    """Every test of the file passes; there is nothing to install for it."""
    done = subprocess.run([needs("node"), "--test", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_javascript_tests() -> None:
    """The list above is not empty."""
    assert FILES
