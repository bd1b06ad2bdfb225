"""Speech recognition behind one small port.

An :class:`Engine` describes a way to recognise; ``open`` makes a :class:`Recogniser` for one stream. Its
``isolation`` says where that runs: ``inline`` in the event loop, for what costs next to nothing; ``thread``
in a thread of its own, for a library that releases the GIL while it works; ``process`` in a forked child of
its own, for one that does not (the engine is pickled, and the fork server imports ``preload`` beforehand, so
that the model is in memory). None of them blocks the loop or another stream.

``--recogniser NAME:ARGUMENT`` finds engines by name: those of this package, and any that is installed with an
entry point in the group ``scribepass.recognisers``. That names a callable, which is given the argument (None
where there is none) and returns an engine; ``ValueError`` and ``OSError`` say that the argument is at fault.
All of a plug-in::

    # loudness.py
    from scribepass.local.recognisers import Isolation, Options
    from scribepass.transcribe import Alternative, Item, Result

    class Loudness:
        name = "loudness"
        languages: tuple[str, ...] = ()
        isolation: Isolation = "thread"
        preload = None

        def open(self, options: Options) -> "Listening":
            return Listening(options.sample_rate)

    class Listening:
        def __init__(self, sample_rate: int) -> None:
            self.rate, self.heard, self.loudest = sample_rate, 0, 0

        def feed(self, pcm: bytes) -> list[Result]:
            self.heard += len(pcm) // 2
            samples = memoryview(pcm).cast("h")
            self.loudest = max(self.loudest, *map(abs, samples), 0)
            return []

        def finish(self) -> list[Result]:
            word, end = str(self.loudest), self.heard / self.rate
            items = (Item(content=word, start_time=0.0, end_time=end),)
            said = (Alternative(transcript=word, items=items),)
            return [Result(result_id="1", start_time=0.0, end_time=end, is_partial=False, alternatives=said)]

        def close(self) -> None:
            pass

    def engine(argument: str | None) -> Loudness:
        return Loudness()

    # pyproject.toml
    [project.entry-points."scribepass.recognisers"]
    loudness = "loudness:engine"
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from scribepass.errors import Problem, SettingsError
from scribepass.local.faults import Fault
from scribepass.transcribe import Category, IssueDetected, Result

from .finding import found

__all__ = ["Engine", "Isolation", "Options", "Recogniser", "RecogniserDied", "Said", "Spoken", "named"]

Isolation = Literal["inline", "thread", "process"]
"""Where an engine's recognisers run."""


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
    def isolation(self) -> Isolation:
        """Where its recognisers run."""
        ...

    @property
    def preload(self) -> str | None:
        """The module that the fork server imports for the engine's children; None: there is none."""
        ...

    def open(self, options: Options) -> Recogniser:
        """Start hearing one stream. Called where the recogniser runs."""
        ...


_MEMBERS = ("name", "languages", "isolation", "preload", "open")


def named(name: str) -> Engine:
    """Return the engine that ``--recogniser`` names, such as ``pocketsphinx`` or ``scripted:FILE``.

    :class:`SettingsError` for a name that is not known, a library that is not installed, a plug-in that is
    broken or an argument that is at fault; its texts say what to do.
    """
    kind, _, argument = name.partition(":")
    make = found(kind)
    try:
        engine: Engine = make(argument or None)
    except (OSError, ValueError) as error:
        raise SettingsError([Problem(field="recogniser", code="value", message=str(error))]) from error
    if missing := [member for member in _MEMBERS if not hasattr(engine, member)]:
        raise _broken(kind, f"what it makes has no {', '.join(missing)}")
    if engine.isolation not in get_args(Isolation):
        raise _broken(kind, f"its isolation is not one of {', '.join(get_args(Isolation))}")
    return engine


def _broken(kind: str, fault: str) -> SettingsError:
    message = f"{kind} is no engine: {fault}; scribepass.local.recognisers says what one is"
    return SettingsError([Problem(field="recogniser", code="broken", message=message)])
