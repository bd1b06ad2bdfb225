"""Whether a client has gone, seen without reading what it may have sent before."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable

__all__ = ["departure"]

_LOOK_SECONDS = 0.1

# Linux says that the other side has sent its last; elsewhere only a reset, or the end of both ways, is seen.
_LEFT = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR


async def departure(transport: asyncio.BaseTransport, *, meanwhile: Callable[[], bool]) -> None:
    """Wait until the client of ``transport`` is gone, or ``meanwhile`` does not hold any more."""
    while (  # noqa: ASYNC110 - nobody tells that a peer has gone whose bytes are not read
        meanwhile() and not transport.is_closing() and not _has_left(transport)
    ):
        await asyncio.sleep(_LOOK_SECONDS)


def _has_left(transport: asyncio.BaseTransport) -> bool:
    poll = select.poll()
    poll.register(transport.get_extra_info("socket"), _LEFT)
    return bool(poll.poll(0))
