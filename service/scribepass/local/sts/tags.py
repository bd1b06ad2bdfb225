"""Session tags: the rules that are not in the service model, and what goes on from session to session.

Texts are AWS's, as other emulators of STS have recorded them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .errors import StsError

__all__ = ["NO_TAGS", "SessionTags", "inherit", "tags_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTags:
    """Tags in their order, and the keys, in lower case, of those that go on when roles are chained."""

    tags: tuple[tuple[str, str], ...] = ()
    transitive: tuple[str, ...] = ()


NO_TAGS = SessionTags()


def tags_of(tags: Sequence[Mapping[str, str]], transitive: Sequence[str]) -> SessionTags:
    """The tags that a request asks for; :class:`StsError` with AWS's words where one is wrong."""
    keys = [tag["Key"].lower() for tag in tags]
    if len(set(keys)) != len(keys):
        raise _wrong("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.startswith("aws:") for key in keys):
        raise _wrong("Tag keys must not start with aws:.")
    passed_on = tuple(dict.fromkeys(key.lower() for key in transitive))
    if not set(passed_on) <= set(keys):
        raise _wrong("The specified transitive tag key must be included in the requested tags.")
    return SessionTags(tags=tuple((tag["Key"], tag["Value"]) for tag in tags), transitive=passed_on)


def inherit(calling: SessionTags, asked: SessionTags) -> SessionTags:
    """The tags of a session that one with the tags ``calling`` begins: its transitive ones, and ``asked``."""
    if {key.lower() for key, _ in asked.tags} & set(calling.transitive):
        raise _wrong(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive "
            "tag key from the calling session."
        )
    inherited = tuple((key, value) for key, value in calling.tags if key.lower() in calling.transitive)
    return SessionTags(tags=inherited + asked.tags, transitive=calling.transitive + asked.transitive)


def _wrong(message: str) -> StsError:
    return StsError("InvalidParameterValue", message)
