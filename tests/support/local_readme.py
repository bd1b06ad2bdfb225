"""The README of the local AWS: its blocks, and its tables as the code says them."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import click

from scribepass.cli.local import command
from scribepass.cli.local_environment import PREFIX
from scribepass.cli.pointing import greeting
from scribepass.local import control
from scribepass.local.server import DEFAULT_PORT, DEFAULT_TLS_PORT, LocalAws

LOCAL = Path(control.__file__).parent
PATH = LOCAL / "README.md"

_METAVARS = {"text": "TEXT", "integer range": "PORT"}


def readme() -> str:
    """The text as it stands."""
    return PATH.read_text()


def blocks(language: str) -> list[str]:
    """The fenced code blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", readme(), re.DOTALL | re.MULTILINE)


def section(title: str) -> str:
    """What stands under a heading."""
    (text,) = re.findall(rf"^##+ {re.escape(title)}\n(.*?)(?=^## |\Z)", readme(), re.DOTALL | re.MULTILINE)
    return cast("str", text)


def rows(title: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    (table, *_) = re.findall(r"(?:^\|.+\|\n)+", section(title), re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def _table(head: tuple[str, ...], body: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *body]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _default(option: click.Option, help_: str) -> tuple[str, str]:
    text, _, told = help_.partition("  [default: ")
    if told:
        return told.removesuffix("]"), text
    return f"`{option.default}`" if option.show_default else "", text


def options_table() -> str:
    """Each option with its variable, in its own words."""
    body = []
    for option in command.params:
        if isinstance(option, click.Option):
            default, text = _default(option, option.help or "")
            metavar = option.metavar or _METAVARS.get(option.type.name, option.type.name)
            named = option.opts[0] if option.is_flag else f"{option.opts[0]} {metavar}"
            body.append((f"`{named}`", f"`{PREFIX}_{(option.name or '').upper()}`", default, text))
    return _table(("option", "variable", "default", "meaning"), body)


def routes_table() -> str:
    """The control API, as its module describes it."""
    lines = re.findall(r"^([A-Z]+) +(/\S*) +(.+)$", control.__doc__ or "", re.MULTILINE)
    body = [(f"`{method} {path}`", what.replace("``", "`")) for method, path, what in lines]
    return _table(("request", "what it does"), body)


def greeted() -> str:
    """What is printed at the start with the default ports, for a state folder of somebody's."""
    local = SimpleNamespace(
        url=f"http://127.0.0.1:{DEFAULT_PORT}",
        region="us-east-1",
        control_url=None,
        tls_port=DEFAULT_TLS_PORT,
        authority=Path("/home/me/.local/state/scribepass/tls/ca.pem"),
    )
    return greeting(cast("LocalAws", local))


def greeting_head() -> str:
    """Its lines up to the comments."""
    return greeted().partition("\n#\n")[0]
