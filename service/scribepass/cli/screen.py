"""stderr as a place to look at while one waits, where it is a terminal; stdout stays for results."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

__all__ = ["Screen"]

REDRAW_SECONDS = 0.05
"""Audio that is not paced advances thousands of times in a second."""


class Screen:
    """Partials and progress, redrawn in place, and lines of stdout that they leave alone.

    ``seconds`` is the length of the audio, None where it has no known end. ``partials`` None means: where
    stderr is a terminal. Wanted elsewhere, each is a line of stderr.
    """

    def __init__(
        self, *, seconds: float | None, listening: bool, partials: bool | None, console: Console | None = None
    ) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._drawing = self._console.is_terminal and not self._console.is_dumb_terminal
        self._partials = self._drawing if partials is None else partials
        self._progress = _progress(self._console)
        self._task = self._progress.add_task("", total=seconds, visible=seconds is not None)
        self._listening = listening
        self._open: dict[str, str] = {}
        self._live: Live | None = None
        self._advanced = -REDRAW_SECONDS

    def __enter__(self) -> Self:
        self._draw()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._erase()

    def advance(self, seconds: float) -> None:
        """So much of the audio has been sent."""
        self._progress.update(self._task, completed=seconds)
        if time.monotonic() - self._advanced >= REDRAW_SECONDS:
            self._advanced = time.monotonic()
            self._draw()

    def show(self, name: str, words: str) -> None:
        """What is heard so far of the result called ``name``."""
        if not self._partials:
            return
        self._open[name] = words
        if self._drawing:
            self._draw()
        else:
            self._console.print(Text(words), soft_wrap=True)

    def forget(self, name: str) -> None:
        """That result is final, or withdrawn: its partial is not shown any more."""
        self._open.pop(name, None)

    def note(self, text: str) -> None:
        """Put a line on stderr that stays, terminal or not."""
        self._erase()
        click.echo(text, err=True)
        self._draw()

    def write(self, text: str) -> None:
        """Put text on stdout, above what is drawn."""
        self._erase()
        click.echo(text, nl=False)  # which flushes
        self._draw()

    def _draw(self) -> None:
        if not self._drawing:
            return
        if self._live is None:
            self._live = Live(
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        self._live.update(Group(*self._lines()), refresh=True)

    def _erase(self) -> None:
        if self._live is not None:
            self._live.update(Text(), refresh=True)
            self._live.stop()
            self._live = None

    def _lines(self) -> list[RenderableType]:
        lines: list[RenderableType] = [Text(words, style="italic dim") for words in self._open.values()]
        if self._listening:
            lines.append(Text("● listening; Ctrl-C ends", style="red"))
        if any(task.visible for task in self._progress.tasks):
            lines.append(self._progress.make_tasks_table(self._progress.tasks))
        return lines


def _progress(console: Console) -> Progress:
    """The columns of a file's progress. It is never started: ``Screen`` draws it."""
    return Progress(
        BarColumn(bar_width=None),
        TextColumn("{task.completed:.0f} of {task.total:.0f} s"),
        TimeRemainingColumn(compact=True),
        console=console,
        expand=True,
        auto_refresh=False,
    )
