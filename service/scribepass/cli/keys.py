"""``scribepass keys``: API keys for callers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

__all__ = ["command"]


@click.group("keys", short_help="Make API keys for callers.")
def command() -> None:
    """API keys for callers. The file holds hashes only."""


@command.command("new")
@click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file that SCRIBEPASS_API_KEYS_FILE names; made if it is not there.",
)
@click.option("--caller", required=True, metavar="NAME", help="Whose key it is: the name in the audit log.")
@click.option(
    "--env",
    metavar="WORD",
    default="live",
    show_default=True,
    help="Part of the key's text, such as live or test, to tell them apart at sight.",
)
def new(path: Path, caller: str, env: str) -> None:
    """Make a key, keep its hash in the file, and print the key: this once, and never again.

    The service reads the file when it starts. To withdraw a key, take its entry out of the file.
    """
    from scribepass.callers.api_keys import new_key
    from scribepass.callers.key_file import add_key

    try:
        key, record = new_key(env, caller=caller, now=datetime.now(UTC))
    except ValueError as error:
        raise click.UsageError(f"--caller or --env: {error}.") from None
    try:
        add_key(path, record=record)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from None
    click.echo(
        f"scribepass: key {record.id} of {caller} is in {path}; this is the only time it is shown:", err=True
    )
    click.echo(key)
