"""One `scribepass local` for all of AWS's clients."""

from collections.abc import Iterator

import pytest

from support.sdks import Local, local_process


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with local_process(tmp_path_factory.mktemp("local")) as running:
        yield running
