"""What the local AWS has seen: a record of each stream, for tests and for whoever looks on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from scribepass.transcribe import Event, Operation

__all__ = ["Journal", "Record"]

_RECORDS = 256
_AUDIO_BYTES = 32 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Record:
    """One stream, from its handshake to its end. ``audio`` is what the client sent, all channels.

    ``resumed`` is how many streams of its session came before it, within a ``session-resume-window``.
    ``outcome`` is ``finished``, ``client_gone`` or the exception's name; None while the stream is open.
    """

    operation: Operation
    transport: str
    session_id: str
    signer: str
    parameters: dict[str, str]
    opened_at: datetime
    resumed: int = 0
    audio: bytearray = field(default_factory=bytearray, repr=False)
    audio_seconds: float = 0.0
    said: list[Event] = field(default_factory=list)
    outcome: str | None = None


class Journal:
    """The newest records. ``watch`` is told of every change of one."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque(maxlen=_RECORDS)
        self._watchers: list[Callable[[Record], None]] = []

    def __iter__(self) -> Iterator[Record]:
        return iter(tuple(self._records))

    def watch(self, watcher: Callable[[Record], None]) -> None:
        """Call ``watcher`` at every change."""
        self._watchers.append(watcher)

    def open(self, record: Record) -> None:
        """A stream begins."""
        self._records.append(record)
        self._tell(record)

    def hear(self, record: Record, chunk: bytes, *, seconds: float) -> None:
        """The client has sent audio."""
        record.audio_seconds += seconds
        if len(record.audio) + len(chunk) <= _AUDIO_BYTES:
            record.audio += chunk
        self._tell(record)

    def say(self, record: Record, event: Event) -> None:
        """The server has sent an event."""
        record.said.append(event)
        self._tell(record)

    def end(self, record: Record, outcome: str) -> None:
        """The stream is over."""
        record.outcome = outcome
        self._tell(record)

    def _tell(self, record: Record) -> None:
        for watcher in self._watchers:
            watcher(record)
