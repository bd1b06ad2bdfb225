"""``scribepass keys``: API keys for callers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from scribepass.cli.key_table import as_json, as_table, as_time

__all__ = ["command"]

MAX_DAYS = 365
MAX_LIVE = 2
"""Keys of one caller: the one in use, and the one that replaces it."""

SOON = "A running service acts on it within 5 seconds."
MOMENTS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z")
AT = "When it ends instead: a date, such as 2027-01-31 (0:00 UTC), or a time, such as 2027-01-31T18:00Z."

file_option = click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file that SCRIBEPASS_API_KEYS_FILE names.",
)


@click.group("keys", short_help="Make, list and revoke API keys for callers.")
def command() -> None:
    """Make, list and revoke API keys for callers. The file holds hashes only."""


@command.command("new", epilog=f"{SOON} The file is made if it is not there.")
@file_option
@click.option("--caller", required=True, metavar="NAME", help="Whose key it is: the name in the audit log.")
@click.option(
    "--env",
    metavar="WORD",
    default="live",
    show_default=True,
    help="Part of the key's text, such as live or test, to tell them apart at sight.",
)
@click.option(
    "--expires-in",
    "days",
    type=click.IntRange(1, MAX_DAYS),
    metavar="DAYS",
    help=f"How long the key is good: 1 to {MAX_DAYS} days.  [default: {MAX_DAYS}]",
)
@click.option("--expires-at", type=click.DateTime(MOMENTS), metavar="TIME", help=AT)
def new(path: Path, caller: str, env: str, days: int | None, expires_at: datetime | None) -> None:
    """Make a key, keep its hash in the file, and print the key: this once, and never again."""
    from scribepass.callers.api_keys import new_key
    from scribepass.callers.key_file import add_key

    now = datetime.now(UTC).replace(microsecond=0)
    ends = _end(now, days=days, expires_at=expires_at)
    try:
        key, record = new_key(env, caller=caller, now=now, expires_at=ends)
    except ValueError as error:
        raise click.UsageError(f"--caller or --env: {error}.") from None
    readers = _readers(path)
    try:
        records = add_key(path, record=record)
    except OSError as error:
        raise _not_written(path, error) from None
    _say_of_readers(path, before=readers)
    live = sum(each.caller == caller and each.is_live(now=now) for each in records)
    if live > MAX_LIVE:
        _say(f"{caller} now has {live} keys that are good; `scribepass keys revoke` ends those not in use")
    _say(f"key {record.id} of {caller}, good until {as_time(ends)}, is in {path}")
    _say("this is the only time it is shown:")
    click.echo(key)


@command.command("list")
@file_option
@click.option("--json", is_flag=True, help="As one JSON array, with times in ISO 8601.")
def list_(path: Path, json: bool) -> None:
    """Show each key of the file: whose, since when, until when, and whether it is live or expired.

    The keys themselves are nowhere; an id is in clear in the text of its key, after sp_ENV_.
    """
    from scribepass.callers.key_file import read_keys

    records = read_keys(path)
    now = datetime.now(UTC)
    click.echo(as_json(records, now=now) if json else as_table(records, now=now))


@command.command("revoke", epilog=f"{SOON} Tickets that were issued before stay good until they expire.")
@file_option
@click.argument("key_id", metavar="ID")
def revoke(path: Path, key_id: str) -> None:
    """End the key of this id, as `scribepass keys list` shows it. The text of a whole key will do, too."""
    from scribepass.callers.api_keys import KEY
    from scribepass.callers.key_file import read_keys, revoke_key

    whole = KEY.fullmatch(key_id)
    readers = _readers(path)
    try:
        revoked = revoke_key(path, key_id=whole["id"] if whole else key_id)
    except OSError as error:
        raise _not_written(path, error) from None
    if revoked is None:  # without its text, which may be most of a key
        raise click.UsageError(f"no key in {path} has this id; `scribepass keys list` shows those that are.")
    _say_of_readers(path, before=readers)
    _say(f"key {revoked.id} of {revoked.caller} is revoked; a running service refuses it within 5 seconds")
    if not read_keys(path):
        _say("no key is left: nobody is let in by a key, and the service does not start with this file")


def _end(now: datetime, *, days: int | None, expires_at: datetime | None) -> datetime:
    if expires_at is None:
        return now + timedelta(days=days or MAX_DAYS)
    if days is not None:
        raise click.UsageError("--expires-in and --expires-at exclude each other.")
    if expires_at.tzinfo is None:
        expires_at = expires_at.replace(tzinfo=UTC)
    if not now < expires_at <= now + timedelta(days=MAX_DAYS):
        raise click.UsageError(f"--expires-at must be in the future, by {MAX_DAYS} days at most.")
    return expires_at.astimezone(UTC)


def _readers(path: Path) -> tuple[int, int] | None:
    """The owner and the group of the file. None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_uid, status.st_gid


def _say_of_readers(path: Path, *, before: tuple[int, int] | None) -> None:
    if before is not None and before != _readers(path):
        _say(f"{path} has another owner or group than before: see that the service can still read it")


def _not_written(path: Path, error: OSError) -> click.ClickException:
    return click.ClickException(f"{path} cannot be written: {error.strerror}.")


def _say(text: str) -> None:
    click.echo(f"scribepass: {text}", err=True)
