"""``scribepass local --limit NAME=VALUE``: any limit of the local AWS, lowered or raised."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from scribepass.local.limits import Limits

__all__ = ["limit_option"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


def limit_option(command: _Command) -> _Command:
    """Add the option; the command is given ``limits``, a :class:`~scribepass.local.limits.Limits`."""
    option = click.option(
        "--limit",
        "limits",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_limits,
        help="Another limit than AWS's, such as idle_seconds=5; may be repeated.",
    )
    return option(command)


def _limits(_ctx: click.Context, _param: click.Parameter, values: Iterable[str]) -> Limits:
    from scribepass.local.limits import Limits

    known = {field.name: field.type for field in dataclasses.fields(Limits)}
    chosen: dict[str, float] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE, such as idle_seconds=5.")
        if name not in known:
            raise click.BadParameter(f"{name!r} is no limit{_nearest(name, known)}")
        if name in chosen:
            raise click.BadParameter(f"{name} is given more than once.")
        chosen[name] = _number(name, text, whole=known[name] == "int")
    try:
        return Limits(**chosen)  # type: ignore[arg-type]
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _nearest(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else f": there are {', '.join(known)}."


def _number(name: str, text: str, *, whole: bool) -> float:
    try:
        number = int(text) if whole else float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise click.BadParameter(f"{name} is {'a whole number' if whole else 'a number'}, not {text!r}.")
    return number
