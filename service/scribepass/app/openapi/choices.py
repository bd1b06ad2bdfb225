"""The rules between parameters (``transcribe.rules``), as the alternatives that they leave.

A schema of if and then would be as exact, but nobody reads it, and no generator finds its way through it.
What a schema cannot say stays with the rules: that preferred-language is one of language-options, and that
these name one dialect of each language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from scribepass.transcribe import Operation

from .values import Json

__all__ = ["CHOICES", "Alternative", "Choice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One way: parameters that it needs, booleans that are true or false, and parameters that it excludes."""

    title: str
    needs: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ()

    def schema(self) -> Json:
        """What holds for the parameters of a request that goes this way."""
        properties: Json = {name: {"const": True} for name in self.on}
        properties |= {name: {"const": False} for name in self.off}
        properties |= dict.fromkeys(self.without, False)
        if self.encodings:
            properties["media-encoding"] = {"enum": list(self.encodings)}
        required = [*self.on, *self.needs]
        return {
            "title": self.title,
            **({"required": required} if required else {}),
            "properties": properties,
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """Every request goes exactly one of these ways."""

    title: str
    alternatives: tuple[Alternative, ...]

    def schema(self) -> Json:
        """Any of them; no two can hold at once."""
        return {"title": self.title, "anyOf": [each.schema() for each in self.alternatives]}


_OF_SEVERAL = ("language-options", "preferred-language", "vocabulary-names", "vocabulary-filter-names")


def _languages(*, multiple: bool) -> Choice:
    other = ("identify-multiple-languages",) if multiple else ()
    one = Alternative(
        title="One language",
        needs=("language-code",),
        off=("identify-language", *other),
        without=_OF_SEVERAL,
    )
    identified = Alternative(
        title="One of several languages, found out",
        on=("identify-language",),
        needs=("language-options",),
        off=other,
        without=("language-code", "vocabulary-name", "vocabulary-filter-name")
        + (("language-model-name", "content-redaction-type") if multiple else ()),
        encodings=("pcm", "flac") if multiple else (),
    )
    followed = Alternative(
        title="Several languages, followed",
        on=other,
        needs=("language-options",),
        off=("identify-language",),
        without=("language-code", "preferred-language"),
    )
    return Choice("Languages", (one, identified, followed) if multiple else (one, identified))


_CHANNELS = Choice(
    "Channels",
    (
        Alternative(
            title="One channel", off=("enable-channel-identification",), without=("number-of-channels",)
        ),
        Alternative(
            title="Each channel by itself",
            on=("enable-channel-identification",),
            needs=("number-of-channels",),
            off=("show-speaker-label",),
        ),
    ),
)
_PERSONAL_DATA = Choice(
    "Personal data",
    (
        Alternative(
            title="As it is",
            without=("content-identification-type", "content-redaction-type", "pii-entity-types"),
        ),
        Alternative(
            title="Labelled",
            needs=("content-identification-type",),
            without=("content-redaction-type",),
        ),
        Alternative(
            title="Replaced",
            needs=("content-redaction-type",),
            without=("content-identification-type",),
        ),
    ),
)

CHOICES: Final[Mapping[Operation, tuple[Choice, ...]]] = MappingProxyType(
    {
        Operation.STANDARD: (_languages(multiple=True), _CHANNELS, _PERSONAL_DATA),
        Operation.MEDICAL: (_CHANNELS,),
        Operation.CALL_ANALYTICS: (_languages(multiple=False), _PERSONAL_DATA),
    }
)
