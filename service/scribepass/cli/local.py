"""``scribepass local``: an STS and a Transcribe streaming endpoint on this machine."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scribepass.cli.local_limits import limit_option
from scribepass.cli.local_resources import resource_options, resources
from scribepass.cli.options import recogniser_option

if TYPE_CHECKING:
    from scribepass.local.limits import Limits
    from scribepass.local.recognisers import Engine
    from scribepass.local.resources import Resources
    from scribepass.local.server import LocalAws

__all__ = ["command"]

HELP = """Run a local AWS: STS and Transcribe streaming on one loopback port, no account needed.

It checks what AWS checks: signatures, expiry, session policies, parameters. Once it listens it prints where,
and a key pair that it knows, as lines for a shell.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line, as click read it."""

    host: str
    port: int
    region: str
    recogniser: str
    refuse_handshake: bool
    limits: Limits
    vocabulary_filters: Path | None
    categories: Path | None
    output: Path | None


@click.command("local", help=HELP, short_help="Run a local AWS, to develop and to test.")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", type=click.IntRange(0, 65535), default=8444, show_default=True, help="0: a free one.")
@click.option(
    "--region", default="us-east-1", show_default=True, help="The region that signatures must name."
)
@recogniser_option
@click.option(
    "--refuse-handshake",
    is_flag=True,
    help="Refuse with HTTP 4xx. Without it the refusal is an exception after the handshake, as AWS does.",
)
@limit_option
@resource_options
def command(**given: Any) -> None:  # noqa: ANN401 - click's values, which Options names and types
    """Make the engine, then serve until a signal comes."""
    options = Options(**given)
    from scribepass.local.recognisers import named

    engine = named(options.recogniser)
    account = resources(
        vocabulary_filters=options.vocabulary_filters, categories=options.categories, output=options.output
    )
    try:
        asyncio.run(_serve(options, engine, account))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--host") from None
    except OSError as error:
        where = f"{options.host}:{options.port}"
        reason = error.strerror or str(error)
        raise click.ClickException(f"cannot listen on {where} ({reason}); --port takes another.") from None


async def _serve(options: Options, engine: Engine, account: Resources) -> None:
    from scribepass.local.server import serve

    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    async with serve(
        options.host,
        options.port,
        recogniser=engine,
        region=options.region,
        limits=options.limits,
        refuse_handshake=options.refuse_handshake,
        resources=account,
    ) as local:
        click.echo(_greeting(local, options.region), nl=False)
        await stop.wait()


def _greeting(local: LocalAws, region: str) -> str:
    from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY

    variables = {
        "AWS_ACCESS_KEY_ID": STATIC_ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": STATIC_SECRET_ACCESS_KEY,
        "AWS_REGION": region,
        "AWS_ENDPOINT_URL_STS": local.url,
    }
    lines = [f"export {name}={value}" for name, value in variables.items()]
    return "\n".join([f"local AWS listening on {local.url}", *lines, ""])
