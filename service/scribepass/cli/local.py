"""``scribepass local``: an STS and a Transcribe streaming endpoint on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scribepass.cli import pointing
from scribepass.cli.local_environment import PREFIX, check, listed, parsed
from scribepass.cli.local_limits import limit_option
from scribepass.cli.local_resources import resource_options, resources, roles_option
from scribepass.cli.options import recogniser_option

if TYPE_CHECKING:
    from scribepass.local.access import Access
    from scribepass.local.faults import Plan
    from scribepass.local.limits import Limits
    from scribepass.local.recognisers import Engine
    from scribepass.local.resources import Resources
    from scribepass.local.server import LocalAws

__all__ = ["command"]

HELP = """Run a local AWS: STS and Transcribe streaming on this machine, no account needed.

It checks what AWS checks: signatures, expiry, session policies, parameters. WebSocket and HTTP/2 are on one
port, and through TLS on another, by a certificate that is made at the first start. Once it listens it prints
where, a key pair that it knows, and how to point each SDK here, as lines for a shell.
"""

EPILOG = f"""Each option is also a variable, as containers want it: --control-port is {PREFIX}_CONTROL_PORT.
Lists have commas there; {PREFIX}_LIMITS has blanks between several limits."""

PORT = click.IntRange(0, 65535)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line, as click read it."""

    host: str
    port: int
    i_know: bool
    allow_host: frozenset[str]
    allow_origin: frozenset[str]
    control_port: int | None
    tls_port: int
    no_tls: bool
    state: Path | None
    region: str
    recogniser: str
    script: str | None
    faults: str | None
    refuse_handshake: bool
    limits: Limits
    roles: Path | None
    vocabulary_filters: Path | None
    categories: Path | None
    output: Path | None
    inspect: bool
    log_level: str | None

    def access(self) -> Access:
        """Who may speak to it."""
        from scribepass.local.access import Access

        return Access(hosts=self.allow_host, origins=self.allow_origin, beyond_loopback=self.i_know)

    def engine(self) -> Engine:
        """Who hears the streams."""
        from scribepass.local.recognisers import named
        from scribepass.local.recognisers.scripted import told

        return named(self.recogniser) if self.script is None else parsed("script", self.script, told)

    def plans(self) -> list[Plan]:
        """What shall go wrong from the start."""
        from scribepass.local.plans import plans_of

        return [] if self.faults is None else parsed("faults", self.faults, plans_of)

    def resources(self) -> Resources:
        """What an account would hold."""
        return resources(
            vocabulary_filters=self.vocabulary_filters, categories=self.categories, output=self.output
        )

    def state_folder(self) -> Path | None:
        """Where certificates are kept; None without TLS."""
        return None if self.no_tls else self.state or pointing.state_folder(os.environ)


@click.command(
    "local",
    help=HELP,
    epilog=EPILOG,
    short_help="Run a local AWS, to develop and to test.",
    context_settings={"auto_envvar_prefix": PREFIX},
)
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", type=PORT, default=8444, show_default=True, help="0: a free one.")
@click.option("--i-know", is_flag=True, help="Allow a --host that others reach: they can use this machine.")
@click.option(
    "--allow-host", metavar="NAMES", callback=listed, help="Host names, without ports, to answer to as well."
)
@click.option("--allow-origin", metavar="ORIGINS", callback=listed, help="Origins of pages to trust as well.")
@click.option(
    "--control-port", type=PORT, help="Serve the control API there; 0: a free one.  [default: nowhere]"
)
@click.option(
    "--tls-port",
    type=PORT,
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
    "--script", metavar="JSON", help="What streams hear, in place of a recogniser: a list of lines."
)
@click.option("--faults", metavar="JSON", help="What goes wrong from the start, as POST /faults takes it.")
@click.option(
    "--refuse-handshake",
    is_flag=True,
    help="Refuse with HTTP 4xx. Without it the refusal is an exception after the handshake, as AWS does.",
)
@limit_option
@resource_options
@roles_option
@click.option("--inspect", is_flag=True, help="Show live streams in the terminal.")
@click.pass_context
def command(context: click.Context, /, **given: Any) -> None:  # noqa: ANN401 - which Options names and types
    """Make the engine, then serve until a signal comes."""
    check(os.environ, [each.name for each in context.command.params if each.name])
    options = Options(log_level=context.parent.params["log_level"] if context.parent else None, **given)
    from scribepass.local.server import CannotListen

    engine, access, plans, account = options.engine(), options.access(), options.plans(), options.resources()
    try:
        access.check_address(options.host)
    except ValueError as error:
        text = f"{error}; --i-know allows it" if "loopback" in str(error) else str(error)
        raise click.BadParameter(text, param_hint="--host") from None
    try:
        asyncio.run(_serve(options, engine, access=access, plans=plans, account=account))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--roles") from None
    except CannotListen as error:
        raise click.ClickException(_another_port(error, options)) from None
    except OSError as error:
        where = f"cannot keep certificates at {error.filename} ({error.strerror})"
        raise click.ClickException(f"{where}; --state takes another folder.") from None


async def _serve(
    options: Options, engine: Engine, *, access: Access, plans: list[Plan], account: Resources
) -> None:
    from scribepass.local.server import serve
    from scribepass.settings import is_loopback

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
        roles=options.roles,
        resources=account,
        access=access,
        tls_port=None if options.no_tls else options.tls_port,
        state=options.state_folder(),
        control_port=options.control_port,
    ) as local:
        for plan in plans:
            local.faults.add(plan)
        if not is_loopback(local.host):
            click.echo(_warning(local), err=True)
        click.echo(pointing.greeting(local), nl=False)
        with _inspecting(local, options) if options.inspect else contextlib.nullcontext():
            await stop.wait()


def _another_port(error: OSError, options: Options) -> str:
    said = f"cannot listen on {error.filename} ({error.strerror})"
    if error.filename == f"{options.host}:{options.port}":
        return f"{said}; --port takes another."
    if error.filename == f"{options.host}:{options.control_port}":
        return f"{said}; --control-port takes another."
    return f"{said}; --tls-port takes another, --no-tls does without."


def _inspecting(local: LocalAws, options: Options) -> contextlib.AbstractContextManager[object]:
    from scribepass.cli.inspector import Inspector
    from scribepass.telemetry import configure

    if not options.log_level:
        configure("error")  # the inspector says the rest, and lines of a log would stand in its table
    return Inspector(local.journal)


def _warning(local: LocalAws) -> str:
    return f"""\
  * WARNING: this local AWS listens on {local.host}, for other machines too, and its keys are public.
  * Whoever reaches it can use this machine and, by the control API, hear what was sent to it."""
