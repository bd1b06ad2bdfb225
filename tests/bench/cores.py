"""A core for the server that is measured, and the others for whoever measures it."""

import contextlib
import os
from collections.abc import Iterator

SERVER_CORE, OUR_CORE = 0, (os.cpu_count() or 1) - 1


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """Stay away from the server's core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {OUR_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
