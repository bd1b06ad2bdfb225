"""The traffic inspector: live streams in the terminal, or lines where stdout is none."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live

from scribepass.cli.inspection import beside, inspection, plain, reason

if TYPE_CHECKING:
    from scribepass.local.journal import Journal, Record, Rejection

__all__ = ["Inspector"]

REDRAW_SECONDS = 0.1
"""200 streams change thousands of times in a second."""

_AROUND = 14
"""Lines of a terminal that the table's head, the prompt and the greeting take."""


class Inspector:
    """Shows what a journal holds while the context lasts, inside the event loop that fills it."""

    def __init__(self, journal: Journal, *, console: Console | None = None) -> None:
        self._journal = journal
        self._console = console or Console(highlight=False)
        self._live: Live | None = None
        self._soon: asyncio.TimerHandle | None = None
        self._printed: dict[int, int] = {}  # of each open stream, by its record, how many finals
        journal.watch(self._change)

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(console=self._console, auto_refresh=False, redirect_stdout=False)
            self._live.start()
            self._draw()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._soon is not None:
            self._soon.cancel()
        if self._live is not None:
            self._draw()
            self._live.stop()

    def _change(self, change: Record | Rejection) -> None:
        if self._live is None:
            self._print(change)
        elif self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(REDRAW_SECONDS, self._draw)

    def _draw(self) -> None:
        self._soon = None
        if self._live is not None:
            rows = max(3, self._console.height - _AROUND)
            self._live.update(inspection(self._journal, rows=rows), refresh=True)

    def _print(self, change: Record | Rejection) -> None:
        from scribepass.local.journal import Rejection

        if isinstance(change, Rejection):
            self._print_refusal(change)
        else:
            self._print_stream(change)

    def _print_stream(self, record: Record) -> None:
        name, key = f"stream {record.number}", id(record)
        if key not in self._printed:
            self._printed[key] = 0
            self._line(f"{name} opened: {record.operation.value} {record.transport} by {record.signer}")
            self._line(f"{name} asks: {' '.join('='.join(each) for each in record.parameters.items())}")
        for words in record.transcripts[self._printed[key] :]:
            self._line(f"{name} heard: {words}")
        self._printed[key] = len(record.transcripts)
        if record.outcome is not None:
            del self._printed[key]
            frames = f"{record.frames} frames, {record.signed} signed, {record.audio_seconds:.1f} s of audio"
            self._line(f"{name} ended: {record.outcome} ({frames})")

    def _print_refusal(self, rejection: Rejection) -> None:
        self._line(f"refused: {rejection.kind}: {rejection.message}")
        if rejection.diagnosis is None:
            return
        self._line(f"because: {reason(rejection)}")
        for ours, theirs, differs in beside(rejection.diagnosis):
            for mark, line in (("+", ours), ("-", theirs)) if differs else ((" ", ours),):
                if line or not differs:
                    self._line(f"{mark} {line}")

    def _line(self, text: str) -> None:
        self._console.print(plain(text), markup=False, emoji=False, soft_wrap=True)
