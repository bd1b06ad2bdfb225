"""Who calls. An authenticator is given headers and says who sent them; of HTTP it knows no more than that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

__all__ = ["ANONYMOUS", "Authenticator", "Caller", "FirstOf", "Open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who may ask for tickets.

    ``id`` is unique over all sources: the name that a key was made for, or ``<issuer's name>|<sub>``.
    ``source`` is ``keys``, ``anonymous``, or the issuer's name. ``key_id`` is that of the API key, no secret.
    """

    id: str
    source: str = "keys"
    key_id: str | None = None


ANONYMOUS = Caller(id="anonymous", source="anonymous")


class Authenticator(Protocol):
    """One way to know callers."""

    def authenticate(self, headers: Mapping[str, str]) -> Caller | None:
        """The caller that ``headers`` prove; None if they hold no credential of this kind.

        The names in ``headers`` are in lower case.

        Raises:
            Unauthenticated: they hold one, and it is not good.
        """


class Open:
    """Everybody is `ANONYMOUS`. For one developer's machine only; settings and guard see to that."""

    def authenticate(self, headers: Mapping[str, str]) -> Caller:  # noqa: ARG002
        """The anonymous caller."""
        return ANONYMOUS


class FirstOf:
    """Several ways, asked in order. The first that knows its kind of credential decides, also to refuse."""

    def __init__(self, *authenticators: Authenticator) -> None:
        self._authenticators = authenticators

    def authenticate(self, headers: Mapping[str, str]) -> Caller | None:
        """The caller by the first authenticator that does not answer None."""
        for each in self._authenticators:
            if (caller := each.authenticate(headers)) is not None:
                return caller
        return None
