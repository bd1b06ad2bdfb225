"""One running stack for the whole folder: gunicorn, the page, and the local AWS with its real engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.stack import Stack, up

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here starts real processes."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """What `make run` starts."""
    with up(tmp_path_factory.mktemp("stack")) as running:
        yield running
