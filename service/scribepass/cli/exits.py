"""What a script may rely on: one exit code for each way in which a command can end."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType

from scribepass import errors

__all__ = ["EXIT_HELP", "Exit", "said"]


class Exit(enum.IntEnum):
    """Exit codes. Those from 3 on say whose turn it is to do something."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INPUT = 3
    REFUSED = 4
    STREAM = 5
    UNREACHABLE = 6
    INTERRUPTED = 130


MEANINGS: Mapping[Exit, str] = MappingProxyType(
    {
        Exit.OK: "done",
        Exit.FAILED: "something else failed, such as a child process or the AWS credentials",
        Exit.USAGE: "the command line or the settings are wrong, or an extra is missing",
        Exit.INPUT: "the audio cannot be read",
        Exit.REFUSED: "the service refused a ticket",
        Exit.STREAM: "the stream failed; what was final until then is printed",
        Exit.UNREACHABLE: "the service does not answer",
        Exit.INTERRUPTED: "interrupted; what is final is printed",
    }
)

EXIT_HELP = "\b\nExit codes:\n" + "\n".join(f"  {code:>3}  {text}" for code, text in MEANINGS.items())

_CODES: tuple[tuple[type[errors.ScribepassError], Exit], ...] = (
    (errors.AudioUnreadable, Exit.INPUT),
    (errors.TicketRefused, Exit.REFUSED),
    (errors.StreamFailed, Exit.STREAM),
    (errors.ProtocolError, Exit.STREAM),
    (errors.ServiceUnreachable, Exit.UNREACHABLE),
    (errors.SettingsError, Exit.USAGE),
    (errors.InvalidParameters, Exit.USAGE),
    (errors.ScribepassError, Exit.FAILED),
)


def said(error: errors.ScribepassError) -> tuple[list[str], Exit]:
    """What to print of an error, every fault on a line of its own, and how to exit."""
    code = next(code for kind, code in _CODES if isinstance(error, kind))
    if isinstance(error, errors.SettingsError | errors.InvalidParameters):
        return [f"{each.field}: {each.message}" for each in error.problems], code
    lines = [str(error)]
    if isinstance(error, errors.TicketRefused):
        listed = error.problem.get("problems")
        faults = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        lines += [f"{each.get('field')}: {each.get('message')}" for each in faults]
    return lines, code
