"""Results as a recogniser might say them, and an engine that says what it is given."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scribepass.local.recognisers import Options, Said
from scribepass.transcribe import Alternative, Entity, Item, Result

WORD = 0.3
MARKS = {".", ",", "?", "!"}


def spoken(text: str, *, start: float = 0.0, **members: Any) -> tuple[Item, ...]:
    """One item for each word of ``text``, 0.3 s long, and for each mark that stands by itself."""
    items, at = [], start
    for content in text.split():
        if content in MARKS:
            items.append(Item(content=content, start_time=at, end_time=at, type="punctuation"))
            continue
        end = round(at + WORD, 3)
        items.append(Item(content=content, start_time=at, end_time=end, **members))
        at = end
    return tuple(items)


def result(
    text: str,
    *,
    partial: bool = False,
    result_id: str = "segment",
    start: float = 0.0,
    entities: Sequence[Entity] = (),
    item: dict[str, Any] | None = None,
    **members: Any,
) -> Result:
    """A result of ``text``, in which marks stand by themselves: ``"yes , sir ."``."""
    items = spoken(text, start=start, **(item or {}))
    transcript = "".join(f"{'' if each.content in MARKS else ' '}{each.content}" for each in items).strip()
    return Result(
        result_id=result_id,
        start_time=start,
        end_time=items[-1].end_time if items else start,
        is_partial=partial,
        alternatives=(Alternative(transcript=transcript, items=items, entities=tuple(entities)),),
        **members,
    )


@dataclass
class Says:
    """An engine in the server's process. Says all of ``said`` at the first audio of its channel."""

    said: Sequence[Said]
    second: Sequence[Said] = ()
    opened: list[Options] = field(default_factory=list)
    name: str = "says"
    languages: tuple[str, ...] = ()
    isolation: str = "inline"
    preload: str | None = None

    def open(self, options: Options) -> "Saying":
        self.opened.append(options)
        return Saying(self.second if options.channel else self.said)


class Saying:
    def __init__(self, said: Sequence[Said]) -> None:
        self._left = list(said)

    def feed(self, pcm: bytes) -> list[Said]:  # noqa: ARG002 - as Recogniser has it
        said, self._left = self._left, []
        return said

    def finish(self) -> list[Said]:
        return self._left

    def close(self) -> None:
        self._left = []
