"""A recogniser that says what it was told to, timed by the audio and by nothing else.

A script is a TOML or JSON file. The shortest is a list of texts, ``["hello", "go forward ten meters"]``; each
is a line. A script that uses all there is, in TOML (JSON has the same names)::

    delay = 0.2                # results come so many seconds of audio late; default 0
    repeat = true              # begin again half a second after the end, for long streams; default false

    [[lines]]                  # a segment: partials, then a final
    text = "Hello, I am Jane Doe."

    [[lines]]
    text = "My order 123 never came."
    start = 2.5                # seconds of audio; default: 0.5 s after the line before, the first at 0
    end = 4.9                  # default: 0.3 s for each word
    confidence = [0.9, 0.8, 0.7, 0.95, 1.0]   # a number for all words, or one for each; default 0.99
    speaker = "1"
    channel = 1                # 0 (default) or 1; a stream of one channel says the lines of both
    sentiment = "NEGATIVE"     # for Call Analytics: POSITIVE, NEGATIVE, MIXED or NEUTRAL
    issues = ["My order 123 never came"]      # parts of the text
    partials = ["My older", "My order 123 ever"]   # or "words", one by one (default), or "none"

    [[lines]]
    text = "Buenos días, Ana."
    language = "es-US"
    languages = { es-US = 0.93, en-US = 0.07 }
    [[lines.entities]]
    content = "Ana"            # a part of the text, which says when
    category = "PII"
    type = "NAME"
    confidence = 0.98

    [[lines]]                  # items in place of the words and marks that the text would be cut into
    start = 7.0
    items = [
        { content = "Dr.", start = 7.0, end = 7.4, confidence = 0.8, speaker = "0", stable = true },
        { content = "No", start = 7.5, end = 7.8 },
        { content = "!", type = "punctuation" },
    ]

    [[categories]]             # for Call Analytics: a category that the call matches
    at = 5.0
    name = "late-delivery"
    ranges = [[2.5, 4.9]]      # when the phrases were said; default: none

    [[faults]]                 # what goes wrong once so much audio was heard, however often the lines repeat
    at = 6.0
    kind = "slow"              # exception, drop, half-open, slow, garbage, wrong-crc or close
    seconds = 0.3              # by how much each event is late, from then on

    [[faults]]
    at = 20.0
    kind = "exception"
    exception = "ServiceUnavailableException"   # default InternalFailureException
    message = "Service is currently unavailable. Try your request later."

Speakers, confidences, entities, sentiment and issues come with finals, as AWS has it. What a stream has not
asked for it does not pass on.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scribepass.errors import Problem, SettingsError
from scribepass.local.recognisers import Isolation, Options

from .reading import BadScript, read
from .recital import Recital
from .script import Line, Script

__all__ = ["BadScript", "Line", "Recital", "Script", "Scripted", "engine", "told"]


class Scripted:
    """The engine. ``script`` is one, or what :func:`told` takes. :class:`BadScript` for one with faults."""

    name = "scripted"
    languages: tuple[str, ...] = ()
    isolation: Isolation = "inline"
    preload: str | None = None

    def __init__(self, script: Script | Mapping[str, Any] | Sequence[str | Line | Mapping[str, Any]]) -> None:
        self.script = script if isinstance(script, Script) else read(script)

    def open(self, options: Options) -> Recital:
        """Start the script from its first line."""
        return Recital(self.script, sample_rate=options.sample_rate, channel=options.channel)


def told(script: object) -> Scripted:
    """The engine of a script as JSON or TOML holds it. :class:`BadScript` (``ValueError``) has its faults."""
    return Scripted(read(script))


def engine(argument: str | None = None) -> Scripted:
    """The engine of a script in a ``.toml`` or JSON file.

    ``ValueError`` or ``OSError`` for a file that cannot be read; :class:`~scribepass.errors.SettingsError`
    has every fault of a script.
    """
    if argument is None:
        raise ValueError("scripted needs a file: scripted:FILE")
    path = Path(argument)
    text = path.read_text(encoding="utf-8")
    try:
        return told(tomllib.loads(text) if path.suffix == ".toml" else json.loads(text))
    except BadScript as error:
        faults = (f"{path}: {fault}" for fault in error.faults)
        raise SettingsError(
            [Problem(field="recogniser", code="script", message=each) for each in faults]
        ) from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
