"""What to do about a failure, and what is said of it."""

from __future__ import annotations

import asyncio
import random

from scribepass.client.failures import setback_of
from scribepass.client.notices import OnNotice, Paused, Reconnecting
from scribepass.errors import ScribepassError
from scribepass.transcribe.recovery import Recovery

__all__ = ["Troubles"]


class Troubles:
    """The failures of one run. After ``patience`` seconds of them it is given up; 0 is at the first."""

    def __init__(self, *, patience: float, notify: OnNotice) -> None:
        self._patience = patience
        self._notify = notify
        self._recovery = Recovery(patience=patience)
        self._attempt = 0
        self.was_opened = False
        """Whether there has been an open stream before."""
        self.wants_fresh = False
        """Whether the next ticket is to be of a new session."""

    async def survive(self, error: ScribepassError) -> bool:
        """Wait until it is time for another attempt. False: that is once there is more audio.

        Raises ``error`` if another attempt would not help.
        """
        remedy = self._recovery.fail(
            setback_of(error, opened=self.was_opened),
            asyncio.get_running_loop().time(),
            random.random(),  # noqa: S311 - it spreads the attempts of many clients
        )
        if remedy.action == "stop" or self._patience <= 0:
            raise error
        self.wants_fresh = remedy.fresh
        if remedy.action == "pause":
            self._notify(Paused(error=error))
            return False
        self._attempt += 1
        self._notify(Reconnecting(error=error, attempt=self._attempt, delay=remedy.delay))
        await asyncio.sleep(remedy.delay)
        return True

    def are_over(self) -> None:
        """All is well: the next failure is the first again."""
        self._recovery.well(asyncio.get_running_loop().time())
        self._attempt = 0
