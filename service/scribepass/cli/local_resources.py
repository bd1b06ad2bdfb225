"""Options of ``scribepass local`` that stand for what AWS keeps in an account."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from scribepass.local.resources import Resources

__all__ = ["resource_options", "resources", "roles_option"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OPTIONS = (
    click.option("--vocabulary-filters", type=_FILE, metavar="FILE", help="Vocabulary filters, in TOML."),
    click.option("--categories", type=_FILE, metavar="FILE", help="Call Analytics categories, in TOML."),
    click.option(
        "--output",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        help="Stands for S3: reports for s3://bucket/key are written to FOLDER/bucket/key.",
    ),
)

roles_option = click.option("--roles", type=_FILE, metavar="FILE", help="Roles that may be assumed, in TOML.")


def resource_options(command: _Command) -> _Command:
    """The options, whose values :func:`resources` takes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def resources(*, vocabulary_filters: Path | None, categories: Path | None, output: Path | None) -> Resources:
    """What the files say. ``click.BadParameter`` for one that says something else."""
    from scribepass.local.resources import Resources

    filters = _read("--vocabulary-filters", lambda: Resources.read(vocabulary_filters=vocabulary_filters))
    rules = _read("--categories", lambda: Resources.read(categories=categories))
    return Resources(
        vocabulary_filters=filters.vocabulary_filters, categories=rules.categories, output=output
    )


def _read(option: str, reading: Callable[[], Resources]) -> Resources:
    try:
        return reading()
    except (OSError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint=option) from None
