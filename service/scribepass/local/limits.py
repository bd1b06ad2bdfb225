"""What the local AWS allows, all in one place, each lowered by argument where a test wants it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from scribepass.transcribe.catalogue import IDLE_SECONDS, MAX_STREAM_SECONDS

__all__ = ["MAX_WINDOW", "Limits"]

MAX_WINDOW = 2**31 - 1
"""Bytes of a flow-control window (RFC 9113, 6.9.1), and more than any setting needs."""


def _processes() -> int:
    # Three real-time streams a core was measured for pocketsphinx; with a fourth all of them fall behind.
    return 3 * (os.cpu_count() or 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of AWS (first group, from its quotas and its error texts), and of this machine."""

    idle_seconds: float = IDLE_SECONDS
    stream_seconds: float = MAX_STREAM_SECONDS
    event_seconds: float = 1.0  # of audio in one AudioEvent
    concurrent_streams: int = 25  # of an account; WebSocket and HTTP/2 apart, but for medical streams
    starts_per_second: float = 25

    recognition_processes: int = _processes()  # or threads, where the engine runs in those
    # That recognition may lag behind audio which waits for it. On two cores with several times the work that
    # they can do, three pocketsphinx streams were 5 s late within 15 s: that alone shall end nobody's test.
    behind_seconds: float = 15.0
    message_bytes: int = 1024 * 1024  # an SDK that sends a file as one event is told so, not cut off
    connections: int = 256
    sniff_seconds: float = 5.0  # from connect to the first four bytes
    open_seconds: float = 5.0  # and from there to a whole request
    close_seconds: float = 5.0  # for the other side's close frame
    close_gap_seconds: float = 0.05  # older JavaScript SDKs lose a message that a close follows at once
    http_body_bytes: int = 64 * 1024
    http_idle_seconds: float = 75.0
    http2_streams: int = 100  # on one connection
    http2_window_bytes: int = 64 * 1024 - 1  # of each, unheard; clients count on this much before they know
    http2_header_bytes: int = 32 * 1024  # a session token of 8 KiB, signed headers, and room
    control_body_bytes: int = 1024 * 1024  # a script of a long conversation

    def __post_init__(self) -> None:
        """``ValueError`` for what HTTP/2 cannot say."""
        for name in ("http2_streams", "http2_window_bytes", "http2_header_bytes"):
            if not 0 < getattr(self, name) <= MAX_WINDOW:
                raise ValueError(f"{name} must be between 1 and {MAX_WINDOW}.")
