"""How long an open stream waits for its next message."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

from scribepass.client.failures import StreamLost
from scribepass.client.liveness import Liveness

__all__ = ["Waiting"]

LATE_SECONDS = 0.05
"""Whoever asks late, for his time was taken, still gets what has come meanwhile."""


class Waiting:
    """The limits of one stream. After the end of its audio, ``drain`` seconds from each event to the next."""

    def __init__(self, liveness: Liveness, *, drain: float) -> None:
        self._liveness = liveness
        self._drain = drain
        self._clock = asyncio.get_running_loop().time
        self._timeout: asyncio.Timeout | None = None
        self._drain_due = self._retire_due = math.inf

    @property
    def is_draining(self) -> bool:
        """Whether all audio has been sent."""
        return self._drain_due < math.inf

    @property
    def is_retiring(self) -> bool:
        """Whether the stream is to end before its audio does."""
        return self._retire_due < math.inf

    @property
    def is_retired(self) -> bool:
        """Whether it is, by now."""
        return self._clock() >= self._retire_due

    def retire(self, *, within: float) -> None:
        """Wait no longer than so many seconds from now. What is draining ends by itself."""
        if not self.is_draining:
            self._retire_due = self._clock() + within
            self._wake()

    def sending(self) -> None:
        """A message begins to be sent."""
        self._liveness.sending(self._clock())
        self._wake()

    def sent(self, audio: bytes) -> None:
        """It has left, with this audio in it."""
        self._liveness.sent(audio)
        self._wake()

    def ended(self) -> None:
        """The end of the audio has left."""
        self._liveness.ended()
        self._drain_due = self._clock() + self._drain
        self._wake()

    def heard(self, *, words: bool) -> None:
        """An event has come, perhaps with ``words``."""
        now = self._clock()
        self._liveness.heard(now, words=words)
        if self.is_draining:
            self._drain_due = now + self._drain

    async def until(self, receive: Callable[[], Awaitable[bytes | None]]) -> bytes | None:
        """What ``receive`` gives. Raises TimeoutError when it has been waited for long enough."""
        while True:
            due = max(self._due(), self._clock() + LATE_SECONDS)
            try:
                async with asyncio.timeout_at(due if due < math.inf else None) as self._timeout:
                    return await receive()
            except TimeoutError:
                if self._clock() >= self._due():
                    raise
            finally:
                self._timeout = None

    def give_up(self, *, unfinished: bool) -> None:
        """The time has come. Raises StreamLost, unless all was sent and nothing is ``unfinished``."""
        if self._clock() < self._drain_due:
            raise StreamLost("Stalled", self._liveness.give_up())
        if unfinished:
            late = f"nothing came for {self._drain:g} s after the audio, and a sentence was not finished"
            raise StreamLost("DrainTimeout", late)

    def _due(self) -> float:
        return min(self._drain_due, self._retire_due, self._liveness.due)

    def _wake(self) -> None:
        """Wait no longer than now is due. That it is due later by now is found out when the time has come."""
        if self._timeout is None or self._timeout.expired():
            return
        armed = self._timeout.when()
        if (due := self._due()) < (math.inf if armed is None else armed):
            self._timeout.reschedule(due)
