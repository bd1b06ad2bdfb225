"""``scribepass local``: an STS and a Transcribe streaming endpoint on this machine."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scribepass.cli import pointing
from scribepass.cli.local_limits import limit_option
from scribepass.cli.local_resources import resource_options, resources
from scribepass.cli.options import recogniser_option

if TYPE_CHECKING:
    from scribepass.local.limits import Limits
    from scribepass.local.recognisers import Engine
    from scribepass.local.resources import Resources
    from scribepass.local.server import LocalAws

__all__ = ["command", "state_folder"]

HELP = """Run a local AWS: STS and Transcribe streaming on this machine, no account needed.

It checks what AWS checks: signatures, expiry, session policies, parameters. WebSocket and HTTP/2 are on one
port, and through TLS on another, by a certificate that is made at the first start. Once it listens it prints
where, a key pair that it knows, and how to point each SDK here, as lines for a shell.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line, as click read it."""

    host: str
    port: int
    tls_port: int
    no_tls: bool
    state: Path | None
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
    "--tls-port",
    type=click.IntRange(0, 65535),
    default=pointing.ADDED_BY_SDKS,
    show_default=True,
    help="The same through TLS; 0: a free one.",
)
@click.option("--no-tls", is_flag=True, help="Listen on --port alone.")
@click.option(
    "--state",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the certificates are kept.  [default: $XDG_STATE_HOME/scribepass, or in ~/.local/state]",
)
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
    from scribepass.local.server import CannotListen

    engine = named(options.recogniser)
    account = resources(
        vocabulary_filters=options.vocabulary_filters, categories=options.categories, output=options.output
    )
    try:
        asyncio.run(_serve(options, engine, account))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--host") from None
    except CannotListen as error:
        raise click.ClickException(_another_port(error, options)) from None
    except OSError as error:
        where = f"cannot keep certificates at {error.filename} ({error.strerror})"
        raise click.ClickException(f"{where}; --state takes another folder.") from None


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
        tls_port=None if options.no_tls else options.tls_port,
        state=None if options.no_tls else options.state or state_folder(os.environ),
        resources=account,
    ) as local:
        click.echo(_greeting(local, options.region), nl=False)
        await stop.wait()


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where what outlives a run is kept, by the XDG Base Directory Specification."""
    told = Path(environ.get("XDG_STATE_HOME", ""))
    return (told if told.is_absolute() else Path.home() / ".local" / "state") / "scribepass"


def _another_port(error: OSError, options: Options) -> str:
    said = f"cannot listen on {error.filename} ({error.strerror})"
    if options.no_tls or error.filename == f"{options.host}:{options.port}":
        return f"{said}; --port takes another."
    return f"{said}; --tls-port takes another, --no-tls does without."


def _greeting(local: LocalAws, region: str) -> str:
    from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY

    variables = {
        "AWS_ACCESS_KEY_ID": STATIC_ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": STATIC_SECRET_ACCESS_KEY,
        "AWS_REGION": region,
        "AWS_ENDPOINT_URL_STS": local.url,
    }
    hints = pointing.plain(local.url)
    if local.authority is not None:
        variables["NODE_EXTRA_CA_CERTS"] = str(local.authority)
        hints += pointing.through_tls(port=local.tls_port, region=region, authority=local.authority)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    comments = [f"# {hint}".rstrip() for hint in hints]
    return "\n".join([f"local AWS listening on {local.url}", *lines, *comments, ""])
