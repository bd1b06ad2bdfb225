"""How far a stream's recognition is behind its audio. Pure: the time is an argument."""

from __future__ import annotations

__all__ = ["Lag"]


class Lag:
    """Adds up what taking audio has cost in time beyond the audio's own length, and never less than nothing.

    It counts while audio waits to be taken. A client that pauses lets recognition catch up; one that sends a
    file faster than it was spoken has to wait, and is behind only where hearing it takes longer than speaking
    did. Times are seconds of any clock that does not go back.
    """

    def __init__(self, most: float) -> None:
        self._most = most
        self._behind = 0.0
        self._since: float | None = None

    @property
    def behind(self) -> float:
        """Seconds behind, when audio was last taken."""
        return self._behind

    def offer(self, audio: float, *, now: float) -> float:
        """``audio`` seconds are handed over. Return by when they must be taken, or it is too far behind."""
        if self._since is not None:
            self._behind = max(0.0, self._behind - (now - self._since))
        return now + audio + self._most - self._behind

    def take(self, audio: float, *, offered: float, now: float) -> None:
        """What was handed over at ``offered`` has been taken."""
        self._behind = max(0.0, self._behind + now - offered - audio)
        self._since = now
