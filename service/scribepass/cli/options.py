"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import click

__all__ = ["OPERATIONS", "PORT", "collect", "recogniser_option", "stream_options"]

OPERATIONS = ("standard", "medical", "call-analytics")
PORT = click.IntRange(1, 65535)

DEFAULT_LANGUAGE = "en-US"

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _split(
    _ctx: click.Context, _param: click.Parameter, values: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    pairs = [value.partition("=") for value in values]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise click.BadParameter(f"{name!r} is not NAME=VALUE, such as show-speaker-label=true.")
    return tuple((name, text) for name, _, text in pairs)


_STREAM = (
    click.option(
        "-p",
        "--param",
        "parameters",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_split,
        help="Any of AWS's stream parameters by its query name; may be repeated.",
    ),
    click.option("--region", metavar="REGION", help="AWS region.  [default: the service's, or us-east-1]"),
    click.option("--operation", type=click.Choice(OPERATIONS), default=OPERATIONS[0], show_default=True),
    click.option(
        "--language",
        metavar="CODE",
        help=f"What is spoken.  [default: {DEFAULT_LANGUAGE}, unless identified]",
    ),
)


def stream_options(command: _Command) -> _Command:
    """The options that say which stream is wanted."""
    for option in _STREAM:
        command = option(command)
    return command


recogniser_option = click.option(
    "--recogniser",
    metavar="NAME",
    default="pocketsphinx",
    show_default=True,
    help="pocketsphinx or pocketsphinx:fast; scripted:FILE, which says what the file says; markers, which "
    "hears numbers in tones; sherpa-onnx:FOLDER, a model on disk; or an installed plug-in.",
)


def collect(parameters: Iterable[tuple[str, str]], *, language: str | None) -> dict[str, str]:
    """The stream parameters of the command line. Raises UsageError for a name that is given twice."""
    pairs = [*parameters, *([("language-code", language)] if language else [])]
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise click.UsageError(f"{name} is given more than once.")
    params = dict(pairs)
    if not _identified(params):
        params.setdefault("language-code", DEFAULT_LANGUAGE)
    return params


def _identified(params: Mapping[str, str]) -> bool:
    flags = ("identify-language", "identify-multiple-languages")
    return any(params.get(flag, "").lower() == "true" for flag in flags)
