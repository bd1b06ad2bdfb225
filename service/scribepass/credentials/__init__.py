"""Where AWS credentials come from. A source fetches; a supplier has them at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from scribepass.sigv4 import Credentials

__all__ = ["CredentialSource", "Need", "Static", "Supplier", "Supplies"]


class CredentialSource(Protocol):
    """One origin of credentials. ``name`` is for operators: it is logged and never sent to a caller."""

    @property
    def name(self) -> str:
        """What an operator calls it."""

    def fetch(self) -> Credentials:
        """Fresh credentials, by asking for them; may take seconds.

        One thread asks at a time, unless a call hangs: then it is abandoned, and the next is made beside it.

        Raises:
            CredentialsUnavailable: there are none; ``__cause__`` says why.
        """


class Supplier(Protocol):
    """Credentials that somebody keeps fresh. Safe to share between threads."""

    def current(self) -> Credentials:
        """Credentials that have not expired, without asking anybody as a rule.

        Raises:
            CredentialsUnavailable: there are none.
        """

    def seconds_left(self) -> float:
        """How long those at hand last: 0 if there are none, infinity if they never end. Asks nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What credentials are for: an IAM action in a region, for one caller.

    ``session`` is the caller's role session name, ``address`` where it calls from, ``tags`` its session tags.
    """

    action: str
    region: str
    session: str
    address: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


class Supplies(Protocol):
    """Every supplier of a deployment. Safe to share between threads."""

    def of(self, need: Need) -> Supplier:
        """The one whose credentials may do this, for this caller. Asks nobody and never waits."""

    def seconds_left(self) -> float:
        """For how long the service itself can sign: the least of what it holds for itself."""

    def start(self) -> None:
        """Begin to fetch in the background, in this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Static:
    """Credentials that are given once: for tests, and for trying things out."""

    credentials: Credentials
    name: str = "static"

    def fetch(self) -> Credentials:
        """Always the same."""
        return self.credentials
