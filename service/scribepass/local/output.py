"""The folder that stands for S3."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

__all__ = ["store"]


def store(folder: Path, documents: Mapping[PurePosixPath, dict[str, Any]]) -> None:
    """Write JSON documents, by bucket and key. A key that exists is overwritten. ``OSError``."""
    for place, document in documents.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
