"""What the parameters of a stream ask for, as far as it shows in what the stream says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from scribepass.local.vocabulary_filters import Method, VocabularyFilter
from scribepass.transcribe import MedicalParams, StandardParams, StreamParams

__all__ = ["AGES", "Asked", "Entities", "asked_by"]

AGES: Final = {"low": 1.0, "medium": 0.6, "high": 0.3}
"""The age at which a word of a partial is stable, in seconds of audio, for each level.

Measured with pocketsphinx: of the words that are 0.6 s old, 98 % and more survive to the last partial, of
those that are 0.3 s old 89 %. AWS documents the levels' order and no figures.
"""

DEFAULT_LEVEL: Final = "high"
"""AWS documents no default; the console's is assumed. It is the level at which stable words come soonest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """Which entities are told, and whether their words are replaced. ``types`` empty: all."""

    category: str
    types: frozenset[str] = frozenset()
    redacted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``stable_age`` is None without stabilisation, ``entities`` without identification or redaction.

    ``language`` is what the request says is spoken; None where it shall be found out, which is ``languages``.
    """

    medical: bool = False
    speakers: bool = False
    channels: int = 1
    language: str | None = None
    languages: bool = False
    stable_age: float | None = None
    entities: Entities | None = None
    filters: tuple[VocabularyFilter, ...] = ()
    method: Method = Method.MASK


def asked_by(params: StreamParams, filters: tuple[VocabularyFilter, ...] = ()) -> Asked:
    """What ``params`` ask for; ``filters`` are those that they name."""
    method = getattr(params, "vocabulary_filter_method", None)
    several = isinstance(params, StandardParams) and bool(params.identify_multiple_languages)
    return Asked(
        medical=isinstance(params, MedicalParams),
        speakers=bool(getattr(params, "show_speaker_label", None)),
        channels=getattr(params, "number_of_channels", None) or 1,
        language=params.language_code,
        languages=several or bool(getattr(params, "identify_language", None)),
        stable_age=_stable_age(params),
        entities=_entities(params),
        filters=filters,
        method=Method(method) if method else Method.MASK,
    )


def _stable_age(params: StreamParams) -> float | None:
    if not getattr(params, "enable_partial_results_stabilization", None):
        return None
    return AGES[getattr(params, "partial_results_stability", None) or DEFAULT_LEVEL]


def _entities(params: StreamParams) -> Entities | None:
    identified = getattr(params, "content_identification_type", None)
    redacted = getattr(params, "content_redaction_type", None)
    category = identified or redacted
    if category is None:
        return None
    named = getattr(params, "pii_entity_types", None) or "ALL"
    types = frozenset(each.strip() for each in named.split(","))
    return Entities(
        category=category,
        types=frozenset() if "ALL" in types else types,
        redacted=redacted is not None,
    )
