"""What goes to stdout: final results, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scribepass.cli.screen import Screen
from scribepass.client import Heard
from scribepass.client.captions import json_line, srt, text, vtt
from scribepass.transcribe import Category, Result, Transcript, Utterance

__all__ = ["Results"]

AT_THE_END: Mapping[str, Callable[[list[Result | Utterance]], str]] = {"srt": srt, "vtt": vtt}
"""Subtitles need the next one's time to know how long they may stay."""


class Results:
    """Prints finals in the form ``output`` (text, json, srt, vtt), and shows partials on ``screen``."""

    def __init__(self, output: str, *, screen: Screen) -> None:
        self._output = output
        self._screen = screen
        self._finals: list[Result | Utterance] = []

    def take(self, event: Heard) -> None:
        """Show or print what an event says."""
        if isinstance(event, Category):
            if self._output == "json":
                self._screen.write(json_line(event))
            return
        for result in event.results if isinstance(event, Transcript) else (event,):
            words = text([result]).strip() if result.is_partial else ""
            if words:
                self._screen.show(_name(result), words)
            else:
                self._screen.forget(_name(result))  # it is final, or was withdrawn
            if not result.is_partial:
                self._final(result)

    def _final(self, result: Result | Utterance) -> None:
        if self._output in AT_THE_END:
            self._finals.append(result)
        elif self._output == "json":
            self._screen.write(json_line(result))
        else:
            self._screen.write(text([result]))

    def finish(self) -> None:
        """Print what waits for the end, whichever way it came."""
        if write := AT_THE_END.get(self._output):
            self._screen.write(write(self._finals))


def _name(result: Result | Utterance) -> str:
    return result.utterance_id if isinstance(result, Utterance) else result.result_id
