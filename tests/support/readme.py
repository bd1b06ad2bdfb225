"""The README's code blocks and tables, and what they should say."""

import re
from enum import Enum
from pathlib import Path

from pydantic_core import PydanticUndefined

from scribepass.cli import main
from scribepass.cli.exits import MEANINGS
from scribepass.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[2]
README = (CHECKOUT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The fenced code blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _default(value: object) -> str:
    if value in (None, (), PydanticUndefined):
        return ""
    if isinstance(value, tuple):
        return f"`{','.join(each.value for each in value)}`"
    if isinstance(value, Enum):
        return f"`{value.value}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def settings_table() -> str:
    """Each setting with its default and its own description."""
    rows = [
        (
            f"`SCRIBEPASS_{name.upper()}`",
            _default(field.default),
            " ".join((field.description or "").replace("``", "`").split()),
        )
        for name, field in Settings.model_fields.items()
    ]
    return _table(("variable", "default", "meaning"), rows)


def commands_table() -> str:
    """Each command with the first line of its help."""
    rows = [
        (f"`scribepass {name}`", main.get_command(None, name).get_short_help_str(limit=200))  # type: ignore[arg-type]
        for name in main.list_commands(None)  # type: ignore[arg-type]
    ]
    return _table(("command", "what it does"), rows)


def exits_table() -> str:
    """Each exit code with its meaning."""
    return _table(("exit code", "meaning"), [(f"{code:d}", text) for code, text in MEANINGS.items()])
