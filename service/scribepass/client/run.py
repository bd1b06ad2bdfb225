"""What all streams of one run share."""

from __future__ import annotations

from dataclasses import dataclass

from scribepass.client.notices import OnNotice
from scribepass.client.renewing import Renewing
from scribepass.client.timing import Timing
from scribepass.client.troubles import Troubles
from scribepass.transcribe import Configuration

__all__ = ["Run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The arguments of ``transcribe``, and what came of its tickets and its failures."""

    tickets: Renewing
    troubles: Troubles
    configuration: Configuration | None
    live: bool
    timing: Timing
    on_notice: OnNotice
