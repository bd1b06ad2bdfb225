"""Engines by name: this package's own, then those that others have installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, Final

from scribepass.errors import Problem, SettingsError

__all__ = ["BUNDLED", "GROUP", "found"]

GROUP: Final = "scribepass.recognisers"

# They are entry points too, in pyproject.toml, for whoever lists those. They are looked up here, so that a
# checkout works whatever was installed before, and nobody's package takes the place of one of them.
BUNDLED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "markers": "scribepass.local.recognisers.markers:engine",
        "pocketsphinx": "scribepass.local.recognisers.pocketsphinx:engine",
        "scripted": "scribepass.local.recognisers.scripted:engine",
        "sherpa-onnx": "scribepass.local.recognisers.sherpa:engine",
    }
)
_EXTRAS = {"sherpa-onnx": "local,sherpa"}


def found(name: str) -> Callable[[str | None], Any]:
    """Return what makes the engine called ``name``. :class:`SettingsError` says what to do instead."""
    if name in BUNDLED:
        return _bundled(name)
    installed = [each for each in entry_points(group=GROUP) if each.name not in BUNDLED]
    candidates = [each for each in installed if each.name == name]
    if not candidates:
        known = sorted({*BUNDLED, *(each.name for each in installed)})
        raise _fault("unknown", f"{name!r} is not one of {', '.join(known)}")
    if len({each.value for each in candidates}) > 1:
        raise _fault("ambiguous", f"{name} is in {_packages(candidates)}: uninstall all but one")
    return _plug_in(candidates[0])


def _bundled(name: str) -> Callable[[str | None], Any]:
    module, _, attribute = BUNDLED[name].partition(":")
    try:
        make: Callable[[str | None], Any] = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(name, "local")
        hint = f"{name} needs {error.name}, which is not installed: pip install 'scribepass[{extra}]'"
        raise _fault("not_installed", hint) from error
    return make


def _plug_in(entry: EntryPoint) -> Callable[[str | None], Any]:
    try:
        make = entry.load()
    except Exception as error:  # whatever a stranger's module raises
        what = f"{type(error).__name__}: {error}"
        hint = f"{entry.name} of {_packages([entry])} cannot be loaded ({what}): update or uninstall it"
        raise _fault("broken", hint) from error
    if not callable(make):
        hint = f"{entry.name} of {_packages([entry])} is not callable ({entry.value}): update or uninstall it"
        raise _fault("broken", hint)
    return make  # type: ignore[no-any-return]


def _packages(entries: list[EntryPoint]) -> str:
    return " and ".join(sorted({each.dist.name if each.dist else each.module for each in entries}))


def _fault(code: str, message: str) -> SettingsError:
    return SettingsError([Problem(field="recogniser", code=code, message=message)])
