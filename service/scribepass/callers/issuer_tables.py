"""The file of token issuers, as far as it is TOML that holds tables ``[issuers.NAME]``."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from scribepass.errors import Problem, SettingsError

__all__ = ["MAX_BYTES", "RESERVED_NAMES", "fault", "read_tables"]

VARIABLE = "SCRIBEPASS_ISSUERS_FILE"

MAX_BYTES = 256 * 1024

RESERVED_NAMES = frozenset({"anonymous", "any", "keys", "none", "other"})
"""Sources of callers that are no issuer's, and what metrics say for several or none."""

_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


def read_tables(path: Path) -> dict[str, dict[str, Any]]:
    """The members of each issuer, by its name.

    Raises:
        SettingsError: the file cannot be read, is writable by everybody, or holds no such tables, or others.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & stat.S_IWOTH:
                raise SettingsError([fault("unreadable", "is writable by everybody")])
            text = file.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise SettingsError([fault("unreadable", f"has more than {MAX_BYTES} bytes")])
        body = tomllib.loads(text.decode())
    except OSError as error:
        raise SettingsError([fault("unreadable", f"cannot be read: {error.strerror}")]) from error
    except (ValueError, RecursionError) as error:
        raise SettingsError([fault("unreadable", "is not TOML")]) from error
    tables = body.get("issuers")
    if body.keys() != {"issuers"} or not isinstance(tables, dict) or not tables:
        raise SettingsError([fault("value", "must hold tables [issuers.NAME], and nothing else")])
    problems = [problem for name, table in tables.items() for problem in _unfit(name, table)]
    if problems:
        raise SettingsError(problems)
    return tables


def fault(code: str, message: str) -> Problem:
    """A fault of the file."""
    return Problem(field=VARIABLE, code=code, message=message)


def _unfit(name: str, table: object) -> list[Problem]:
    if not _NAME.fullmatch(name) or name in RESERVED_NAMES:
        text = "has an issuer whose name is not 1 to 32 letters, digits, _ and -"
        reserved = f"has an issuer of the name {name}, which has another meaning"
        return [fault("value", reserved if name in RESERVED_NAMES else text)]
    if not isinstance(table, dict) or "name" in table:
        return [fault("value", f"issuers.{name} must be a table, and its name is not said again in it")]
    return []
