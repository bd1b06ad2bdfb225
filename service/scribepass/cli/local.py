"""``scribepass local``: an STS and a Transcribe streaming endpoint on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from scribepass.cli.local_environment import PREFIX, check, listed
from scribepass.cli.options import recogniser_option
from scribepass.errors import Problem, SettingsError
from scribepass.errors.root import ManyProblems

if TYPE_CHECKING:
    from scribepass.local.access import Access
    from scribepass.local.faults import Plan
    from scribepass.local.recognisers import Engine
    from scribepass.local.server import LocalAws

__all__ = ["command"]

HELP = """Run a local AWS: STS and Transcribe streaming on one loopback port, no account needed.

It checks what AWS checks: signatures, expiry, session policies, parameters. Once it listens it prints where,
and a key pair that it knows, as lines for a shell.
"""

EPILOG = f"""Each option is also a variable, as containers want it: --control-port is {PREFIX}_CONTROL_PORT.
Lists have commas there."""

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
    region: str
    recogniser: str
    script: str | None
    faults: str | None
    refuse_handshake: bool
    inspect: bool
    log_level: str | None

    def access(self) -> Access:
        """Who may speak to it."""
        from scribepass.local.access import Access

        return Access(hosts=self.allow_host, origins=self.allow_origin, beyond_loopback=self.i_know)

    def engine(self) -> Engine:
        """Who hears the streams."""
        from scribepass.local.recognisers import named

        if self.script is None:
            return named(self.recogniser)
        from scribepass.local.members import load
        from scribepass.local.recognisers.scripted import told

        with _faults_of("script"):
            return told(load(self.script))

    def plans(self) -> list[Plan]:
        """What shall go wrong from the start."""
        if self.faults is None:
            return []
        from scribepass.local.members import load
        from scribepass.local.plans import plans_of

        with _faults_of("faults"):
            return plans_of(load(self.faults))


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
@click.option("--inspect", is_flag=True, help="Show live streams in the terminal.")
@click.pass_context
def command(context: click.Context, /, **given: Any) -> None:  # noqa: ANN401 - which Options names and types
    """Make the engine, then serve until a signal comes."""
    check(os.environ, [each.name for each in context.command.params if each.name])
    options = Options(log_level=context.parent.params["log_level"] if context.parent else None, **given)
    engine, access, plans = options.engine(), options.access(), options.plans()
    try:
        access.check_address(options.host)
    except ValueError as error:
        text = f"{error}; --i-know allows it" if "loopback" in str(error) else str(error)
        raise click.BadParameter(text, param_hint="--host") from None
    try:
        asyncio.run(_serve(options, engine, access=access, plans=plans))
    except OSError as error:
        option = "control-port" if error.filename == f"{options.host}:{options.control_port}" else "port"
        where = error.filename or f"{options.host}:{options.port}"
        reason = error.strerror or str(error)
        raise click.ClickException(
            f"cannot listen on {where} ({reason}); --{option} takes another."
        ) from None


@contextlib.contextmanager
def _faults_of(option: str) -> Iterator[None]:
    """Turn what is wrong with an option's JSON into faults of its variable's name."""
    where = f"{PREFIX}_{option.upper()}"
    try:
        yield
    except ManyProblems as error:
        problems = [
            Problem(field=f"{where} {each.field}".strip(), code=each.code, message=each.message)
            for each in error.problems
        ]
        raise SettingsError(problems) from None
    except ValueError as error:
        raise SettingsError([Problem(field=where, code="value", message=str(error))]) from None


async def _serve(options: Options, engine: Engine, *, access: Access, plans: list[Plan]) -> None:
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
        refuse_handshake=options.refuse_handshake,
        access=access,
        control_port=options.control_port,
    ) as local:
        for plan in plans:
            local.faults.add(plan)
        if not is_loopback(local.host):
            click.echo(_warning(local), err=True)
        click.echo(_greeting(local), nl=False)
        with _inspecting(local, options) if options.inspect else contextlib.nullcontext():
            await stop.wait()


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


def _greeting(local: LocalAws) -> str:
    from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY

    variables = {
        "AWS_ACCESS_KEY_ID": STATIC_ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": STATIC_SECRET_ACCESS_KEY,
        "AWS_REGION": local.region,
        "AWS_ENDPOINT_URL_STS": local.url,
    }
    lines = [f"export {name}={value}" for name, value in variables.items()]
    control = [] if local.control_url is None else [f"# control API on {local.control_url}"]
    return "\n".join([f"local AWS listening on {local.url}", *control, *lines, ""])
