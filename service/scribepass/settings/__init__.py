"""One frozen object from ``SCRIBEPASS_*`` variables and, for secrets, files; every fault is reported at once.

The environment comes in as a mapping. Who reads ``os.environ`` is an edge: ``app/wsgi.py``,
``app/gunicorn_conf.py`` and the CLI. Unset means production, and production refuses whatever would
weaken it. No value is ever echoed, because any variable may hold a secret by mistake.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from scribepass.errors import Problem, SettingsError

from .addresses import is_loopback
from .conflicts import PREFIX, conflicts, problem, variable
from .fields import Condition, CredentialMode
from .model import SECRETS, Model

__all__ = ["SECRETS", "Condition", "CredentialMode", "Settings", "is_loopback"]

CLIENT_VARIABLES = frozenset({"SCRIBEPASS_API_KEY", "SCRIBEPASS_SERVICE", "SCRIBEPASS_TEST_DATA"})
"""Read by the client and by the tests: beside a service in one shell they are no misspelling."""

LOCAL_PREFIX = "SCRIBEPASS_LOCAL_"
"""Of the variables of ``scribepass local``, which knows its own misspellings."""

MAX_SECRET_FILE = 4096
"""Bytes of a file that holds a secret."""


class Settings(Model):
    """How one deployment behaves: each field is the variable ``SCRIBEPASS_<FIELD>``; lists have commas."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """The settings that ``environ`` describes; an empty variable is an unset one.

        A secret may be in a file that ``SCRIBEPASS_<FIELD>_FILE`` names, white space around it aside.

        Raises:
            SettingsError: with every fault; ``Problem.field`` is the variable's name.
        """
        names = {variable(field): field for field in cls.model_fields}
        files = {f"{variable(field)}_FILE": field for field in SECRETS}
        given = {field: environ[name] for name, field in names.items() if environ.get(name)}
        unread = list(_read_secrets(environ, files, given))
        faulty: dict[str, Problem] = {}
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            faulty = _faulty_fields(error)
            settings = cls.model_validate({field: given[field] for field in given.keys() - faulty})
        unsound = {*faulty, *(files[each.field] for each in unread)}
        problems = [*_misspelt(environ, {*names, *files}), *unread, *faulty.values()]
        problems += [each for fields, each in conflicts(settings, environ) if unsound.isdisjoint(fields)]
        if problems:
            raise SettingsError(problems)
        return settings


def _read_secrets(
    environ: Mapping[str, str], files: Mapping[str, str], given: dict[str, str]
) -> Iterator[Problem]:
    """Put into ``given`` what the files hold."""
    for name, field in files.items():
        if not environ.get(name):
            continue
        if field in given:
            yield Problem(field=name, code="conflict", message=f"and {variable(field)} are both set")
            continue
        try:
            with Path(environ[name]).open("rb") as file:
                given[field] = file.read(MAX_SECRET_FILE).decode().strip()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            yield Problem(field=name, code="unreadable", message=f"cannot be read: {why}")


def _misspelt(environ: Mapping[str, str], known: Collection[str]) -> Iterator[Problem]:
    for name in sorted(environ):
        if name in known or name in CLIENT_VARIABLES or name.startswith(LOCAL_PREFIX):
            continue
        if name.upper().startswith(PREFIX):
            near = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f"; was {near[0]} meant?" if near else ""
            yield Problem(field=name, code="unknown", message=f"is not a setting{hint}")


def _faulty_fields(error: ValidationError) -> dict[str, Problem]:
    """One problem for each field: a sentence about the rule, in which the value does not appear."""
    found: dict[str, Problem] = {}
    for each in error.errors(include_url=False, include_input=False):
        text = each["msg"].removeprefix("Value error, ")
        if "expected" in each.get("ctx", {}):
            text = f"must be {each['ctx']['expected']}".replace("'", "")
        elif each["type"] == "bool_parsing":
            text = "must be true or false"
        field = str(each["loc"][0])
        found.setdefault(field, problem(field, "value", text))
    return found
