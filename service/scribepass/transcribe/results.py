"""What a transcript is made of. Names are AWS's with ``_`` for capitals; times are seconds.

Source: the shapes of the service model ``transcribe-streaming/2017-10-26``. The model requires no member;
those without a default here are in every event that AWS documents.
"""

from __future__ import annotations

from dataclasses import dataclass

from .bodies import always


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageScore:
    """A language that may have been spoken; ``score`` is 0 to 1."""

    language_code: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A word or a punctuation mark; times in seconds from the start of the stream.

    ``type`` is ``pronunciation`` or ``punctuation``. ``confidence`` and ``speaker`` come with finished
    results, ``stable`` with stabilisation. ``speaker`` is opaque.
    """

    content: str = ""
    start_time: float
    end_time: float
    type: str = "pronunciation"
    confidence: float | None = None
    speaker: str | None = None
    stable: bool | None = None
    vocabulary_filter_match: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Personal (``PII``) or health (``PHI``) data; times in seconds. Redacted content is like ``[NAME]``."""

    start_time: float
    end_time: float
    category: str | None = None
    type: str | None = None
    content: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One reading of a segment: all of its text so far, and its items."""

    transcript: str
    items: tuple[Item, ...] = always()
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A segment of speech; times in seconds from the start of the stream.

    While ``is_partial``, a later result with the same ``result_id`` replaces it. AWS sends one alternative.
    """

    result_id: str
    start_time: float
    end_time: float
    is_partial: bool
    alternatives: tuple[Alternative, ...] = always()
    channel_id: str | None = None
    language_code: str | None = None
    language_identification: tuple[LanguageScore, ...] = ()
