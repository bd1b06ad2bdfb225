"""The environment of ``scribepass local``: each option is a variable too, as containers want it.

``--control-port`` is ``SCRIBEPASS_LOCAL_CONTROL_PORT``, and so on. Lists have commas; an empty variable is an
unset one.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

import click

from scribepass.errors import Problem, SettingsError

__all__ = ["PREFIX", "check", "listed"]

PREFIX = "SCRIBEPASS_LOCAL"


def listed(_ctx: click.Context, _param: click.Parameter, value: str | None) -> frozenset[str]:
    """The names of a list with commas, without capital letters."""
    return frozenset(each.strip().lower() for each in (value or "").split(",") if each.strip())


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
