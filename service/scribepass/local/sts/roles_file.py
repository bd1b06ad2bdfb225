"""The file of roles, on a disk."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from .roles import Roles
from .roles_document import RolesMalformed, roles_of

__all__ = ["load"]


def load(path: Path) -> Roles:
    """Read a TOML file and the key sets that it names. Raises OSError, and `RolesMalformed`, a ValueError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RolesMalformed(f"{path.name} is no TOML: {error}") from error
    providers = document.get("providers")
    for provider in providers if isinstance(providers, list) else ():
        if isinstance(provider, dict) and "jwks_file" in provider:
            provider["jwks"] = _beside(path, provider.pop("jwks_file"))
    return roles_of(document)


def _beside(path: Path, name: Any) -> str:  # noqa: ANN401 - whatever TOML has there
    if not isinstance(name, str):
        raise RolesMalformed("jwks_file must be the path of a file")
    return (path.parent / name).read_text(encoding="utf-8")
