"""The command line as a whole: help, exit codes, and errors in words."""

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from scribepass import __version__, errors
from scribepass.cli import COMMANDS, EXTRAS, main
from scribepass.cli.exits import MEANINGS, Exit, said
from scribepass.cli.options import OPERATIONS
from scribepass.cli.transcribe import ENCODINGS
from scribepass.errors import Problem
from scribepass.transcribe import ENCODINGS as KNOWN
from scribepass.transcribe import Operation
from support.stack import environment


def test_help_lists_commands_and_exit_codes() -> None:
    """One page: every command with a sentence, every exit code with its meaning."""
    shown = CliRunner().invoke(main, ["--help"])
    assert shown.exit_code == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command} +[A-Z].*\.$", shown.output, re.MULTILINE)
    for code in Exit:
        assert re.search(rf"^ +{code.value}  {re.escape(MEANINGS[code][:20])}", shown.output, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    """--help works everywhere and says more than the usage."""
    shown = CliRunner().invoke(main, [command, "-h"])
    assert shown.exit_code == 0
    assert len(shown.output.splitlines()) > 5


def test_version() -> None:
    """The version is that of the package."""
    assert CliRunner().invoke(main, ["--version"]).output == f"scribepass, version {__version__}\n"


def test_help_is_quick() -> None:
    """--help loads no library that it does not need: only click, and what the package itself brings."""
    program = (
        "import sys\nfrom scribepass.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    print(*sorted(sys.modules), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment()
    )
    heavy = {
        "boto3",
        "flask",
        "gunicorn",
        "httpx",
        "numpy",
        "pocketsphinx",
        "rich",
        "soundfile",
        "websockets",
    }
    assert not heavy & set(ended.stderr.split())


def test_unknown_commands_are_usage_errors() -> None:
    """A misspelt command exits 2."""
    assert CliRunner().invoke(main, ["transscribe"]).exit_code == Exit.USAGE


def test_choices_are_those_of_the_catalogue() -> None:
    """What the options list without loading anything is what Transcribe knows."""
    assert [each.value for each in Operation] == list(OPERATIONS)
    assert set(KNOWN) == set(ENCODINGS)


PROBLEMS = [Problem(field="A", code="x", message="is wrong"), Problem(field="B", code="y", message="is bad")]


@pytest.mark.parametrize(
    ("error", "lines", "code"),
    [
        (errors.AudioUnreadable("a.wav", "no"), ["a.wav: no"], Exit.INPUT),
        (errors.TicketRefused("no", status=403, problem={}), ["no"], Exit.REFUSED),
        (errors.TicketRefused("no", status=400, problem={"problems": "?"}), ["no"], Exit.REFUSED),
        (errors.StreamFailed("X", "y"), ["X: y"], Exit.STREAM),
        (errors.RemoteProtocolError("bad", kind=errors.Violation.HEADER), ["bad"], Exit.STREAM),
        (errors.ServiceUnreachable("http://x", "down"), ["no answer from http://x: down"], Exit.UNREACHABLE),
        (errors.SettingsError(PROBLEMS), ["A: is wrong", "B: is bad"], Exit.USAGE),
        (errors.InvalidParameters(PROBLEMS), ["A: is wrong", "B: is bad"], Exit.USAGE),
        (errors.CredentialsUnavailable("x"), ["no usable AWS credentials from x"], Exit.FAILED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_errors_in_words(error: errors.ScribepassError, lines: list[str], code: Exit) -> None:
    """Each kind has its code; every fault is a line."""
    assert said(error) == (lines, code)


@pytest.mark.parametrize(
    ("command", "library", "extra"),
    [
        pytest.param(["transcribe", "a.wav"], "websockets", "client", id="transcribe"),
        pytest.param(["transcribe", "a.wav"], "soundfile", "client", id="transcribe, another library"),
        pytest.param(["local", "--port", "0"], "websockets", "local", id="local"),
    ],
)
def test_a_missing_extra_is_named(command: list[str], library: str, extra: str) -> None:
    """Without the libraries of a command, one sentence says what to install."""
    program = (
        f"import sys; sys.modules[{library!r}] = None\nfrom scribepass.cli import main\nmain({command!r})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment()
    )
    assert ended.returncode == Exit.USAGE
    assert ended.stderr == (
        f"scribepass: {command[0]} needs {library}, which is not installed: "
        f"pip install 'scribepass[{extra}]'\n"
    )


def test_extras_are_those_of_the_project() -> None:
    """The table of libraries names extras that exist."""
    assert set(EXTRAS) == {"client", "local"}
