"""``scribepass check``: what the settings come to, and whether what they name answers."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import click

from scribepass.cli.exits import Exit

if TYPE_CHECKING:
    from scribepass.app import Parts
    from scribepass.settings import Settings

__all__ = ["command"]

SECONDS = 8.0
"""For each of the things that are tried: longer than any attempt to fetch credentials or keys takes."""

HELP = """Print the settings in force, secrets masked, then try STS, the issuers and the store.

Every fault of the settings is printed instead, with exit code 2. Exit code 1 says that something that the
settings name does not answer as it should.
"""


class Trial(NamedTuple):
    """One thing that was tried: whether it works, and what there is to say of it."""

    what: str
    works: bool
    said: str


@click.command("check", help=HELP, short_help="Print the settings in force, and try what they name.")
@click.option("--caller", metavar="ID", help="Print also what this caller is called in logs and CloudTrail.")
@click.pass_context
def command(context: click.Context, *, caller: str | None) -> None:
    """Read, print, try."""
    from scribepass.app import build_parts
    from scribepass.settings import Settings

    settings = Settings.from_env(os.environ)
    parts = build_parts(settings)
    for name, text in shown(settings):
        click.echo(f"{name:36} {text}")
    if caller is not None:
        from scribepass.callers import Caller

        known = Caller(id=caller, source=caller.partition("|")[0] if "|" in caller else "keys")
        click.echo(f"\ncaller in the log: {parts.vendor.names.hash_of(known)}")
        click.echo(f"role session name: {parts.vendor.names.session_name(known)}")
    click.echo()
    trials = list(tried(parts, has_store=settings.store_url is not None))
    for trial in trials:
        click.echo(f"{'ok' if trial.works else 'FAILED':8}{trial.what}: {trial.said}")
    context.exit(Exit.OK if all(each.works for each in trials) else Exit.FAILED)


def shown(settings: Settings) -> Iterator[tuple[str, str]]:
    """Each variable with its effective value; of a secret, only whether there is one."""
    from scribepass.settings import SECRETS

    for field, value in settings:
        secret = "(secret)" if value is not None else ""
        yield f"SCRIBEPASS_{field.upper()}", secret if field in SECRETS else _text(value)


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(_text(each) for each in value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def tried(parts: Parts, *, has_store: bool) -> Iterator[Trial]:
    """Ask for credentials, keys and the store, as the service will."""
    parts.start()
    works = _soon(parts.vendor.ready)
    left = parts.vendor.seconds_left()
    life = "without an end" if math.isinf(left) else f"good for {left:.0f} s"
    yield Trial("credentials", works, life if works else "none; the log says why")
    if (skew := parts.skew.seconds) is not None:
        works = parts.readiness.parts["clock"]()
        yield Trial("clock", works, f"{skew:+.0f} s from that of STS")
    if parts.oidc is not None:
        works = _soon(parts.oidc.ready)
        for name, age in parts.oidc.ages().items():
            said = "its keys were read" if age is not None else "no keys; the log says why"
            yield Trial(f"issuer {name}", age is not None, said)
    if has_store:
        works = _soon(parts.vendor.quotas.ready)
        yield Trial("store", works, "answers" if works else "does not answer")


def _soon(holds: Callable[[], bool]) -> bool:
    ends = time.monotonic() + SECONDS
    while not (held := holds()) and time.monotonic() < ends:
        time.sleep(0.05)
    return held
