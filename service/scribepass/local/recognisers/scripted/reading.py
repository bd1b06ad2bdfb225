"""From what a script file holds, or what a test says, to a :class:`Script`. All faults are told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from scribepass.local.faults import MOST_MESSAGE, Fault, FaultKind, is_exception
from scribepass.transcribe import Item, LanguageScore

from .members import Table, flag, number, one_of, texts, word
from .script import PAUSE_SECONDS, WORD_SECONDS, Line, Match, Mention, Mishap, Script
from .wording import MARKS, PUNCTUATION, Wording, items_in, items_of, joined, plain, spread, words_of

__all__ = ["BadScript", "read"]

_SECONDS: Final = number(0, 14_400)  # a stream lasts no longer
_SHARE: Final = number(0, 1)
_SENTIMENTS: Final = ("POSITIVE", "NEGATIVE", "MIXED", "NEUTRAL")
_UNTIMED: Final = -1.0
_MOST_WORDS: Final = 200
"""Of a line: each word has a partial of all the words before it."""


class BadScript(ValueError):
    """What is wrong with a script, each fault with its path: ``lines[2].start: must be a number …``."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


def read(given: object) -> Script:
    """The script that ``given`` describes: a list of lines, or a mapping. :class:`BadScript`."""
    faults: list[str] = []
    if not isinstance(given, list | tuple | Mapping):
        raise BadScript(["a script is a list of lines, or a table with lines"])
    table = Table(given if isinstance(given, Mapping) else {"lines": given}, path="", faults=faults)
    script = Script(
        lines=tuple(_lines(table)),
        categories=tuple(_match(each) for each in table.tables("categories")),
        faults=tuple(_mishap(each) for each in table.tables("faults")),
        delay=table.take("delay", number(0, 60), 0.0),
        repeat=table.take("repeat", flag, default=False),
    )
    table.close()
    if faults:
        raise BadScript(faults)
    return script


def _lines(script: Table) -> Iterator[Line]:
    start, ended = 0.0, {0: 0.0, 1: 0.0}
    for place, given in enumerate(script.values("lines")):
        members = {"text": given} if isinstance(given, str) else given
        table = Table(
            {} if isinstance(given, Line) else members, path=f"lines[{place}]", faults=script.faults
        )
        line = given if isinstance(given, Line) else _line(table, start=start)
        words = words_of(items_in(line))
        if not words:
            table.note("text", "has no words")
        elif words > _MOST_WORDS:
            table.note("text", f"has more than {_MOST_WORDS} words")
        elif not ended[line.channel] <= line.start < line.end:
            table.note("start", "must be before its end, and not before the end of the line before it")
        else:
            _hold_together(line, table)
        ended[line.channel], start = line.end, line.end + PAUSE_SECONDS
        yield line


def _line(table: Table, *, start: float) -> Line:
    items = tuple(_leaning(_item(each) for each in table.tables("items")))
    text = plain(table.take("text", word, "")) or joined(items)
    start = table.take("start", _SECONDS, items[0].start_time if _is_timed(items) else start)
    words = words_of(items or items_of(text))
    end = max(item.end_time for item in items) if _is_timed(items) else start + WORD_SECONDS * words
    end = table.take("end", _SECONDS, round(end, 3))
    line = Line(
        text=text,
        start=start,
        end=end,
        items=items if _is_timed(items) else spread(items, start, end),
        confidence=table.take("confidence", _confidence, 0.99),
        speaker=table.take("speaker", _label, None),
        channel=table.take("channel", _channel, 0),
        language=table.take("language", word, None),
        languages=table.take("languages", _scores, ()),
        entities=tuple(_mention(each) for each in table.tables("entities")),
        partials=table.take("partials", _partials, None),
        sentiment=table.take("sentiment", one_of(_SENTIMENTS), None),
        issues=table.take("issues", texts, ()),
    )
    table.close()
    return line


def _item(table: Table) -> Item:
    content = table.need("content", word, "?")
    kind = "pronunciation" if content.strip(MARKS) else PUNCTUATION
    start = table.take("start", _SECONDS, _UNTIMED)
    item = Item(
        content=content,
        start_time=start,
        end_time=table.take("end", _SECONDS, start if kind == PUNCTUATION else _UNTIMED),
        type=table.take("type", one_of(("pronunciation", PUNCTUATION)), kind),
        confidence=table.take("confidence", _SHARE, None),
        speaker=table.take("speaker", _label, None),
        stable=table.take("stable", flag, None),
    )
    table.close()
    return item


