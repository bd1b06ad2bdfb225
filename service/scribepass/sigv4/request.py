"""An HTTP request, as far as a signature is concerned with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request as it stands on the wire, signed or about to be. Only its method is in its ``repr``.

    ``target`` is the origin form of RFC 9112, 3.2.1: path and query. ``headers`` may repeat a name and
    may hold HTTP/2's ``:authority``. The body of a stream of signed events counts as empty.
    """

    method: str
    target: str = field(repr=False)
    headers: Sequence[tuple[str, str]] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        """The target up to its first question mark."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The target after its first question mark."""
        return self.target.partition("?")[2]
