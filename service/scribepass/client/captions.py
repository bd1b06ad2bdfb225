"""A transcript as text, JSON lines, SubRip or WebVTT. Strings in, strings out."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable

from scribepass.client.cues import Cue, cues
from scribepass.client.turns import Turn, Word, turns
from scribepass.transcribe import Category, Result, Utterance, to_json

__all__ = ["json_line", "srt", "text", "vtt"]

UNSEEN = "\u200b"
"""A zero-width space, which takes a sign its meaning and leaves its looks: SubRip has no escapes."""


def text(finals: Iterable[Result | Utterance]) -> str:
    """One line for each turn, with the speaker's name in front where it is known."""
    return "".join(f"{_named(turn).text}\n" for turn in turns(finals))


def json_line(final: Result | Utterance | Category) -> str:
    """One result in AWS's own shape (PascalCase), as one line."""
    return json.dumps(to_json(final), ensure_ascii=False, separators=(",", ":")) + "\n"


def srt(finals: Iterable[Result | Utterance]) -> str:
    """SubRip. Speakers stand in front of what they say; nothing in the text can pass for markup."""
    blocks = enumerate(cues(_named(turn) for turn in turns(finals)), start=1)
    return "\n".join(f"{number}\n{_times(cue, ',')}\n{_unmarked(cue)}\n" for number, cue in blocks)


def vtt(finals: Iterable[Result | Utterance]) -> str:
    """WebVTT (W3C, 2019). Speakers are voice spans."""
    blocks = (f"\n{_times(cue, '.')}\n{_marked_up(cue)}\n" for cue in cues(turns(finals)))
    return "WEBVTT\n" + "".join(blocks)


def _named(turn: Turn) -> Turn:
    if turn.speaker is None:
        return turn
    start = turn.words[0].start
    name = Word(text=f"{turn.speaker}:", start=start, end=start, space=True)
    first = Word(text=turn.words[0].text, start=start, end=turn.words[0].end, space=True)
    return Turn(speaker=turn.speaker, words=(name, first, *turn.words[1:]))


def _times(cue: Cue, point: str) -> str:
    return f"{_clock(cue.start, point)} --> {_clock(cue.end, point)}"


def _clock(seconds: float, point: str) -> str:
    whole, milliseconds = divmod(max(0, round(seconds * 1000)), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{milliseconds:03}"


def _unmarked(cue: Cue) -> str:
    return "\n".join(cue.lines).replace("-->", f"--{UNSEEN}>").replace("<", f"<{UNSEEN}")


def _marked_up(cue: Cue) -> str:
    voice = f"<v {_escaped(cue.speaker)}>" if cue.speaker else ""
    return voice + _escaped("\n".join(cue.lines))


def _escaped(plain: str) -> str:
    return html.escape(plain, quote=False)
