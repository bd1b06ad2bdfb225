"""Speech recognition behind one small port.

An :class:`Engine` is a description that can be pickled; ``open`` makes a :class:`Recogniser` for one
stream. An engine that would hold the event loop (pocketsphinx never releases the GIL) names a module to
``preload``: its recognisers run in a forked child each, made from a process that has the model in memory
(:mod:`~scribepass.local.recognisers.process`). To add an engine, write one file and name it in ``_ENGINES``.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scribepass.errors import Problem, SettingsError
from scribepass.local.faults import Fault
from scribepass.transcribe import Category, IssueDetected, Result

__all__ = ["Engine", "Options", "Recogniser", "RecogniserDied", "Said", "Spoken", "named"]


class RecogniserDied(Exception):
    """A recogniser ended before it had said its last result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a recogniser is told about its stream: the rate of the 16-bit mono PCM that it will be fed.

    ``channel`` is 0 or 1 where each channel of the stream has a recogniser of its own. ``stabilised``: words
    of partials are called stable, so that a final that thinks again would be bent to what was said before.
    """

    sample_rate: int
    language_code: str | None = None
    channel: int | None = None
    stabilised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A result, and what Call Analytics says beside it."""

    result: Result
    sentiment: str | None = None
    issues: tuple[IssueDetected, ...] = ()


Said = Result | Spoken | Category | Fault
"""What comes out of a recogniser. A stream passes on what its client has asked for; a fault befalls it.
A recogniser in a process of its own says results and nothing else."""


class Recogniser(Protocol):
    """Hears one stream. Used by one thread; times are in seconds from the stream's first sample."""

    def feed(self, pcm: bytes) -> Sequence[Said]:
        """Take 16-bit little-endian mono PCM of any length; return what is new, oldest first.

        Results do not depend on how the audio was cut. Of one segment come growing partials, then one final,
        all with the same ``result_id``.
        """
        ...

    def finish(self) -> Sequence[Said]:
        """End the audio and return the last finals."""
        ...

    def close(self) -> None:
        """Give up everything held. Idempotent, allowed at any time."""
        ...


class Engine(Protocol):
    """A way to recognise speech."""

    @property
    def name(self) -> str:
        """What ``--recogniser`` calls it."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it knows, such as ``en``; empty: whichever it is asked for."""
        ...

    @property
    def preload(self) -> str | None:
        """The module that a child's parent imports beforehand; None: it runs in the server's own process."""
        ...

    def open(self, options: Options) -> Recogniser:
        """Start hearing one stream."""
        ...


_ENGINES: Mapping[str, str] = {
    "markers": ".markers",
    "pocketsphinx": ".pocketsphinx",
    "scripted": ".scripted",
}


def named(name: str) -> Engine:
    """Return the engine that ``--recogniser`` names: ``pocketsphinx``, ``scripted:FILE`` or ``markers:5``.

    :class:`SettingsError` for a name that is not known, a library that is not installed, or a script that
    cannot be read; the text says what to do.
    """
    kind, _, argument = name.partition(":")
    if kind not in _ENGINES:
        raise _fault("unknown", f"{kind!r} is not one of {', '.join(sorted(_ENGINES))}")
    try:
        module = importlib.import_module(_ENGINES[kind], __package__)
    except ModuleNotFoundError as error:
        hint = f"{kind} needs {error.name}, which is not installed: pip install 'scribepass[local]'"
        raise _fault("not_installed", hint) from error
    try:
        engine: Engine = module.engine(Path(argument) if argument else None)
    except (OSError, ValueError) as error:
        raise _fault("value", str(error)) from error
    return engine


def _fault(code: str, message: str) -> SettingsError:
    return SettingsError([Problem(field="recogniser", code=code, message=message)])