def _leaning(items: Iterator[Item]) -> Iterator[Item]:
    """A mark without times stands where the item before it ends."""
    end = _UNTIMED
    for item in items:
        leans = item.type == PUNCTUATION and item.start_time == _UNTIMED
        yield replace(item, start_time=end, end_time=end) if leans else item
        end = end if leans else item.end_time


def _is_timed(items: tuple[Item, ...]) -> bool:
    return any(item.start_time != _UNTIMED for item in items)


def _hold_together(line: Line, table: Table) -> None:
    """Note where the members of a line do not fit one another."""
    times = [time for item in line.items for time in (item.start_time, item.end_time)]
    if (
        times != sorted(times)
        or not line.start <= min(times, default=line.start) <= max(times, default=line.end) <= line.end
    ):
        table.note(
            "items", "need start and end, all of them or none, one behind the other and within the line"
        )
    if isinstance(line.confidence, tuple) and len(line.confidence) != words_of(items_in(line)):
        table.note("confidence", "must be one number, or a list of one for each word")
    try:
        wording = Wording.of(line)
    except ValueError as error:
        table.note("items", str(error))
        return
    named = [(f"entities[{place}]", each.content) for place, each in enumerate(line.entities)]
    for member, content in [*named, *((f"issues[{place}]", each) for place, each in enumerate(line.issues))]:
        try:
            wording.said(content)
        except ValueError as error:
            table.note(member, str(error))


def _mention(table: Table) -> Mention:
    mention = Mention(
        content=table.need("content", word, ""),
        category=table.take("category", word, None),
        type=table.take("type", word, None),
        confidence=table.take("confidence", _SHARE, None),
    )
    table.close()
    return mention


def _match(table: Table) -> Match:
    match = Match(
        at=table.need("at", _SECONDS, 0.0),
        name=table.need("name", word, ""),
        ranges=table.take("ranges", _ranges, ()),
    )
    table.close()
    return match


def _mishap(table: Table) -> Mishap:
    kind = table.need("kind", one_of([each.value for each in FaultKind]), FaultKind.DROP.value)
    fault = Fault(
        kind=FaultKind(kind),
        exception=table.take("exception", _exception, Fault(kind=FaultKind.EXCEPTION).exception),
        message=table.take("message", _message, None),
        seconds=table.take("seconds", number(0, 3600), 0.0),
    )
    mishap = Mishap(at=table.need("at", _SECONDS, 0.0), fault=fault)
    table.close()
    return mishap


def _exception(value: object) -> str:
    if not is_exception(value):
        raise ValueError("must be the name of an exception")
    return str(value)


def _message(value: object) -> str:
    if len(text := word(value)) > MOST_MESSAGE:
        raise ValueError(f"must be text of at most {MOST_MESSAGE} characters")
    return text


def _label(value: object) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else word(value)


def _channel(value: object) -> int:
    if value not in (0, 1) or isinstance(value, bool):
        raise ValueError("must be 0 or 1")
    return int(value == 1)


def _confidence(value: object) -> float | tuple[float, ...]:
    return tuple(_SHARE(each) for each in value) if isinstance(value, list | tuple) else _SHARE(value)


def _scores(value: object) -> tuple[LanguageScore, ...]:
    if not isinstance(value, Mapping):
        raise ValueError("must be a table of language codes and scores")  # noqa: TRY004 - a fault of the file
    return tuple(
        LanguageScore(language_code=word(code), score=_SHARE(score)) for code, score in value.items()
    )


def _partials(value: object) -> tuple[str, ...] | None:
    match value:
        case "words":
            return None
        case "none":
            return ()
        case [*_]:
            return texts(value)
    raise ValueError('must be "words", "none" or a list of texts')


def _ranges(value: object) -> tuple[tuple[float, float], ...]:
    ranges = []
    for each in value if isinstance(value, list | tuple) else [None]:
        if not isinstance(each, list | tuple) or len(each) != 2:
            raise ValueError("must be a list of [start, end], in seconds")
        ranges.append((_SECONDS(each[0]), _SECONDS(each[1])))
    return tuple(ranges)
