"""What the traffic inspector shows, made of a journal: a table of streams, and the last refusal in full."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from scribepass.local.diagnosis import Diagnosis
    from scribepass.local.journal import Journal, Record, Rejection

__all__ = ["beside", "inspection", "plain", "reason"]

_SHOWN_ABOVE = ("language-code", "media-encoding", "sample-rate", "session-id")
_DIFFERS = "bold red"
_HELD, _BROKEN = "green", "red"


def plain(text: str) -> str:
    """``text`` without what a terminal would obey."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def inspection(journal: Journal, *, rows: int) -> RenderableType:
    """The newest ``rows`` streams, and the newest refusal."""
    records = list(journal)[-rows:]
    parts: list[RenderableType] = [_streams(records) if records else Text("no stream yet", style="dim")]
    if journal.rejections:
        parts.append(_refusal(journal.rejections[-1], count=len(journal.rejections)))
    return Group(*parts)


def reason(rejection: Rejection) -> str:
    """Why a handshake was refused, as far as it is known."""
    diagnosis = rejection.diagnosis
    if diagnosis is None:
        return rejection.message
    if diagnosis.because is None:
        return "no likely mistake explains it: another secret key, or a request that was changed on its way"
    return diagnosis.because


def beside(diagnosis: Diagnosis) -> Iterator[tuple[str, str, bool]]:
    """The lines of both canonical requests side by side, ours and theirs, and whether they differ."""
    from scribepass.local.diagnosis import lines_of

    ours, theirs = lines_of(diagnosis.ours), lines_of(diagnosis.theirs)
    matcher = difflib.SequenceMatcher(a=ours, b=theirs, autojunk=False)
    for tag, first, last, their_first, their_last in matcher.get_opcodes():
        left, right = ours[first:last], theirs[their_first:their_last]
        for at in range(max(len(left), len(right))):
            yield (
                left[at] if at < len(left) else "",
                right[at] if at < len(right) else "",
                tag != "equal",
            )


def _streams(records: list[Record]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("signer", overflow="fold", ratio=2)
    table.add_column("stream", overflow="fold", ratio=3)
    table.add_column("frames", justify="right")
    table.add_column("signed", justify="right")
    table.add_column("audio", justify="right")
    table.add_column("heard", overflow="fold", ratio=4)
    table.add_column("outcome", overflow="fold", ratio=1)
    for record in records:
        table.add_row(
            str(record.number),
            Text(plain(record.signer.rpartition(":")[2])),
            Text(plain(_stream(record))),
            str(record.frames),
            str(record.signed),
            f"{record.audio_seconds:.1f} s",
            _heard(record),
            _outcome(record),
        )
    return table


def _stream(record: Record) -> str:
    parameters = record.parameters
    sound = (
        *(parameters[name] for name in _SHOWN_ABOVE[:2] if name in parameters),
        f"{record.sample_rate} Hz",
        *([f"{record.channels} channels"] if record.channels > 1 else []),
    )
    rest = [f"{name}={value}" for name, value in parameters.items() if name not in _SHOWN_ABOVE]
    return " ".join([record.operation.value, record.transport, *sound, *rest])


def _heard(record: Record) -> Text:
    if record.partial:
        return Text(plain(record.partial), style="italic dim")
    return Text(plain(record.transcripts[-1])) if record.transcripts else Text("")


def _outcome(record: Record) -> Text:
    if record.outcome is None:
        return Text("open", style="cyan")
    return Text(plain(record.outcome), style=_HELD if record.outcome == "finished" else _BROKEN)


def _refusal(rejection: Rejection, *, count: int) -> Panel:
    lines: list[RenderableType] = [Text(plain(rejection.message))]
    if rejection.diagnosis is not None:
        lines += [Text(plain(reason(rejection)), style="bold"), _comparison(rejection.diagnosis)]
    title = (
        f"refused {count}, the last: {rejection.kind} ({rejection.operation.value}, {rejection.transport})"
    )
    return Panel(Group(*lines), title=Text(plain(title)), border_style=_BROKEN)


def _comparison(diagnosis: Diagnosis) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False)
    table.add_column("canonical request as computed here", overflow="fold", ratio=1)
    theirs = "as it came" if diagnosis.because is None else "as the client signed it"
    table.add_column(theirs, overflow="fold", ratio=1)
    for ours, their, differs in beside(diagnosis):
        style = _DIFFERS if differs else "dim"
        table.add_row(Text(plain(ours), style=style), Text(plain(their), style=style))
    return table
