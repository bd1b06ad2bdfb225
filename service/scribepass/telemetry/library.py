"""prometheus_client, imported when it is first needed: it looks for its folder as it is imported."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["library"]

_importing = threading.Lock()


def library() -> Any:  # noqa: ANN401 (half of it has no types)
    """The package, with ``mmap_dict`` and ``multiprocess``.

    Its modules import each other, so that two threads that begin at the same time could meet half of one.
    """
    with _importing:
        import prometheus_client  # noqa: PLC0415
        import prometheus_client.mmap_dict  # noqa: PLC0415
        import prometheus_client.multiprocess  # noqa: PLC0415
    return prometheus_client
