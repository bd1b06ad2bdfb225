"""How long a client waits for what."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Timing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds, but for ``speed``. The defaults are meant for Amazon Transcribe and a person who speaks."""

    connect: float = 10.0
    """Until a WebSocket has to be open."""
    drain: float = 5.0
    """After the end of the audio, from each event to the next."""
    stall: float = 10.0
    """Of audible sound without an answer: the connection is dead, though nobody has closed it. After a false
    alarm twice as long, until words come."""
    blocked: float = 5.0
    """In which nothing that waits to be sent can leave: the connection is dead as well."""
    patience: float = 300.0
    """From the first failure of a row, after which the stream is given up. 0: the first one ends it."""
    well: float = 10.0
    """Of a stream that answers, after which the failures before it are forgotten."""
    life: float = 0.9 * 4 * 3600
    """Of one stream, after which it is handed over to another; Transcribe ends a stream after four hours."""
    buffer: float = 60.0
    """Of audio that are held, as may have to be sent again."""
    speed: float = 2.0
    """How many times as fast as it was spoken audio is sent, at most."""
