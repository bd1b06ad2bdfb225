"""What is said on stderr while a stream is interrupted."""

from __future__ import annotations

from scribepass.client import Dropped, Notice, Paused, Reconnecting

__all__ = ["sentence"]


def sentence(notice: Notice) -> str:
    """A notice as one line."""
    if isinstance(notice, Reconnecting):
        when = f" in {notice.delay:.1f} s" if notice.delay >= 0.1 else ""
        return f"scribepass: {notice.error}; reconnecting{when}"
    if isinstance(notice, Paused):
        return f"scribepass: {notice.error}; waiting for audio"
    if isinstance(notice, Dropped):
        return f"scribepass: {notice.seconds:.1f} s of audio dropped, {notice.total:.1f} s so far"
    return f"scribepass: resumed; {notice.resent:.1f} s of audio sent again"
