"""What the local AWS has seen: a record of each stream and refusal, for tests and for whoever looks on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from scribepass.transcribe import Event, Operation, Transcript, Utterance

from .diagnosis import Diagnosis

__all__ = ["Journal", "Record", "Rejection"]

_RECORDS = 256
_EVENTS = 4096  # of one stream; the newest
_AUDIO_BYTES = 64 * 1024 * 1024  # of all streams; the oldest record's goes first


@dataclass(slots=True, kw_only=True)
class Record:
    """One stream, from its handshake to its end. ``audio`` is what the client sent, channels interleaved.

    ``resumed`` is how many streams of its session came before it, within a ``session-resume-window``.
    ``frames`` came in, ``signed`` of them with a signature of their own. ``transcripts`` are the texts of
    final results in their order, ``partial`` is what may still change. ``outcome`` is ``finished``,
    ``client_gone``, the exception's name or the kind of the fault that ended it; None while the stream is
    open. ``kept``: the journal has not forgotten it.
    """

    operation: Operation
    transport: str
    session_id: str
    signer: str
    parameters: dict[str, str]
    opened_at: datetime
    resumed: int = 0
    sample_rate: int
    number: int = 0
    channels: int = 1
    frames: int = 0
    signed: int = 0
    audio: bytearray = field(default_factory=bytearray, repr=False)
    audio_seconds: float = 0.0
    said: deque[Event] = field(default_factory=lambda: deque(maxlen=_EVENTS), repr=False)
    transcripts: list[str] = field(default_factory=list)
    partial: str = ""
    outcome: str | None = None
    kept: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A handshake that was refused. ``diagnosis`` says more where a signature did not hold."""

    operation: Operation
    transport: str
    at: datetime
    kind: str
    message: str
    diagnosis: Diagnosis | None = None


class Journal:
    """The newest records and rejections. ``watch`` is told of every change."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque(maxlen=_RECORDS)
        self._rejections: deque[Rejection] = deque(maxlen=_RECORDS)
        self._watchers: list[Callable[[Record | Rejection], None]] = []
        self._opened = 0
        self._audio_bytes = 0

    def __iter__(self) -> Iterator[Record]:
        return iter(tuple(self._records))

    @property
    def rejections(self) -> tuple[Rejection, ...]:
        """The newest last."""
        return tuple(self._rejections)

    def watch(self, watcher: Callable[[Record | Rejection], None]) -> None:
        """Call ``watcher`` at every change."""
        self._watchers.append(watcher)

    def open(self, record: Record) -> None:
        """A stream begins. Its number is one more than that of the stream before it."""
        self._opened += 1
        record.number = self._opened
        if len(self._records) == _RECORDS:
            self._forget(self._records[0])
        self._records.append(record)
        self._tell(record)

    def reject(self, rejection: Rejection) -> None:
        """A handshake was refused."""
        self._rejections.append(rejection)
        self._tell(rejection)

    def hear(self, record: Record, chunk: bytes, *, seconds: float) -> None:
        """The client has sent audio."""
        record.audio_seconds += seconds
        if record.kept:
            record.audio += chunk
            self._audio_bytes += len(chunk)
        for oldest in self._records:
            if self._audio_bytes <= _AUDIO_BYTES:
                break
            self._forget_audio(oldest)
        self._tell(record)

    def say(self, record: Record, event: Event) -> None:
        """The server has sent an event."""
        record.said.append(event)
        for is_partial, words in _words_of(event):
            record.partial = words if is_partial else ""
            if not is_partial:
                record.transcripts.append(words)
        self._tell(record)

    def end(self, record: Record, outcome: str) -> None:
        """The stream is over."""
        record.outcome = outcome
        self._tell(record)

    def forget(self) -> None:
        """Begin anew: streams that are open go on without a record."""
        for record in self._records:
            self._forget(record)
        self._records.clear()
        self._rejections.clear()
        self._opened = 0

    def _forget(self, record: Record) -> None:
        record.kept = False
        self._forget_audio(record)

    def _forget_audio(self, record: Record) -> None:
        self._audio_bytes -= len(record.audio)
        record.audio.clear()

    def _tell(self, change: Record | Rejection) -> None:
        for watcher in self._watchers:
            watcher(change)


def _words_of(event: Event) -> Iterator[tuple[bool, str]]:
    if isinstance(event, Utterance):
        yield event.is_partial, event.transcript
    elif isinstance(event, Transcript):
        for result in event.results:
            if result.alternatives:
                yield result.is_partial, result.alternatives[0].transcript
