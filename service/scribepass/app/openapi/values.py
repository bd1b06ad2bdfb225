"""What a document is made of."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["TICKET_ID", "Json", "reference"]

Json = dict[str, Any]

TICKET_ID: Final[Json] = {"type": "string", "pattern": "^tk_[A-Za-z0-9_-]{56}$"}
"""As ``vending.identity`` makes them."""


def reference(kind: str, name: str) -> Json:
    """A pointer to a component of this document."""
    return {"$ref": f"#/components/{kind}/{name}"}
