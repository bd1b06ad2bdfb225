"""Every test of the local AWS starts without recognisers, and must leave none behind."""

import logging
import multiprocessing
import time
from collections.abc import Iterator

import pytest
import structlog

from scribepass.local.recognisers import named
from scribepass.local.recognisers.process import preload


@pytest.fixture(scope="session", autouse=True)
def _fork_server() -> None:
    """Children are forked from one process; whoever starts it first says what it has in memory."""
    preload(named("pocketsphinx"))


@pytest.fixture(autouse=True)
def _no_child_left() -> Iterator[None]:
    yield
    deadline = time.monotonic() + 5
    while multiprocessing.active_children() and time.monotonic() < deadline:
        time.sleep(0.01)  # one that was cancelled while it started needs a moment to notice
    assert multiprocessing.active_children() == []


@pytest.fixture(autouse=True)
def _every_level_is_logged() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    yield
    structlog.configure(**before)
