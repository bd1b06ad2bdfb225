"""The event-stream vectors, as Messages."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from scribepass.eventstream import Header, HeaderType, HeaderValue, Limits, Message

FOLDER = Path(__file__).resolve().parents[1] / "vectors" / "eventstream"


def load(name: str) -> list[dict[str, Any]]:
    """The cases of valid.json or invalid.json."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))["cases"]


def unhex(text: str) -> bytes:
    """Hex in words; ``61*3`` is a word for ``616161``."""
    words = (word.partition("*") for word in text.split())
    return b"".join(bytes.fromhex(word) * int(times or 1) for word, _, times in words)


def messages(case: dict[str, Any]) -> list[Message]:
    """The messages that the case's bytes hold."""
    return [
        Message(tuple(map(_header, each["headers"])), unhex(each["payload"])) for each in case["messages"]
    ]


def limits(case: dict[str, Any]) -> Limits:
    """The limits under which the case is read."""
    return Limits(**case.get("limits", {}))


def _header(written: list[Any]) -> Header:
    name, type_, value = written
    return Header(name, HeaderType[type_], _value(HeaderType[type_], value))


def _value(type_: HeaderType, value: Any) -> HeaderValue:
    match type_:
        case HeaderType.LONG:
            return int(value)
        case HeaderType.BYTES:
            return unhex(value)
        case HeaderType.TIMESTAMP:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(value))
        case HeaderType.UUID:
            return UUID(value)
    return value
