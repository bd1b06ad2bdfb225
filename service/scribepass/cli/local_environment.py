"""The environment of ``scribepass local``: each option is a variable too, as containers want it.

``--control-port`` is ``SCRIBEPASS_LOCAL_CONTROL_PORT``, and so on. Lists have commas; an empty variable is an
unset one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

import click

from scribepass.errors import Problem, SettingsError
from scribepass.errors.root import ManyProblems

__all__ = ["PREFIX", "check", "listed", "parsed"]

PREFIX = "SCRIBEPASS_LOCAL"

_Value = TypeVar("_Value")


def listed(_ctx: click.Context, _param: click.Parameter, value: str | None) -> frozenset[str]:
    """The names of a list with commas, without capital letters."""
    return frozenset(each.strip().lower() for each in (value or "").split(",") if each.strip())


def parsed(option: str, text: str, read: Callable[[object], _Value]) -> _Value:
    """What ``read`` makes of an option's JSON; its faults by the name of the option's variable.

    :class:`~scribepass.errors.SettingsError`
    """
    from scribepass.local.members import load

    where = f"{PREFIX}_{option.upper()}"
    try:
        return read(load(text))
    except ManyProblems as error:
        problems = [
            Problem(field=f"{where} {each.field}".strip(), code=each.code, message=each.message)
            for each in error.problems
        ]
        raise SettingsError(problems) from None
    except ValueError as error:
        raise SettingsError([Problem(field=where, code="value", message=str(error))]) from None


def check(environ: Mapping[str, str], parameters: Collection[str]) -> None:
    """:class:`~scribepass.errors.SettingsError` for a production environment, or a variable of no option."""
    problems = [*_production(environ), *_misspelt(environ, parameters)]
    if problems:
        raise SettingsError(problems)


def _production(environ: Mapping[str, str]) -> Iterator[Problem]:
    if environ.get("SCRIBEPASS_ENV") not in (None, "", "local"):
        text = "is neither unset nor local; a local AWS, whose keys are public, does not start in production"
        yield Problem(field="SCRIBEPASS_ENV", code="local_only", message=text)


def _misspelt(environ: Mapping[str, str], parameters: Collection[str]) -> Iterator[Problem]:
    known = [name.upper() for name in parameters]
    for name in sorted(environ):
        prefix, rest = name[: len(PREFIX) + 1], name[len(PREFIX) + 1 :]
        if prefix.upper() == f"{PREFIX}_" and name not in {f"{PREFIX}_{each}" for each in known}:
            near = difflib.get_close_matches(rest.upper(), known, n=1)
            hint = f"; was {PREFIX}_{near[0]} meant?" if near else ""
            yield Problem(field=name, code="unknown", message=f"is not a setting of the local AWS{hint}")
