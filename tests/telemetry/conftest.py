"""A log that a test can read, and the process as it was afterwards."""

from collections.abc import Iterator

import pytest

from support.logs import Lines, captured


@pytest.fixture
def log() -> Iterator[Lines]:
    with captured("debug") as lines:
        yield lines
