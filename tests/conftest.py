"""What every test may rely on: no sockets where a part is pure, and time that moves only by hand."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import pytest_socket

TESTS = Path(__file__).parent
SOCKETS_ALLOWED = {"app", "bench", "cli", "client", "credentials", "e2e", "fuzz", "local", "testing", "web"}


@pytest.fixture(autouse=True)
def _no_sockets_in_pure_parts(request: pytest.FixtureRequest) -> Iterator[None]:
    part = request.path.relative_to(TESTS).parts[0]
    if part in SOCKETS_ALLOWED:
        yield
        return
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Half a character in what a hostile test has logged cannot be handed from one process to another."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: much of the suite waits for real time to pass."""
    return (os.cpu_count() or 1) + 1
