"""What an AWS account holds that streams make use of, for a local AWS that has no account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import categories, vocabulary_filters
from .categories import Rule
from .vocabulary_filters import VocabularyFilter

__all__ = ["Resources"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """``output`` is the folder that stands for S3: ``s3://bucket/key`` is ``output/bucket/key``.

    Vocabularies and language models are not here: a recogniser that is no AWS does nothing with them, so that
    any name is taken.
    """

    vocabulary_filters: Mapping[str, VocabularyFilter] = field(default_factory=dict)
    categories: tuple[Rule, ...] = ()
    output: Path | None = None

    @classmethod
    def read(
        cls,
        *,
        vocabulary_filters: Path | Mapping[str, Any] | None = None,
        categories: Path | Sequence[Mapping[str, Any]] | None = None,
        output: Path | None = None,
    ) -> Resources:
        """Resources of TOML files, or of what such files hold. ``ValueError`` or ``OSError``."""
        return cls(
            vocabulary_filters={} if vocabulary_filters is None else _filters(vocabulary_filters),
            categories=() if categories is None else _categories(categories),
            output=output,
        )


def _filters(source: Path | Mapping[str, Any]) -> Mapping[str, VocabularyFilter]:
    return vocabulary_filters.read(source)


def _categories(source: Path | Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    return categories.read(source)
