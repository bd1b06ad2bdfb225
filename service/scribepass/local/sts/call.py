"""One request, read and verified, and what conditions can ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scribepass.local.contexts import context_of
from scribepass.local.policy import Context
from scribepass.local.principal import Principal
from scribepass.sigv4.request import SignedRequest

from .tags import SessionTags

__all__ = ["Call", "carried"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request whose input is well-formed. ``caller`` is who signed it, if it is signed."""

    request: SignedRequest
    asked: Mapping[str, Any] = field(repr=False)
    caller: Principal | None
    source_ip: str
    region: str | None
    now: datetime
    secure_transport: bool

    @property
    def signer(self) -> Principal:
        """Who signed an action that has to be signed."""
        if self.caller is None:
            raise AssertionError("only web identities come without a signature")
        return self.caller

    def context(self, further: Mapping[str, tuple[str, ...]]) -> Context:
        """For conditions; with the service's own keys."""
        return context_of(
            self.request,
            self.caller,
            source_ip=self.source_ip,
            region=self.region,
            now=self.now,
            secure_transport=self.secure_transport,
            further={"sts:rolesessionname": (self.asked["RoleSessionName"],), **further},
        )


def carried(tags: SessionTags, source_identity: str | None) -> dict[str, tuple[str, ...]]:
    """The condition keys of what a session is to carry."""
    keys: dict[str, tuple[str, ...]] = {f"aws:requesttag/{key.lower()}": (value,) for key, value in tags.tags}
    if tags.tags:
        keys["aws:tagkeys"] = tuple(key for key, _ in tags.tags)
    if tags.transitive:
        keys["sts:transitivetagkeys"] = tags.transitive
    return keys if source_identity is None else {**keys, "sts:sourceidentity": (source_identity,)}
