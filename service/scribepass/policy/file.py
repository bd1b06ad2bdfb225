"""The policy file on the disk."""

from __future__ import annotations

import stat
from collections.abc import Collection
from pathlib import Path

from scribepass.errors import SettingsError
from scribepass.transcribe import Operation

from .faults import fault
from .policies import Policy
from .text import parse

__all__ = ["read_policy"]


def read_policy(
    path: Path,
    *,
    operations: Collection[Operation] = tuple(Operation),
    regions: Collection[str] | None = None,
    sources: Collection[str] | None = None,
) -> Policy:
    """The policy that the file describes; the other arguments are those of `parse`.

    Raises:
        SettingsError: the file cannot be read or is writable by everybody; or every fault of what it says.
    """
    try:
        if path.stat().st_mode & stat.S_IWOTH:
            raise SettingsError([fault("is writable by everybody")])
        text = path.read_bytes().decode()
    except OSError as error:
        raise SettingsError([fault(f"cannot be read: {error.strerror}")]) from error
    except ValueError as error:
        raise SettingsError([fault("is not text in UTF-8")]) from error
    return parse(text, operations=operations, regions=regions, sources=sources)
