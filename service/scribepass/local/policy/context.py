"""What conditions can ask of a request: IAM's condition keys and their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Context"]

# Keys that a request may lack. AWS knows more keys of this prefix; those are not evaluated here.
_OPTIONAL = {
    *("aws:federatedprovider", "aws:multifactorauthpresent", "aws:principalaccount", "aws:principalarn"),
    *("aws:principaltype", "aws:referer", "aws:requestedregion", "aws:sourceidentity", "aws:tagkeys"),
    *("aws:tokenissuetime", "aws:useragent", "aws:userid", "aws:username"),
}
_FAMILIES = ("aws:principaltag/", "aws:requesttag/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known of a request, for conditions. ``keys`` holds further keys, in lower case.

    ``region`` None is a request that names none, as one without a signature does.
    """

    source_ip: str
    region: str | None
    secure_transport: bool
    now: datetime
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def values(self, key: str) -> tuple[str, ...] | None:
        """The values of a condition key, none where the request lacks it; None if it is not known here."""
        name = key.lower()
        if name in self.keys:
            return self.keys[name]
        if name in _ALWAYS:
            return _ALWAYS[name](self)
        if name == "aws:requestedregion" and self.region is not None:
            return (self.region,)
        if name in _OPTIONAL or name.startswith(_FAMILIES) or not name.startswith("aws:"):
            return ()
        return None


_ALWAYS: Mapping[str, Callable[[Context], tuple[str, ...]]] = {
    "aws:sourceip": lambda context: (context.source_ip,),
    "aws:securetransport": lambda context: (str(context.secure_transport).lower(),),
    "aws:currenttime": lambda context: (context.now.isoformat(),),
    "aws:epochtime": lambda context: (str(int(context.now.timestamp())),),
}
