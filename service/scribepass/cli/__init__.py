"""The command line. Each command imports what it needs when it runs, so that ``--help`` is quick."""

from __future__ import annotations

import importlib

import click

from scribepass import __version__
from scribepass.cli.exits import EXIT_HELP, Exit, said
from scribepass.errors import ScribepassError

__all__ = ["main"]

COMMANDS = ("up", "serve", "check", "local", "transcribe", "presign", "keys")

EXTRAS = {
    "client": {"httpx", "numpy", "rich", "soundfile", "websockets"},
    "local": {"h11", "numpy", "pocketsphinx", "rich", "soxr", "websockets"},
}
"""Which of the project's extras brings a library. The client's are asked for by ``transcribe`` alone."""


class Commands(click.Group):
    """Commands that are modules of this package, and the one place where errors become exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands in the order of a first visit."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a module."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"scribepass.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run; an error that is ours is told in its own words, without a traceback."""
        try:
            return super().invoke(ctx)
        except ScribepassError as error:
            lines, code = said(error)
        except ModuleNotFoundError as error:
            lines, code = [_missing(error, ctx.invoked_subcommand)], Exit.USAGE
        except BrokenPipeError:  # whoever read has enough; click says nothing and exits with 1
            raise
        except OSError as error:
            lines, code = [f"cannot read or write: {error.strerror or error}"], Exit.FAILED
        except KeyboardInterrupt:
            lines, code = [], Exit.INTERRUPTED
        for line in lines:
            click.echo(f"scribepass: {line}", err=True)
        raise click.exceptions.Exit(code)


def _missing(error: ModuleNotFoundError, command: str | None) -> str:
    extra = "client" if command == "transcribe" else "local"
    library = (error.name or "").partition(".")[0]
    if library not in EXTRAS[extra]:
        raise error
    return f"{command} needs {library}, which is not installed: pip install 'scribepass[{extra}]'"


@click.group(cls=Commands, epilog=EXIT_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="scribepass")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    envvar="SCRIBEPASS_LOG_LEVEL",
    help="Write log lines (JSON, redacted) from this level on to stderr. [env: SCRIBEPASS_LOG_LEVEL]",
)
def main(log_level: str | None) -> None:
    """Presigned Amazon Transcribe streaming URLs: vend them, use them, try them without AWS."""
    if log_level:
        from scribepass.telemetry import configure

        configure(log_level)
